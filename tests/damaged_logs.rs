//! Logs that are damaged, exchanged or absurd: said at once, never counted, and the rest goes on.

use crate::support::{ProgramRun, SMALL, Workdir, assert_contains};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A finished sweep of four jobs.
fn finished() -> Workdir {
    let workdir = Workdir::with(&SMALL.replace("epochs = 3", "epochs = 2"));
    workdir.run(&["run", "-q", "small.toml"]).exits(0);
    workdir
}

fn first_log(workdir: &Workdir) -> PathBuf {
    workdir.job_folders()[0].join("events.jsonl")
}

fn id_of(folder: &Path) -> String {
    let name = folder.file_name().expect("has a name");
    name.to_string_lossy().into_owned()
}

/// Changes the lines of a file.
fn change(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(path).expect("reads");
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").expect("writes");
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("reads");
    assert!(text.contains(from), "{from} is not in:\n{text}");
    fs::write(path, text.replacen(from, to, 1)).expect("writes");
}

/// Turns the lines of a log into those of an older program, without number and checksum.
fn make_old(path: &Path) {
    change(path, |lines| {
        for (index, line) in lines.iter_mut().enumerate() {
            let number = format!("\"format\":2,\"line\":{},", index + 1);
            let old = line.replacen(&number, "\"format\":1,", 1);
            let check = old.rfind(",\"check\":\"").expect("has a checksum");
            *line = old[..check].to_string() + "}";
        }
    });
}

fn make_all_old(workdir: &Workdir) {
    for folder in workdir.job_folders() {
        make_old(&folder.join("events.jsonl"));
    }
    make_old(&workdir.path("results/small/log.jsonl"));
}

/// What is said of the first job, whose log is damaged at this place: by every command, whatever
/// the database has read already.
fn is_known_everywhere(workdir: &Workdir, place: &str) {
    let job = id_of(&workdir.job_folders()[0]);
    let remedy = "`convsweep retry small --damaged` trains such jobs again";
    let run = workdir.run(&["run", "small.toml"]).exits(1);
    assert_contains(&run.stderr(), &[place, "3 reused, 1 damaged", remedy]);
    let again = workdir.run(&["run", "small.toml"]).exits(1);
    assert_contains(&again.stderr(), &["3 reused, 1 damaged", remedy]);
    assert_eq!(workdir.jobs("damaged"), 1.0);
    let status = workdir.run(&["status", "small"]).exits(0);
    assert_contains(
        &status.stdout(),
        &[&format!("{job}  "), "damaged", "events.jsonl:"],
    );
    assert_contains(&status.stderr(), &[remedy]);
    let why = workdir.stdout(&["why", &job]);
    assert_contains(&why, &["damaged", place]);
    let report = workdir.stdout(&["report", "small"]);
    assert_contains(&report, &["1 of 4 jobs has no result: 1 damaged"]);
    let curves = workdir.read("results/small/curves.csv");
    assert!(!curves.contains(&job), "no figure of it is shown");
    let checked = workdir.run(&["check"]).exits(5).stdout();
    let retry = format!("`convsweep retry {job} --damaged` trains the job again");
    assert_contains(&checked, &[place, &retry]);
    workdir.run(&["rebuild"]).exits(0).says(&[place]);
    assert_eq!(workdir.jobs("damaged"), 1.0);
}

#[test]
fn a_flipped_digit_is_known() {
    let workdir = finished();
    let log = first_log(&workdir);
    change(&log, |lines| {
        let line = lines.iter_mut().find(|line| line.contains("\"epoch\":2,"));
        let line = line.expect("has a second epoch");
        *line = line.replacen("\"val_accuracy\":0.", "\"val_accuracy\":0.9", 1);
    });
    is_known_everywhere(&workdir, "does not fit its checksum and was ignored");
}

#[test]
fn doubled_missing_and_exchanged_lines_are_known() {
    type Damage = fn(&mut Vec<String>);
    let damages: [(Damage, &str); 3] = [
        (
            |lines| lines.insert(4, lines[1].clone()),
            "events.jsonl:5: is line 2 again, or in the wrong place",
        ),
        (
            |lines| drop(lines.drain(2..4)),
            "events.jsonl:3: the lines 3 to 4 are missing before this one",
        ),
        (
            |lines| lines.swap(2, 3),
            "events.jsonl:3: line 3 is missing before this one",
        ),
    ];
    for (damage, place) in damages {
        let workdir = finished();
        change(&first_log(&workdir), damage);
        let run = workdir.run(&["run", "small.toml"]).exits(1);
        assert_contains(&run.stderr(), &[place, "3 reused, 1 damaged"]);
        let checked = workdir.run(&["check"]).exits(5).stdout();
        assert_contains(&checked, &[place]);
    }
}

