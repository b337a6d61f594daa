//! Problems that `check` finds.

use crate::folder::{Folder, member};
use convsweep_spec::metric::Direction;
use convsweep_store::{StoreError, check, rebuild};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

fn folder() -> Folder {
    let mut folder = Folder::live();
    let m = member(0, 1, 2, 2, &["model.width"]);
    folder.revision(1, "a", &["model.width"], Direction::Max);
    folder.member("a", &m);
    m.jobs.iter().for_each(|j| folder.train(&j.job, 0.5));
    folder.synced();
    folder
}

fn tamper(folder: &Folder, sql: &str) {
    let connection = rusqlite::Connection::open(folder.results.database()).expect("opens");
    connection.execute_batch(sql).expect(sql);
}

fn found(folder: &Folder) -> Vec<String> {
    check(&folder.results).expect("checks").problems
}

#[test]
fn a_sound_database_has_no_problems() {
    assert_eq!(found(&folder()), [""; 0]);
    assert!(matches!(
        check(&Folder::new().results),
        Err(StoreError::Missing { .. })
    ));
}

#[test]
fn rows_that_differ_from_the_logs_are_found() {
    let changes = [
        (
            "delete from metrics where epoch = 2 and name = 'val_loss'",
            "metrics: the logs give 12 rows, the database has 10; \
            2 missing or different, 0 not in the logs",
        ),
        (
            "update evaluations set accuracy = 1 where part = 'test'",
            "evaluations: the logs give 4 rows, the database has 4; \
            2 missing or different, 2 not in the logs",
        ),
        (
            "insert into jobs (job) values ('x')",
            "jobs: the logs give 2 rows, the database has 3; \
            0 missing or different, 1 not in the logs",
        ),
        (
            "pragma foreign_keys = off; delete from members",
            "a row of member_jobs refers to a row of members",
        ),
    ];
    for (sql, words) in changes {
        let folder = folder();
        tamper(&folder, sql);
        let problems = found(&folder);
        assert!(
            problems.iter().any(|p| p.contains(words)),
            "{sql}: {problems:#?}"
        );
        rebuild(&folder.results).expect("rebuilds");
        assert_eq!(found(&folder), [""; 0]);
    }
}

#[test]
fn unreadable_lines_are_found() {
    let folder = folder();
    folder.append("a/log.jsonl", b"garbage\n");
    let problems = found(&folder);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with("a/log.jsonl:3: has no checksum"));
}

/// What a crash leaves within a line hides nothing.
#[test]
fn an_incomplete_line_before_a_whole_one_is_a_note() {
    let mut folder = Folder::new();
    folder.is_old = true;
    let m = member(0, 1, 2, 1, &[]);
    folder.revision(1, "a", &[], Direction::Max);
    folder.append("a/log.jsonl", br#"{"format":1,"time":1.5,"rec"#);
    folder.member("a", &m);
    folder.train(&m.jobs[0].job, 0.5);
    rebuild(&folder.results).expect("rebuilds");
    let report = check(&folder.results).expect("checks");
    assert_eq!(report.problems, [""; 0]);
    let words = "a/log.jsonl:2: an incomplete line before this one was ignored";
    assert_eq!(report.notes[0], words);
}

/// A damaged database hides no damage of the logs.
#[test]
fn logs_are_read_although_the_database_is_damaged() {
    let folder = folder();
    let path = folder.results.database();
    let size = path.metadata().expect("is there").len() as usize;
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[size / 2..].fill(0x5a);
    std::fs::write(&path, bytes).expect("writes");
    folder.append("a/log.jsonl", b"garbage\n");
    let problems = found(&folder);
    let is_said = |words: &str| problems.iter().any(|problem| problem.contains(words));
    assert!(
        is_said("convsweep rebuild") && is_said("a/log.jsonl:3:"),
        "{problems:#?}"
    );
}

#[test]
fn a_damaged_file_is_found() {
    let folder = folder();
    let size = folder
        .results
        .database()
        .metadata()
        .expect("is there")
        .len();
    let mut file = OpenOptions::new()
        .write(true)
        .open(folder.results.database())
        .expect("opens");
    file.seek(SeekFrom::Start(size / 2)).expect("seeks");
    file.write_all(&vec![0x5a; (size / 2) as usize])
        .expect("writes");
    let problems = found(&folder);
    assert!(
        problems
            .iter()
            .any(|p| p.contains("damaged") || p.contains("malformed")),
        "{problems:#?}"
    );
    assert!(
        problems
            .last()
            .expect("some")
            .contains("`convsweep rebuild`")
    );
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(found(&folder), [""; 0]);
}
