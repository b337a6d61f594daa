//! Readers: what they refuse, and that they never have to wait for the writer.

use crate::folder::{Folder, member};
use convsweep_spec::event::Start;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::metric::Direction;
use convsweep_spec::outcome::Outcome;
use convsweep_store::{Database, DatabaseWriter, QueryCell, StoreError, check, rebuild};
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

#[test]
fn a_query_refuses_to_write() {
    let mut folder = Folder::live();
    folder.revision(1, "a", &[], Direction::Max);
    let reader = folder.reader();
    let aside = folder.results.0.join("aside.sqlite");
    let vacuum = format!("vacuum into '{}'", aside.display());
    let attach = format!("attach '{}' as x", aside.display());
    let writes = [
        "delete from experiments",
        "-- only looking\n  drop table jobs",
        "/* x */ insert into jobs (job) values ('x')",
        "with a as (select 1) delete from jobs",
        "create temp table t (a)",
        "pragma user_version = 9",
        "pragma query_only = 0",
        "begin immediate",
        &vacuum,
        &attach,
    ];
    for sql in writes {
        let error = reader.query(sql).expect_err(sql);
        assert!(
            matches!(error, StoreError::WouldWrite { .. }),
            "{sql}: {error}"
        );
    }
    assert!(!aside.exists());
    assert_eq!(
        reader
            .query("delete from jobs")
            .expect_err("refuses")
            .to_string(),
        "queries are read-only: `delete from jobs` would change the database"
    );
    assert_eq!(folder.text("select count(*) from experiments"), "1");
    for (sql, words) in [
        ("select nope from jobs", "no such column"),
        ("select 1; select 2", "one statement"),
        (" -- x", "no statement"),
    ] {
        let error = reader.query(sql).expect_err(sql);
        assert!(
            matches!(error, StoreError::Query { .. }) && error.to_string().contains(words),
            "{sql}: {error}"
        );
    }
}

#[test]
fn values_keep_their_type() {
    let folder = Folder::live();
    let table = folder.query("select null as a, 1 as b, 0.1 as c, 'x' as d, x'0102' as e, 1 as b");
    assert_eq!(table.columns, ["a", "b", "c", "d", "e", "b"]);
    let expected = [
        QueryCell::Null,
        QueryCell::Integer(1),
        QueryCell::Real(0.1),
        QueryCell::Text("x".into()),
        QueryCell::Blob(2),
        QueryCell::Integer(1),
    ];
    assert_eq!(table.rows, [expected]);
    let text: Vec<_> = table.rows[0].iter().map(QueryCell::to_string).collect();
    assert_eq!(text, ["", "1", "0.1", "x", "<2 bytes>", "1"]);
}

#[test]
fn the_schema_lists_tables_and_views() {
    let schema = Folder::live().reader().schema().expect("reads");
    for words in [
        "CREATE TABLE metrics",
        "-- null: not a number (NaN)",
        "CREATE VIEW leaderboard",
        "CREATE VIEW per_class",
    ] {
        assert!(schema.contains(words), "{words}");
    }
}

#[test]
fn an_unusable_database_is_reported_with_a_remedy() {
    let folder = Folder::new();
    let check = |expect: fn(&StoreError) -> bool, words: &str| {
        let error = Database::open(&folder.results).expect_err("fails");
        assert!(
            expect(&error) && error.to_string().contains(words),
            "{error:?}: {error}"
        );
    };
    check(
        |e| matches!(e, StoreError::Missing { .. }),
        "`convsweep run FILE` creates one",
    );
    let database = folder.results.database();
    fs::write(
        &database,
        "not a database, not at all, and long enough to be one".repeat(40),
    )
    .expect("writes");
    check(
        |e| matches!(e, StoreError::Damaged { .. }),
        "`convsweep rebuild`",
    );
    assert!(matches!(
        DatabaseWriter::open(&folder.results),
        Err(StoreError::Damaged { .. })
    ));
    fs::remove_file(&database).expect("removes");
    rusqlite::Connection::open(&database)
        .expect("opens")
        .execute_batch("create table t (a)")
        .expect("makes");
    check(
        |e| matches!(e, StoreError::Damaged { .. }),
        "belongs to another program",
    );
    rebuild(&folder.results).expect("rebuilds");
    let connection = rusqlite::Connection::open(&database).expect("opens");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("sets");
    check(
        |e| matches!(e, StoreError::Newer { found: 99, .. }),
        "has version 99",
    );
    assert!(matches!(
        DatabaseWriter::open(&folder.results),
        Err(StoreError::Newer { found: 99, .. })
    ));
    connection
        .pragma_update(None, "user_version", 0)
        .expect("sets");
    drop(connection);
    check(
        |e| matches!(e, StoreError::Older { found: 0, .. }),
        "brings it up to date",
    );
    let blocked = folder.results.0.join("file");
    fs::write(&blocked, "").expect("writes");
    let error = DatabaseWriter::open(&ResultsFolder(blocked.join("results"))).expect_err("fails");
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
}

#[test]
fn closing_the_writer_leaves_one_complete_file() {
    let mut folder = Folder::live();
    folder.revision(1, "a", &[], Direction::Max);
    folder.writer = None;
    let copy = Folder::new();
    fs::copy(folder.results.database(), copy.results.database()).expect("copies");
    assert_eq!(copy.text("select experiment from experiments"), "a");
    let problems = check(&copy.results).expect("checks").problems;
    assert_eq!(problems.len(), 3, "the copy has no logs: {problems:#?}");
    assert!(problems[2].starts_with("a/log.jsonl no longer holds 1 revision"));
}

/// `sqlite3` without a busy timeout, and our own readers, while a sweep is being written and its
/// axes change.
#[test]
fn readers_never_find_the_database_locked() {
    let mut folder = Folder::live();
    let members: Vec<_> = (1..=20)
        .map(|w| member(w - 1, w, 2, 2, &["model.width"]))
        .collect();
    folder.revision(1, "a", &["model.width"], Direction::Max);
    members.iter().for_each(|m| folder.member("a", m));
    folder.reader();
    let database = folder.results.database();
    let results = folder.results.clone();
    let (stop, asked) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let sql = "select count(*) from metrics; select * from leaderboard; select count(*) from wide_a;";
                    let answer =
                        Command::new("sqlite3").arg(&database).arg(sql).output().expect("sqlite3 is installed");
                    let words = String::from_utf8_lossy(&answer.stderr);
                    assert!(answer.status.success() && words.is_empty(), "{words}");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let reader = Database::open(&results).expect("opens");
                reader
                    .query("select * from curves limit 100")
                    .expect("answers");
                reader.experiment("a").expect("reads").expect("is there");
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        for round in 0..40 {
            let m = &members[round % 20];
            for job in &m.jobs {
                folder.train(&job.job, 0.5);
            }
            let crashed = JobId(format!("{round:016}"));
            folder.start(&crashed, 1, Start::Scratch);
            (1..50).for_each(|epoch| folder.epoch(&crashed, 1, epoch, 0.1));
            folder.end(&crashed, 1, Outcome::OutOfMemory);
            if round % 5 == 4 {
                folder.revision(
                    round as u32,
                    "a",
                    if round % 2 == 0 {
                        &[]
                    } else {
                        &["model.width"]
                    },
                    Direction::Max,
                );
                members.iter().for_each(|m| folder.member("a", m));
            }
            folder
                .writer
                .as_ref()
                .expect("is open")
                .flush()
                .expect("flushes");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(asked.load(Ordering::Relaxed) > 20, "{asked:?}");
    folder.synced();
    let live = folder.dump();
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(live, folder.dump());
}