#[test]
fn a_cut_middle_is_known() {
    let workdir = finished();
    let log = first_log(&workdir);
    let text = fs::read(&log).expect("reads");
    let (a, b) = (text.len() / 3, text.len() / 2);
    fs::write(&log, [&text[..a], &text[b..]].concat()).expect("writes");
    is_known_everywhere(&workdir, "does not fit its checksum and was ignored");
}

/// Absurd numbers can only stand in lines without a checksum. Neither time nor memory may follow
/// them.
#[test]
fn an_absurd_number_in_an_old_log_costs_nothing() {
    for epoch in ["4294967295", "99999999", "3"] {
        let workdir = finished();
        make_all_old(&workdir);
        replace(
            &first_log(&workdir),
            "\"epoch\":2,",
            &format!("\"epoch\":{epoch},"),
        );
        let started = Instant::now();
        workdir.run(&["rebuild"]).exits(0);
        workdir.run(&["report", "small"]).exits(0);
        let run = workdir.run(&["run", "small.toml"]).exits(1);
        assert_contains(&run.stderr(), &["3 reused, 1 damaged"]);
        let seconds = started.elapsed();
        assert!(seconds < Duration::from_secs(60), "{epoch}: {seconds:?}");
        assert_eq!(workdir.jobs("damaged"), 1.0, "{epoch}");
    }
}

#[test]
fn exchanged_folders_of_jobs_are_named() {
    let workdir = finished();
    let folders = workdir.job_folders();
    let aside = workdir.path("aside");
    fs::rename(&folders[0], &aside).expect("moves");
    fs::rename(&folders[1], &folders[0]).expect("moves");
    fs::rename(&aside, &folders[1]).expect("moves");
    let (a, b) = (id_of(&folders[0]), id_of(&folders[1]));
    let named = format!("jobs/{a}/events.jsonl:1: is the log of job {b}, not of {a}");
    let run = workdir.run(&["run", "small.toml"]).exits(1);
    assert_contains(&run.stderr(), &[&named, "2 reused, 2 damaged"]);
    assert_eq!(
        (workdir.jobs("finished"), workdir.jobs("damaged")),
        (2.0, 2.0)
    );
    let checked = workdir.run(&["check"]).exits(5).stdout();
    assert_contains(&checked, &[&named, "name each folder after the job"]);
    workdir.run(&["check", "--quick"]).exits(5);
    workdir.run(&["rebuild"]).exits(0);
    assert_eq!(
        (workdir.jobs("finished"), workdir.jobs("damaged")),
        (2.0, 2.0)
    );
}

#[test]
fn exchanged_folders_of_experiments_are_refused() {
    let workdir = finished();
    let other = workdir.read("small.toml").replace("\"small\"", "\"other\"");
    workdir.write("other.toml", &other);
    workdir.run(&["run", "-q", "other.toml"]).exits(0);
    let (small, other) = (workdir.path("results/small"), workdir.path("results/other"));
    let aside = workdir.path("results/aside");
    fs::rename(&small, &aside).expect("moves");
    fs::rename(&other, &small).expect("moves");
    fs::rename(&aside, &other).expect("moves");
    let named = "belongs to the experiment \"other\", not to \"small\"";
    workdir.run(&["run", "small.toml"]).exits(5).says(&[named]);
    let checked = workdir.run(&["check"]).exits(5).stdout();
    assert_contains(
        &checked,
        &[named, "give each folder the name of its experiment"],
    );
}

/// The plan of an experiment whose log is damaged is written again by the next run; that the log
/// was damaged stays known.
#[test]
fn a_damaged_revision_is_written_again() {
    let workdir = finished();
    let log = workdir.path("results/small/log.jsonl");
    replace(&log, "\"position\":0", "\"position\":7");
    let found = workdir.run(&["check"]).exits(5).stdout();
    assert_contains(
        &found,
        &["`convsweep run` of the experiment's file writes its plan again"],
    );
    let place = "log.jsonl, line 2: does not fit its checksum and was ignored";
    let run = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(&run.stderr(), &[place, "nothing to train"]);
    let revisions = "select revision from experiments";
    assert_eq!(workdir.number(revisions), 2.0);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.number(revisions), 2.0, "once");
    let known = "small/log.jsonl:2: does not fit its checksum and was ignored";
    let remedy = "the plan was written again in revision 2; decisions before it may be lost";
    workdir.run(&["status"]).exits(0).says(&[known, remedy]);
    let report = workdir.stdout(&["report", "small"]);
    assert_contains(
        &report,
        &["The log of the experiment is damaged in 1 place", known],
    );
    let checked = workdir.run(&["check"]).exits(0).stdout();
    assert_contains(&checked, &[&format!("note: {known}; {remedy}")]);
}

