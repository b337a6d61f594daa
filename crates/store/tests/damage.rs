//! Whatever happens to a log, it is known, or changes nothing of what the log says.

use crate::folder::{Folder, member};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::Direction;
use convsweep_store::{DatabaseWriter, check, quick_check, rebuild};
use std::fs;
use std::path::PathBuf;

const EXPERIMENT: &str = "a/log.jsonl";

/// An experiment with two finished jobs, whose rows are in the database.
fn folder() -> (Folder, [JobId; 2]) {
    let mut folder = Folder::live();
    let found = fill(&mut folder);
    folder.synced();
    (folder, found)
}

fn fill(folder: &mut Folder) -> [JobId; 2] {
    let found = member(0, 1, 2, 2, &["model.width"]);
    folder.revision(1, "a", &["model.width"], Direction::Max);
    folder.member("a", &found);
    let jobs = [found.jobs[0].job.clone(), found.jobs[1].job.clone()];
    folder.train(&jobs[0], 0.5);
    folder.train(&jobs[1], 0.7);
    jobs
}

fn log_of(job: &JobId) -> String {
    format!("jobs/{job}/events.jsonl")
}

/// What the database says of results.
fn results(folder: &Folder) -> String {
    let parts = [
        "select job, outcome from jobs order by 1",
        "select metric, n, mean from summary order by 1",
        "select job, epoch, name, value from metrics order by 1, 2, 3",
        "select job, part, accuracy, loss from evaluations order by 1, 2",
    ];
    parts.map(|sql| folder.text(sql)).join("\n")
}

fn outcomes(folder: &Folder) -> String {
    let sql =
        "select group_concat(coalesce(outcome, '-')) from (select outcome from jobs order by job)";
    folder.text(sql)
}

/// Reproducible numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// One random damage, which has a name.
fn damaged(bytes: &[u8], random: &mut Random) -> (&'static str, Vec<u8>) {
    let mut new = bytes.to_vec();
    let at = random.below(bytes.len());
    let mut all = lines(bytes);
    let (a, b) = (random.below(all.len()), random.below(all.len()));
    match random.below(8) {
        0 => {
            new[at] ^= 1 << random.below(8);
            ("a bit flipped", new)
        }
        1 => {
            new.remove(at);
            ("a byte removed", new)
        }
        2 => {
            let end = (at + 200).min(new.len());
            new[at..end].fill(0);
            ("zeroed", new)
        }
        3 => {
            new.drain(at..(at + 300).min(bytes.len()));
            ("cut out of the middle", new)
        }
        4 => {
            new.truncate(at);
            ("cut off", new)
        }
        5 => {
            all.remove(a);
            ("a line removed", all.concat())
        }
        6 => {
            all.insert(b, all[a].clone());
            ("a line doubled", all.concat())
        }
        _ => {
            all.swap(a, b);
            ("lines exchanged", all.concat())
        }
    }
}

