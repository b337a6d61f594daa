//! Databases with earlier schemas, kept as text: each is migrated with its rows unchanged.

use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, DatabaseWriter, JobProgress, StoreError};

/// The kept database has two jobs, `finished` of which have finished, and this many decisions.
fn check(kept: &str, finished: u32, decisions: i64) {
    let folder = tempfile::tempdir().expect("makes");
    let results = ResultsFolder(folder.path().into());
    let old = rusqlite::Connection::open(results.database()).expect("opens");
    old.execute_batch(kept).expect("is SQL");
    let count = |c: &rusqlite::Connection, table: &str| -> i64 {
        c.query_row(&format!("select count(*) from {table}"), [], |r| r.get(0))
            .expect("counts")
    };
    let tables = [
        "experiments",
        "jobs",
        "attempts",
        "metrics",
        "confusion",
        "summary",
        "leaderboard",
    ];
    let before: Vec<i64> = tables.iter().map(|table| count(&old, table)).collect();
    assert!(before.iter().all(|n| *n > 0), "{before:?}");
    drop(old);
    assert!(
        matches!(Database::open(&results), Err(StoreError::Older { .. })),
        "a reader changes nothing"
    );
    drop(DatabaseWriter::open(&results).expect("migrates"));
    let new = rusqlite::Connection::open(results.database()).expect("opens");
    let after: Vec<i64> = tables.iter().map(|table| count(&new, table)).collect();
    assert_eq!(after, before);
    assert_eq!(count(&new, "decisions"), decisions);
    let reader = Database::open(&results).expect("is up to date");
    let experiment = reader.experiments().expect("reads").remove(0);
    let progress = reader
        .progress(&experiment.name)
        .expect("reads")
        .expect("is there");
    let done = progress.iter().filter(|job| job.state.finished).count();
    assert_eq!((progress.len(), done), (2, finished as usize));
    let rows = reader
        .experiment(&experiment.name)
        .expect("reads")
        .expect("is there");
    assert!(
        rows.configurations[0]
            .jobs
            .iter()
            .all(|job| job.test.is_some() && !job.epochs.is_empty())
    );
    let states = reader
        .job_states(&[progress[0].job.clone(), JobId("none".into())])
        .expect("reads");
    assert!(states.len() == 1 && states[&progress[0].job].finished);
    let outcomes = |jobs: &[JobProgress]| {
        jobs.iter()
            .map(|job| job.state.outcome.clone())
            .collect::<Vec<_>>()
    };
    if decisions > 0 {
        assert_eq!(
            outcomes(&progress),
            [Some("finished".into()), Some("stopped".into())]
        );
        assert!(
            progress[1].state.detail.contains("is place 2 of 2"),
            "{progress:?}"
        );
        assert_eq!(count(&new, "decisions where attempt is not null"), 0);
        assert_eq!(reader.decisions(&progress[1].job).expect("reads").len(), 1);
    }
}

#[test]
fn schema_1() {
    check(include_str!("kept/schema-1.sql"), 2, 0);
}

/// Schema 2 is schema 1 and what it added.
#[test]
fn schema_2() {
    let added = [
        include_str!("kept/schema-1.sql"),
        include_str!("../src/schema/2-includes-and-stages.sql"),
        "pragma user_version = 2;",
    ];
    check(&added.concat(), 2, 0);
}