/// Logs of an older program go on as ever, with lines that are checked from then on.
#[test]
fn old_logs_are_continued_and_said_to_be_unchecked() {
    let workdir = finished();
    let results = workdir.results();
    make_all_old(&workdir);
    fs::remove_file(workdir.path("results/convsweep.sqlite")).expect("removes");
    let more = workdir.read("small.toml").replace("seeds = 2", "seeds = 3");
    workdir.write("small.toml", &more);
    let run = workdir.run(&["run", "small.toml"]).exits(0);
    assert_contains(&run.stderr(), &["2 new, 4 reused"]);
    let log = workdir.read("results/small/log.jsonl");
    let lines: Vec<&str> = log.lines().collect();
    assert!(
        lines[0].starts_with("{\"format\":1,\"time\""),
        "{}",
        lines[0]
    );
    assert!(
        lines[3].starts_with("{\"format\":2,\"line\":4,"),
        "{}",
        lines[3]
    );
    let checked = workdir.stdout(&["check"]);
    let note = "lines of 5 logs have no checksum, since an older program wrote them";
    assert_contains(&checked, &[note, "agrees with the logs"]);
    let now = workdir.results();
    assert!(
        results
            .iter()
            .all(|(name, bits)| now.get(name) == Some(bits))
    );
    // A key that this program does not know changes nothing.
    let logs = workdir.job_folders();
    let logs: Vec<PathBuf> = logs.iter().map(|job| job.join("events.jsonl")).collect();
    let is_old = |log: &PathBuf| fs::read(log).is_ok_and(|text| text.starts_with(b"{\"format\":1"));
    let old = logs.into_iter().find(is_old).expect("four are");
    replace(&old, "\"attempt\":1,", "\"attempt\":1,\"mood\":\"good\",");
    workdir.run(&["rebuild"]).exits(0);
    assert_eq!(workdir.results(), now);
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_check_of_samples_says_what_it_has_read() {
    let workdir = finished();
    let checked = workdir.stdout(&["check", "--quick"]);
    assert_contains(
        &checked,
        &["only samples were read", "1 log of 4 jobs as a whole"],
    );
    workdir.run(&["check"]).exits(0);
}

/// A line of hundreds of megabytes is passed over without taking its memory.
#[test]
fn an_endless_line_is_passed_over() {
    let workdir = finished();
    let log = first_log(&workdir);
    let text = fs::read(&log).expect("reads");
    let end = text.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let long = vec![b'x'; 300 << 20];
    fs::write(&log, [&text[..end], &long, b"\n", &text[end..]].concat()).expect("writes");
    let run = workdir.command(&["run", "small.toml"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\""]);
    shell.arg(run.get_program()).args(run.get_args());
    shell
        .current_dir(workdir.path(""))
        .env("CONVSWEEP_DATA", workdir.path("data"));
    let run = ProgramRun::of(&mut shell).exits(1);
    assert_contains(
        &run.stderr(),
        &["events.jsonl:2: is longer than 64 MiB", "1 damaged"],
    );
}

#[test]
fn logs_with_long_holes_are_read_quickly() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let logs = [first_log(&workdir), workdir.path("results/small/log.jsonl")];
    for log in &logs {
        let file = fs::File::options().append(true).open(log).expect("opens");
        file.set_len(4 << 40).expect("a sparse file");
    }
    let started = Instant::now();
    for quick in [&["check"][..], &["check", "--quick"]] {
        let found = workdir.run(quick);
        let said = found.stdout() + &found.stderr();
        assert!(matches!(found.0.status.code(), Some(0 | 5)), "{said}");
        assert_contains(&said, &["log.jsonl"]);
    }
    workdir.run(&["run", "small.toml"]).exits(0);
    // Reading 4 TiB takes an hour at the least.
    assert!(started.elapsed() < Duration::from_secs(300));
    assert_eq!(workdir.results(), undisturbed);
}

/// What stands behind a hole that is as large as a disk is not reached, and that is said.
#[test]
fn what_follows_a_huge_hole_is_said_to_be_unread() {
    let workdir = finished();
    let log = first_log(&workdir);
    let mut file = fs::File::options().append(true).open(&log).expect("opens");
    file.set_len(4 << 40).expect("a sparse file");
    file.write_all(b"\n").expect("writes");
    let started = Instant::now();
    let unread = "a hole of more than 1 GiB; what follows it was not read";
    let run = workdir.run(&["run", "small.toml"]).exits(1);
    assert_contains(&run.stderr(), &[unread, "3 reused, 1 damaged"]);
    let checked = workdir.run(&["check"]).exits(5).stdout();
    assert_contains(&checked, &[unread]);
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    assert!(started.elapsed() < Duration::from_secs(300));
    workdir.run(&["check"]).exits(0);
}
