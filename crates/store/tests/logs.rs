//! Logs as the source of truth: replay, rebuilding, incomplete and broken lines.

use crate::folder::{Folder, member};
use convsweep_spec::event::{Event, Start};
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::log::Record;
use convsweep_spec::log_line::with_check;
use convsweep_spec::metric::Direction;
use convsweep_spec::outcome::Outcome;
use convsweep_store::{DatabaseWriter, StoreError, check, rebuild, rebuild_keeping};
use std::fs;

const WIDTH: &str = "model.parameters.width";

/// Every kind of line, two experiments that share configurations, crashes, and a job that only has
/// events.
fn busy(folder: &mut Folder) {
    let members: Vec<_> = (1..=3).map(|w| member(w - 1, w, 2, 2, &[WIDTH])).collect();
    folder.revision(1, "a", &[WIDTH], Direction::Max);
    members.iter().for_each(|m| folder.member("a", m));
    folder.train(&members[0].jobs[0].job, 0.5);
    let job = members[1].jobs[0].job.clone();
    folder.start(&job, 1, Start::Scratch);
    folder.epoch(&job, 1, 1, 0.3);
    folder.event(
        &job,
        1,
        Event::Checkpoint {
            epoch: 1,
            step: 0,
            bytes: 77,
            blake3: Some("c77".into()),
        },
    );
    let crash = |attempt, code| Record::AttemptEnded {
        job: job.clone(),
        attempt,
        outcome: Outcome::Crashed {
            signal: None,
            code: Some(code),
        },
        stderr: "e".into(),
    };
    folder.record("a", crash(1, 1));
    folder.revision(1, "b", &[], Direction::Min);
    members[..2].iter().for_each(|m| folder.member("b", m));
    folder.record("b", crash(2, 2));
    folder.start(
        &job,
        3,
        Start::Checkpoint {
            epoch: 1,
            step: 0,
            exact: false,
        },
    );
    folder.event(
        &job,
        3,
        Event::Warning {
            text: "slow".into(),
        },
    );
    folder.epoch(&job, 3, 1, 0.31);
    folder.epoch(&job, 3, 2, 0.4);
    folder.event(
        &job,
        3,
        Event::StateSaved {
            epoch: 2,
            key: StateKey("k".into()),
            path: "s".into(),
            bytes: 4,
            blake3: Some("d4".into()),
        },
    );
    folder.end(&job, 3, Outcome::Finished);
    folder.revision(2, "a", &[WIDTH, "x.y"], Direction::Max);
    members[1..].iter().for_each(|m| folder.member("a", m));
    let diverged = Outcome::Diverged {
        epoch: 0,
        step: 3,
        learning_rate: 0.1,
        loss: None,
    };
    folder.end(&members[2].jobs[0].job, 1, diverged);
    folder.train(&JobId("0000000000000000".into()), 0.9);
}

#[test]
fn a_live_database_equals_a_rebuilt_one() {
    let mut folder = Folder::live();
    busy(&mut folder);
    assert_eq!(folder.synced(), [""; 0]);
    let live = folder.dump();
    let report = rebuild(&folder.results).expect("rebuilds");
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(report.entries, 12);
    assert_eq!(live, folder.dump());
    // Nothing of it is trivially empty.
    for table in [
        "summary",
        "confusion",
        "warnings",
        "states",
        "artifacts",
        "correctness",
        "axis_values",
        "logs",
    ] {
        assert_ne!(
            folder.text(&format!("select count(*) from {table}")),
            "0",
            "{table}"
        );
    }
}

#[test]
fn replaying_changes_nothing() {
    let mut folder = Folder::new();
    busy(&mut folder);
    folder.synced();
    let once = folder.dump();
    let connection = rusqlite::Connection::open(folder.results.database()).expect("opens");
    connection.execute("delete from logs", []).expect("forgets");
    drop(connection);
    folder.synced();
    assert_eq!(once, folder.dump());
}