/// Rounds of damage; `CONVSWEEP_DAMAGES` asks for more of them.
fn rounds() -> usize {
    let asked = std::env::var("CONVSWEEP_DAMAGES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn any_damage_to_a_log_is_known_or_changes_nothing() {
    let (folder, jobs) = folder();
    let (sound, mut random) = (results(&folder), Random(15));
    let database = fs::read(folder.results.database()).expect("reads");
    for round in 0..rounds() {
        let name = match random.below(3) {
            0 => EXPERIMENT.to_string(),
            n => log_of(&jobs[n - 1]),
        };
        let path = folder.results.0.join(&name);
        let before = fs::read(&path).expect("reads");
        let (what, after) = damaged(&before, &mut random);
        fs::write(&path, &after).expect("writes");
        let place = format!("round {round}, {name}: {what}");

        let found = check(&folder.results).expect(&place).problems;
        let writer = DatabaseWriter::open(&folder.results).expect(&place);
        writer.sync(&folder.results).expect(&place);
        drop(writer);
        let synced = results(&folder);
        rebuild(&folder.results).expect(&place);
        let rebuilt = results(&folder);
        if before != after {
            assert!(!found.is_empty() || rebuilt == sound, "{place}");
        }
        // The figures that count are those of sound jobs, by whatever way they were read.
        for read in [&synced, &rebuilt] {
            let is_known = is_marked(&folder, read) || lacks_only(read, &sound);
            assert!(is_known, "{place}: {:#?}", surplus(read, &sound));
        }

        fs::write(&path, &before).expect("writes");
        fs::write(folder.results.database(), &database).expect("writes");
    }
    folder_is_sound(&folder, &sound);
}

/// Whether a job does not count as finished, or a problem with a log is remembered.
fn is_marked(folder: &Folder, read: &str) -> bool {
    let finished = read.lines().filter(|line| line.ends_with("|finished"));
    finished.count() < 2 || folder.text("select count(*) from log_problems") != "0"
}

/// Whether every figure is one of the sound ones: the end of the experiment's log, where its
/// configurations stand, may be missing.
fn lacks_only(read: &str, sound: &str) -> bool {
    surplus(read, sound).is_empty()
}

/// The lines that are not among the sound ones.
fn surplus<'a>(read: &'a str, sound: &str) -> Vec<&'a str> {
    let mut lines: Vec<&str> = read.lines().filter(|line| !line.is_empty()).collect();
    lines.retain(|line| sound.lines().all(|other| other != *line));
    lines
}

fn folder_is_sound(folder: &Folder, sound: &str) {
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(results(folder), sound);
    assert_eq!(check(&folder.results).expect("checks").problems, [""; 0]);
}

/// A damaged job counts nowhere, however the damage is read, and counts again once the log is as it
/// was.
#[test]
fn a_damaged_job_does_not_count_until_its_log_is_sound_again() {
    let (folder, jobs) = folder();
    let sound = results(&folder);
    let path = folder.results.0.join(log_of(&jobs[1]));
    let log = fs::read_to_string(&path).expect("reads");
    let number = 1 + usize::from(jobs[0] > jobs[1]);
    let expect = ["damaged,finished", "finished,damaged"][2 - number];
    fs::write(
        &path,
        log.replace("\"val_accuracy\":0.7", "\"val_accuracy\":0.9"),
    )
    .expect("writes");
    let sync = || {
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        writer.sync(&folder.results).expect("syncs").problems
    };
    let problems = sync();
    let place = format!(
        "{}:3: does not fit its checksum and was ignored",
        log_of(&jobs[1])
    );
    assert_eq!(problems, [place]);
    assert_eq!(sync(), [""; 0], "said once, and remembered");
    assert_eq!(outcomes(&folder), expect);
    assert_eq!(
        folder.text("select n, mean from summary where metric = 'val_accuracy'"),
        "1|0.5"
    );
    let reader = folder.reader();
    let known = reader.job_log_problems(&jobs[1]).expect("reads");
    assert_eq!((known.len(), known[0].line), (1, 3));
    let state = &reader.job_states(&jobs[1..]).expect("reads")[&jobs[1]];
    assert_eq!(
        (state.outcome.as_deref(), state.finished),
        (Some("damaged"), false)
    );
    assert!(
        state.detail.starts_with("events.jsonl:3: "),
        "{}",
        state.detail
    );
    let rows = reader.experiment("a").expect("reads").expect("is there");
    let row = &rows.configurations[0].jobs[1];
    assert!(
        row.epochs.is_empty() && row.test.is_none(),
        "no figure of it is passed on"
    );
    drop(reader);
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(outcomes(&folder), expect);

    fs::write(&path, log).expect("writes");
    assert_eq!(sync(), [""; 0]);
    assert_eq!(results(&folder), sound);
}