/// What an older program has read is read once more, so that damage to it becomes known.
#[test]
fn damage_that_an_older_program_has_read_is_found() {
    let folder = tempfile::tempdir().expect("makes");
    let results = ResultsFolder(folder.path().into());
    let name = "jobs/26659c2849793624/events.jsonl";
    let log = results.0.join(name);
    std::fs::create_dir_all(log.parent().expect("a folder")).expect("makes");
    let text = include_str!("kept/events-1.jsonl").replacen("\"epoch\":1,", "\"epoch\":-1,", 1);
    std::fs::write(&log, &text).expect("writes");
    let old = rusqlite::Connection::open(results.database()).expect("opens");
    let schema = [
        include_str!("../src/schema/1-tables.sql"),
        include_str!("../src/schema/2-includes-and-stages.sql"),
        include_str!("../src/schema/3-decisions.sql"),
        include_str!("../src/schema/4-attempts-of-decisions.sql"),
        "pragma user_version = 4; pragma application_id = 0x434e5653;",
    ];
    old.execute_batch(&schema.concat()).expect("is SQL");
    let position = (name, text.len() as i64, text.lines().count() as i64);
    let sql = "insert into logs (path, offset, lines) values (?1, ?2, ?3)";
    old.execute(sql, position).expect("inserts");
    drop(old);
    let writer = DatabaseWriter::open(&results).expect("migrates");
    let problems = writer.sync(&results).expect("syncs").problems;
    assert!(problems[0].contains("could not be read"), "{problems:#?}");
    drop(writer);
    let report = convsweep_store::check(&results).expect("checks");
    assert_eq!(report.problems.len(), 1, "{:#?}", report.problems);
    let reader = Database::open(&results).expect("opens");
    let job = JobId("26659c2849793624".into());
    let known = reader.job_log_problems(&job).expect("reads");
    assert_eq!(known.len(), 1);
}

#[test]
fn schema_3() {
    check(include_str!("kept/schema-3.sql"), 1, 3);
}

#[test]
fn a_backup_is_complete_while_the_writer_writes() {
    let mut folder = crate::folder::Folder::live();
    let member = crate::folder::member(0, 1, 2, 2, &["model.width"]);
    folder.revision(
        1,
        "a",
        &["model.width"],
        convsweep_spec::metric::Direction::Max,
    );
    folder.member("a", &member);
    folder.train(&member.jobs[0].job, 0.5);
    let copy = folder.results.0.join("copy");
    let reader = folder.reader();
    folder.train(&member.jobs[1].job, 0.6);
    reader
        .backup(&copy.join("../copy.sqlite"))
        .expect_err("no such folder is made");
    let to = folder.results.0.join("copy.sqlite");
    reader.backup(&to).expect("copies");
    assert!(matches!(reader.backup(&to), Err(StoreError::Exists { .. })));
    let copied = rusqlite::Connection::open(&to).expect("opens");
    let sound: String = copied
        .query_row("pragma integrity_check", [], |r| r.get(0))
        .expect("checks");
    let jobs: i64 = copied
        .query_row(
            "select count(*) from jobs where outcome = 'finished'",
            [],
            |r| r.get(0),
        )
        .expect("reads");
    assert_eq!(sound, "ok");
    assert!((1..=2).contains(&jobs));
    assert!(!to.with_extension("sqlite.part").exists());
}

/// Events that the writer received while a sweep ran are not read again, so that the start of the
/// next run does not take longer the more there are.
#[test]
fn received_events_are_not_read_again() {
    let mut folder = crate::folder::Folder::live();
    let member = crate::folder::member(0, 1, 2, 3, &["model.width"]);
    folder.revision(
        1,
        "a",
        &["model.width"],
        convsweep_spec::metric::Direction::Max,
    );
    folder.member("a", &member);
    folder.train(&member.jobs[0].job, 0.5);
    folder.train(&member.jobs[1].job, 0.6);
    drop(folder.reader());
    // A line that was not sent to the writer: that log is read again.
    folder.append(&format!("jobs/{}/events.jsonl", member.jobs[1].job), b"{");
    folder.start(
        &member.jobs[2].job,
        1,
        convsweep_spec::event::Start::Scratch,
    );
    folder.writer = None;
    let before = folder.dump();
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    let report = writer.sync(&folder.results).expect("syncs");
    assert_eq!((report.entries, report.events), (0, 1), "{report:?}");
    assert_eq!(report.problems.len(), 1, "{report:?}");
    drop(writer);
    let without_marks = |dump: String| {
        dump.split("== ")
            .filter(|t| !t.starts_with("logs"))
            .collect::<String>()
    };
    assert_eq!(without_marks(folder.dump()), without_marks(before));
}