#[test]
fn logs_read_in_any_two_parts_give_the_same_rows() {
    let mut whole = Folder::new();
    busy(&mut whole);
    whole.synced();
    // The same lines, arriving in two portions cut at arbitrary bytes.
    let path = whole.results.0.join("a/log.jsonl");
    let log = fs::read(&path).expect("reads");
    for cut in [1, log.len() / 3, log.len() / 2, log.len() - 1] {
        let mut parts = Folder::new();
        busy(&mut parts);
        let path = parts.results.0.join("a/log.jsonl");
        let log = fs::read(&path).expect("reads");
        fs::write(&path, &log[..cut]).expect("writes");
        assert_eq!(parts.synced().len(), 1, "the incomplete line is reported");
        fs::write(&path, &log).expect("writes");
        assert_eq!(parts.synced(), [""; 0]);
        assert_eq!(whole.dump(), parts.dump(), "cut at {cut}");
    }
}

#[test]
fn broken_lines_are_reported_with_file_and_line_and_the_others_kept() {
    let mut folder = Folder::new();
    folder.is_old = true;
    let (job, other) = (JobId("aaaa".into()), JobId("bbbb".into()));
    folder.start(&job, 1, Start::Scratch);
    folder.append("jobs/aaaa/events.jsonl", b"gar\xffbage\n\n");
    folder.epoch(&job, 1, 1, 0.5);
    // An event cut off by a crash, and the next attempt's first event on the same line.
    folder.append(
        "jobs/aaaa/events.jsonl",
        br#"{"format":1,"job":"aaaa","att"#,
    );
    folder.epoch(&job, 2, 2, 0.6);
    let lines = fs::read(folder.results.0.join("jobs/aaaa/events.jsonl")).expect("reads");
    folder.epoch(&other, 1, 1, 0.7);
    folder.append(
        "jobs/bbbb/events.jsonl",
        &lines[..lines.iter().position(|&b| b == b'\n').expect("a line") + 1],
    );
    folder.append(
        "jobs/bbbb/events.jsonl",
        br#"{"format":1,"job":"bbbb","attempt":1,"n":1,"ti"#,
    );
    let problems = folder.synced();
    let expect = [
        "jobs/aaaa/events.jsonl:2: could not be read",
        "jobs/aaaa/events.jsonl:5: an incomplete line before this one was ignored",
        "jobs/bbbb/events.jsonl:2: an event of job aaaa in another job's folder was ignored",
        "jobs/bbbb/events.jsonl:3: an incomplete last line was ignored",
    ];
    assert_eq!(problems.len(), expect.len(), "{problems:#?}");
    problems
        .iter()
        .zip(expect)
        .for_each(|(p, e)| assert!(p.starts_with(e), "{p}"));
    assert_eq!(
        folder
            .text("select job, epoch, attempt from metrics where name = 'val_loss' order by 1, 2"),
        "aaaa|1|1\naaaa|2|2\nbbbb|1|1"
    );
    let live = folder.dump();
    assert_eq!(
        rebuild(&folder.results).expect("rebuilds").problems.len(),
        expect.len()
    );
    assert_eq!(live, folder.dump());
}

#[test]
fn many_broken_lines_are_reported_in_a_few() {
    let mut folder = Folder::new();
    folder.append(
        "jobs/aaaa/events.jsonl",
        "nonsense\n".repeat(1000).as_bytes(),
    );
    folder.append("a/log.jsonl", b"{}\n");
    let mut member_first = Folder::new();
    member_first.member("a", &member(0, 1, 2, 1, &[]));
    let problems = folder.synced();
    assert_eq!(problems.len(), 12, "{problems:#?}");
    assert_eq!(problems[11], "jobs/aaaa/events.jsonl: and 990 more lines");
    let problems = member_first.synced();
    assert_eq!(
        problems,
        ["a/log.jsonl:1: a configuration before any revision"]
    );
}