#[test]
fn exchanged_folders_are_named_and_count_nowhere() {
    let (folder, jobs) = folder();
    let sound = results(&folder);
    let paths: Vec<PathBuf> = jobs.iter().map(|job| folder.results.job(job)).collect();
    let exchange = || {
        let aside = folder.results.0.join("aside");
        fs::rename(&paths[0], &aside).expect("moves");
        fs::rename(&paths[1], &paths[0]).expect("moves");
        fs::rename(&aside, &paths[1]).expect("moves");
    };
    let sync = || {
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        writer.sync(&folder.results).expect("syncs").problems
    };
    exchange();
    for round in 0..2 {
        let problems = sync();
        let named = problems
            .iter()
            .filter(|problem| problem.contains("is the log of job"));
        assert_eq!(named.count(), 2, "round {round}: {problems:#?}");
        let is_named = |(job, other): (&JobId, &JobId)| {
            let words = format!("{}:1: is the log of job {other}, not of {job}", log_of(job));
            problems.iter().any(|problem| problem.starts_with(&words))
        };
        assert!(is_named((&jobs[0], &jobs[1])) && is_named((&jobs[1], &jobs[0])));
        assert_eq!(outcomes(&folder), "damaged,damaged");
        assert_eq!(folder.text("select count(*) from summary"), "0");
    }
    let found = check(&folder.results).expect("checks").problems;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|problem| !problem.contains("retry")));
    let quickly = quick_check(&folder.results).expect("checks").problems;
    assert_eq!(quickly, found);
    exchange();
    assert_eq!(sync(), [""; 0]);
    assert_eq!(results(&folder), sound);
}

#[test]
fn the_folder_of_another_experiment_is_named() {
    let (folder, _) = folder();
    fs::rename(folder.results.0.join("a"), folder.results.0.join("b")).expect("moves");
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    let problems = writer.sync(&folder.results).expect("syncs").problems;
    let words = "b/log.jsonl:1: belongs to the experiment \"a\", not to \"b\", and was ignored";
    assert!(
        problems.iter().any(|problem| problem.starts_with(words)),
        "{problems:#?}"
    );
    drop(writer);
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(folder.text("select count(*) from experiments"), "0");
}

/// Nothing waits for the other end of a pipe.
/// Lines of two logs with the same number have sound checksums in each other's place.
#[test]
fn exchanged_lines_of_two_experiments_are_named() {
    let (mut folder, _) = folder();
    let other = member(0, 3, 2, 2, &["model.width"]);
    folder.revision(1, "b", &["model.width"], Direction::Max);
    folder.member("b", &other);
    folder.synced();
    let paths = ["a", "b"].map(|name| folder.results.experiment_log(name));
    let [a, b] = paths
        .each_ref()
        .map(|path| lines(&fs::read(path).expect("reads")));
    for (path, own, foreign) in [(&paths[0], &a, &b), (&paths[1], &b, &a)] {
        fs::write(path, [own[0].clone(), foreign[1].clone()].concat()).expect("writes");
    }
    let report = rebuild(&folder.results).expect("rebuilds");
    for (log, name) in [(EXPERIMENT, "b"), ("b/log.jsonl", "a")] {
        let expected = format!("{log}:2: is a line of the log of the experiment \"{name}\"");
        let is_told = report.problems.iter().any(|p| p.starts_with(&expected));
        assert!(is_told, "{expected} is not in {:?}", report.problems);
    }
    assert_eq!(folder.text("select count(*) from members"), "0");
}

#[test]
fn a_pipe_in_the_place_of_a_log_is_named() {
    let (folder, jobs) = folder();
    for name in [log_of(&jobs[0]), EXPERIMENT.to_string()] {
        let path = folder.results.0.join(name);
        fs::remove_file(&path).expect("removes");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
    }
    let sync = || {
        let writer = DatabaseWriter::open(&folder.results).expect("opens");
        writer.sync(&folder.results).expect("syncs").problems
    };
    let place = format!("{}: is a named pipe, not a file", log_of(&jobs[0]));
    for round in 0..2 {
        let problems = sync();
        for place in [&place[..], "a/log.jsonl: is a named pipe, not a file"] {
            let mut named = problems.iter().filter(|problem| problem.starts_with(place));
            assert!(named.next().is_some(), "round {round}: {problems:#?}");
        }
        let sql = format!("select outcome from jobs where job = '{}'", jobs[0]);
        assert_eq!(folder.text(&sql), "damaged");
    }
    let quickly = quick_check(&folder.results).expect("checks").problems;
    assert!(quickly.iter().any(|problem| problem.starts_with(&place)));
}

