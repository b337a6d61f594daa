//! Databases that cannot be used: each error says what was found and what to do.

use crate::folder::Folder;
use convsweep_store::{Database, DatabaseWriter, StoreError, UserQuery, rebuild};
use rusqlite::Connection;
use std::fs;
use std::time::{Duration, Instant};

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, StoreError>, words: &[&str]) {
    let message = result.expect_err("fails").to_string();
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
}

#[test]
fn what_is_no_file_is_named() {
    for name in [
        "convsweep.sqlite",
        "convsweep.sqlite-wal",
        "convsweep.sqlite-shm",
    ] {
        let mut folder = Folder::live();
        folder.writer = None;
        let path = folder.results.0.join(name);
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).expect("makes");
        let words = [name, "is a folder", "move it out of the way"];
        says(Database::open(&folder.results), &words);
        says(DatabaseWriter::open(&folder.results), &words);
        says(rebuild(&folder.results), &words);
    }
}

#[test]
fn a_missing_folder_and_a_file_in_its_place_are_told_apart() {
    let mut folder = Folder::new();
    folder.results.0 = folder.results.0.join("typo");
    let words = ["there is no results folder", "typo", "--results"];
    says(Database::open(&folder.results), &words);
    says(rebuild(&folder.results), &words);
    assert!(!folder.results.0.exists(), "none is made");
    fs::write(&folder.results.0, "").expect("writes");
    let words = [
        "typo/convsweep.sqlite",
        "a file is in the place of a folder",
    ];
    says(Database::open(&folder.results), &words);
}

#[test]
fn a_folder_that_the_system_refuses_to_look_at_is_not_called_missing() {
    let mut folder = Folder::new();
    folder.results.0 = folder.results.0.join("loop");
    std::os::unix::fs::symlink("loop", &folder.results.0).expect("links to itself");
    let words = ["loop", "levels of symbolic links", "disk or mount"];
    says(Database::open(&folder.results), &words);
}

#[test]
fn a_locked_database_is_said_to_be_locked() {
    let mut folder = Folder::live();
    folder.writer = None;
    let other = Connection::open(folder.results.database()).expect("opens");
    let lock = "pragma locking_mode = exclusive; begin exclusive; create table x (a)";
    other.execute_batch(lock).expect("locks");
    let since = Instant::now();
    says(
        Database::open(&folder.results),
        &["is locked by another program", "fuser"],
    );
    assert!(since.elapsed() > Duration::from_secs(5), "it is waited for");
}

#[test]
fn an_empty_file_is_replaced_by_the_next_run() {
    let folder = Folder::new();
    fs::write(folder.results.database(), "").expect("writes");
    says(
        Database::open(&folder.results),
        &["it is empty", "`convsweep rebuild`"],
    );
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    writer.sync(&folder.results).expect("reads the logs");
    drop(writer);
    Database::open(&folder.results).expect("is there");
}

#[test]
fn an_old_database_that_cannot_be_brought_up_to_date_is_named() {
    let mut folder = Folder::live();
    folder.writer = None;
    let old = Connection::open(folder.results.database()).expect("opens");
    // The step from version 3 changes this table.
    let damage = "pragma user_version = 3; drop table decisions";
    old.execute_batch(damage).expect("changes");
    drop(old);
    let words = [
        "has version 3",
        "cannot be brought to version",
        "decisions",
        "`convsweep rebuild`",
    ];
    says(DatabaseWriter::open(&folder.results), &words);
    rebuild(&folder.results).expect("rebuilds");
    DatabaseWriter::open(&folder.results).expect("opens");
}

#[test]
fn reads_are_answered_however_they_are_written() {
    let folder = Folder::live();
    let reader = folder.reader();
    for sql in [
        "SELECT*FROM jobs",
        "select(1)",
        "values(1)",
        "VALUES (1), (2)",
        "select'a'",
        "with a(x) as (select 1) select * from a",
        "/* c */ -- d\n select 1 -- e",
        "explain select 1",
        "explain query plan delete from jobs",
        "pragma table_info(jobs)",
        "pragma user_version",
        "pragma integrity_check",
        "select * from pragma_table_info('jobs')",
        "select 1;",
        "select 1; -- done",
    ] {
        reader.query(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    for sql in [
        "replace into jobs (job) values ('x')",
        "update jobs set job = 'x'",
        "detach main",
        "savepoint a",
        "commit",
        "pragma journal_mode = delete",
        "pragma wal_checkpoint(truncate)",
        "reindex",
        "vacuum",
        "analyze",
        "drop view curves",
        "create virtual table t using fts5(a)",
    ] {
        let error = reader.query(sql).expect_err(sql);
        let is_refused = matches!(
            error,
            StoreError::WouldWrite { .. } | StoreError::Query { .. }
        );
        assert!(is_refused, "{sql}: {error}");
    }
}

const ENDLESS: &str = "with recursive c(x) as (select 1 union all select x + 1 from c) ";

#[test]
fn endless_and_huge_answers_end() {
    let folder = Folder::live();
    let reader = folder.reader();
    let time = Some(Duration::from_millis(300));
    let count = format!("{ENDLESS} select count(*) from c");
    let query = UserQuery { sql: &count, time };
    let since = Instant::now();
    says(reader.query(query), &["ended after 0.3 s", "--timeout"]);
    assert!(since.elapsed() < Duration::from_secs(10));
    let rows = format!("{ENDLESS} select x, printf('%.1000c', 'x') from c");
    says(reader.query(&*rows), &["more than 64 MB", "--csv"]);
    says(reader.query("select zeroblob(1000000000)"), &["too big"]);
    let table = reader.query("select 1").expect("the limits are gone");
    assert_eq!(table.columns, ["1"]);
}

#[test]
fn a_backup_touches_no_other_file_and_says_what_prevents_it() {
    let folder = Folder::live();
    let reader = folder.reader();
    let place = folder.results.0.join("copies");
    fs::create_dir(&place).expect("makes");
    let to = place.join("copy.db");
    for name in [
        "copy.db.new",
        "copy.db.part",
        "copy.db-journal",
        "copy.db-wal",
    ] {
        fs::write(place.join(name), "precious").expect("writes");
    }
    reader.backup(&to).expect("copies");
    let mut names: Vec<_> = fs::read_dir(&place)
        .expect("lists")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    let others = [
        "copy.db-journal",
        "copy.db-wal",
        "copy.db.new",
        "copy.db.part",
    ];
    assert_eq!(names, [&["copy.db"][..], &others].concat());
    for name in others {
        let text = fs::read_to_string(place.join(name)).expect("reads");
        assert_eq!(text, "precious");
    }
    says(reader.backup(&to), &["copy.db exists already"]);
    says(reader.backup(&place), &["copies exists already"]);
    says(
        reader.backup(&place.join("none/copy.db")),
        &["none/copy.db", "its folder exists"],
    );
    let dangling = place.join("link");
    std::os::unix::fs::symlink("nowhere", &dangling).expect("links");
    says(reader.backup(&dangling), &["link exists already"]);
}