/// The rows that an experiment's log gives to a job come back although the reading that forgot
/// them was committed in part and then failed.
#[test]
fn a_reading_that_fails_in_between_loses_no_rows() {
    let mut folder = Folder::new();
    busy(&mut folder);
    let job = JobId("aaaa".into());
    folder.start(&job, 1, Start::Scratch);
    let ended = Record::AttemptEnded {
        job,
        attempt: 1,
        outcome: Outcome::TimedOut,
        stderr: String::new(),
    };
    folder.record("a", ended);
    folder.synced();
    let before = folder.text("select job, attempt, outcome from attempts order by 1, 2");
    assert!(before.contains("aaaa|1|timed-out"), "{before}");
    // Another file with the same content, many lines after it, and a log that cannot be read.
    let path = folder.results.0.join("jobs/aaaa/events.jsonl");
    let copy = path.with_extension("copy");
    fs::copy(&path, &copy).expect("copies");
    fs::rename(&copy, &path).expect("moves");
    let many = "nonsense\n".repeat(20_001);
    folder.append("jobs/aaab/events.jsonl", many.as_bytes());
    let newer = with_check(br#"{"format":3,"line":1,"whatever":1"#.to_vec());
    folder.append("jobs/aaac/events.jsonl", &newer);
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.sync(&folder.results).expect_err("refuses");
    drop(writer);
    for folder_of in ["jobs/aaab", "jobs/aaac"] {
        fs::remove_dir_all(folder.results.0.join(folder_of)).expect("removes");
    }
    // As a larger database, which is not built again.
    let digest = folder.results.0.join("convsweep.sqlite.blake3");
    let bytes = fs::read(folder.results.database()).expect("reads");
    fs::write(digest, format!("{}\n", blake3::hash(&bytes).to_hex())).expect("writes");
    folder.synced();
    let sql = "select job, attempt, outcome from attempts order by 1, 2";
    assert_eq!(folder.text(sql), before);
}

#[test]
fn a_log_of_a_newer_program_is_refused() {
    let mut folder = Folder::new();
    busy(&mut folder);
    let newer = with_check(br#"{"format":3,"line":1,"whatever":1"#.to_vec());
    folder.append("jobs/aaaa/events.jsonl", &newer);
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    let error = writer.sync(&folder.results).expect_err("refuses");
    assert!(
        matches!(
            error,
            StoreError::Newer {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{error}"
    );
    drop(writer);
    assert!(matches!(
        rebuild(&folder.results),
        Err(StoreError::Newer { .. })
    ));
}

#[test]
fn logs_that_shrink_or_disappear_are_reported() {
    let mut folder = Folder::new();
    busy(&mut folder);
    folder.synced();
    let path = folder.results.0.join("a/log.jsonl");
    let log = fs::read(&path).expect("reads");
    let line = log.iter().position(|&b| b == b'\n').expect("a line") + 1;
    fs::write(&path, &log[..line]).expect("writes");
    fs::remove_dir_all(folder.results.0.join("b")).expect("removes");
    let problems = folder.synced();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("a/log.jsonl: is shorter"));
    assert!(problems[1].starts_with("b/log.jsonl: no longer exists"));
    for problem in &problems {
        assert!(problem.contains("only the database still has 1 revision"));
        assert!(problem.contains("put back a copy of the log"));
    }
    let again = folder.synced();
    assert!(
        again[0].starts_with("a/log.jsonl: holds less"),
        "each run says so"
    );
    assert_eq!(again[1..], problems[1..]);
    fs::write(&path, &log).expect("writes");
    assert_eq!(folder.synced(), problems[1..], "it is whole again");
    fs::write(&path, &log[..line]).expect("writes");
    let refused = rebuild_keeping(&folder.results).expect_err("would lose rows");
    let words = refused.to_string();
    let lost = "a/log.jsonl no longer holds 1 revision, 3 configurations; b/log.jsonl no longer holds 1 revision";
    assert!(words.contains(lost), "{words}");
    assert_eq!(folder.text("select count(*) from experiments"), "2");
    let checked = check(&folder.results).expect("checks").problems.join("\n");
    assert!(checked.contains("b/log.jsonl no longer holds 1 revision; only the database has it"));
    assert!(
        !checked.contains("`convsweep rebuild` makes them equal"),
        "{checked}"
    );
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(folder.text("select experiment from experiments"), "a");
}

/// A job's log that is gone, cut, or replaced: the database keeps its rows until the job is
/// forgotten, and is not built again without them.
#[test]
fn nothing_is_forgotten_with_the_log_of_a_job() {
    let mut folder = Folder::new();
    busy(&mut folder);
    folder.synced();
    let job = JobId("0000000000000000".into());
    let path = folder.results.job(&job).join("events.jsonl");
    let rows = folder.text("select count(*) from metrics where job = '0000000000000000'");
    let log = fs::read(&path).expect("reads");
    let cut = log.len() / 2;
    let damages: [&dyn Fn(); 4] = [
        &|| fs::write(&path, &log[..cut]).expect("writes"),
        &|| fs::remove_file(&path).expect("removes"),
        &|| fs::create_dir(&path).expect("makes"),
        &|| {
            fs::remove_dir_all(folder.results.job(&job)).expect("removes");
            fs::write(folder.results.job(&job), "a file").expect("writes");
        },
    ];
    for damage in damages {
        damage();
        let words = rebuild_keeping(&folder.results)
            .expect_err("refuses")
            .to_string();
        let lost =
            format!("jobs/{job}/events.jsonl no longer holds all of a job that had finished");
        assert!(words.contains(&lost), "{words}");
        let checked = check(&folder.results).expect("checks").problems.join("\n");
        assert!(checked.contains(&lost), "{checked}");
    }
    folder.synced();
    let sql = "select count(*) from metrics where job = '0000000000000000'";
    assert_eq!(folder.text(sql), rows);
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.forget_jobs(&[job]).expect("forgets");
    drop(writer);
    assert_eq!(folder.text(sql), "0");
    let report = rebuild_keeping(&folder.results).expect("nothing is left to lose");
    assert_eq!(report.problems, [""; 0]);
}

#[test]
fn what_helps_is_said_of_jobs_whose_logs_are_gone() {
    let mut folder = Folder::new();
    busy(&mut folder);
    folder.synced();
    let expected = [
        ("outcome = 'finished'", "--damaged` trains the job again"),
        (
            "attempts > 0 and outcome <> 'finished'",
            "or the job is trained from the beginning when it is trained next",
        ),
    ];
    for (condition, remedy) in expected {
        let job = folder.text(&format!("select min(job) from jobs where {condition}"));
        let gone = folder.results.job(&JobId(job.clone()));
        fs::remove_dir_all(gone).expect("removes");
        let problems = folder.synced();
        let problem = problems.iter().find(|problem| problem.contains(&job));
        let problem = problem.expect("is reported");
        assert!(problem.contains("no longer exists"), "{problem}");
        assert!(problem.ends_with(remedy), "{problem}");
    }
}

#[test]
fn a_lost_database_is_rebuilt_without_its_old_write_ahead_log() {
    let mut folder = Folder::live();
    busy(&mut folder);
    folder.synced();
    let before = folder.dump();
    // The database was deleted, but not the write-ahead log that a killed program left.
    let wal = folder.results.0.join("convsweep.sqlite-wal");
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.entry(
        "z",
        serde_json::from_str(
            &fs::read_to_string(folder.results.0.join("b/log.jsonl"))
                .expect("reads")
                .lines()
                .next()
                .expect("a line")
                .replace("\"b\"", "\"z\""),
        )
        .expect("parses"),
    );
    writer.flush().expect("flushes");
    let left = fs::read(&wal).expect("is there while the writer runs");
    assert!(!left.is_empty());
    drop(writer);
    fs::remove_file(folder.results.database()).expect("removes");
    fs::write(&wal, left).expect("writes");
    assert_eq!(folder.synced(), [""; 0]);
    assert_eq!(before, folder.dump());
}

/// The inputs that fuzzing starts from; failures that it finds are added to them.
#[test]
fn what_fuzzing_started_from_or_found_is_read_or_refused() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/logs");
    let mut read = 0;
    for entry in fs::read_dir(corpus).expect("a corpus") {
        let text = fs::read(entry.expect("a file").path()).expect("reads");
        let folder = Folder::new();
        // The job and the experiment that the corpus is of.
        folder.append("jobs/2bc7f01025ecdf66/events.jsonl", &text);
        folder.append("small/log.jsonl", &text);
        if rebuild(&folder.results).is_ok() {
            let reader = folder.reader();
            reader.experiment("small").expect("can be asked");
            read += reader.experiments().expect("can be asked").len();
        }
    }
    assert!(read > 0, "the corpus has whole logs");
}