/// Lines of an older program give the same rows; that they cannot be vouched for is said.
#[test]
fn logs_without_checksums_read_equal() {
    let (folder, _) = folder();
    let mut old = Folder::new();
    old.is_old = true;
    fill(&mut old);
    rebuild(&old.results).expect("rebuilds");
    assert_eq!(results(&old), results(&folder));
    let report = check(&old.results).expect("checks");
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.notes.len(), 1, "{:#?}", report.notes);
    let words = "16 lines of 3 logs have no checksum, since an older program wrote them";
    assert!(report.notes[0].starts_with(words), "{}", report.notes[0]);
    assert_eq!(check(&folder.results).expect("checks").notes, [""; 0]);
}

/// Logs that the last program without checksums wrote.
#[test]
fn kept_logs_of_format_1_read_as_ever() {
    let folder = Folder::new();
    let job = "jobs/26659c2849793624/events.jsonl";
    folder.append(job, include_bytes!("kept/events-1.jsonl"));
    folder.append("kept/log.jsonl", include_bytes!("kept/log-1.jsonl"));
    let report = rebuild(&folder.results).expect("rebuilds");
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(
        (report.events, report.entries, report.unchecked),
        (12, 2, 14)
    );
    let sql = "select outcome, epoch from jobs";
    assert_eq!(folder.text(sql), "finished|2");
    let sql = "select epoch, value from metrics where name = 'val_accuracy' order by 1";
    assert_eq!(
        folder.text(sql),
        "1|0.13333333333333333\n2|0.3333333333333333"
    );
}

/// Numbers that no job can mean, in lines that no checksum guards.
#[test]
fn absurd_numbers_in_old_lines_are_damage() {
    let changes = [
        ("\"epoch\":2,", "\"epoch\":4294967295,"),
        // Above the epochs of the job, which are known.
        ("\"epoch\":2,", "\"epoch\":3,"),
        ("\"epoch\":2,", "\"epoch\":-2,"),
        (
            "\"phase\":0,\"epoch\":2",
            "\"phase\":4294967296,\"epoch\":2",
        ),
        (
            "\"phase\":0,\"epoch\":2",
            "\"phase\":4294967295,\"epoch\":2",
        ),
        ("\"step\":20,", "\"step\":18446744073709551615,"),
        ("\"step\":20,", "\"step\":-1,"),
        ("\"n\":2,", "\"n\":18446744073709551615,"),
        ("\"n\":2,", "\"n\":18446744073709551616,"),
        ("\"attempt\":1,\"n\":2,", "\"attempt\":4294967295,\"n\":2,"),
        ("\"seconds\":2.5", "\"seconds\":1e300"),
        (
            "\"confusion\":[[3,1],[2,4]]",
            "\"confusion\":[[3,1],[2,4294967295]]",
        ),
        ("\"images\":10,", "\"images\":4000000000,"),
        (
            "\"values\":{",
            "\"values\":{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        ),
    ];
    for (from, to) in changes {
        let mut folder = Folder::new();
        folder.is_old = true;
        let jobs = fill(&mut folder);
        let path = folder.results.0.join(log_of(&jobs[1]));
        let log = fs::read_to_string(&path).expect("reads");
        assert!(log.contains(from), "{from}");
        fs::write(&path, log.replacen(from, to, 1)).expect("writes");
        rebuild(&folder.results).expect(to);
        let sql = format!("select outcome from jobs where job = '{}'", jobs[1]);
        assert_eq!(folder.text(&sql), "damaged", "{to}");
        let reader = folder.reader();
        let rows = reader.experiment("a").expect(to).expect("is there");
        assert!(rows.configurations[0].jobs[1].epochs.is_empty(), "{to}");
    }
}
