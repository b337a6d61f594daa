//! Making, opening and migrating the database file.

use crate::error::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Forward migrations: step i leads from version i to i + 1.
const STEPS: &[&str] = &[
    include_str!("tables.sql"),
    include_str!("tables-2.sql"),
    include_str!("decisions.sql"),
    include_str!("decisions-2.sql"),
];
/// Views are made anew whenever they differ from these.
const VIEWS: &str = include_str!("views.sql");
/// "CNVS": tells our database from others.
const APPLICATION_ID: i32 = 0x434e_5653;
/// How long a connection waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// The version that this program writes.
pub(crate) fn known_version() -> u32 {
    STEPS.len() as u32
}

/// Opens the database for writing, makes it where there is none, and migrates it.
pub(crate) fn open_writable(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        make(path, |_| Ok(()))?;
    }
    let wrong = |e| StoreError::sqlite(path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(wrong)?;
    connection.busy_timeout(PATIENCE).map_err(wrong)?;
    inspect(&connection, path)?;
    // Closing must never take an exclusive lock that a reader would meet: the writer checkpoints by
    // itself.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(wrong)?;
    let mode: String = connection
        .query_row("pragma journal_mode = wal", [], |row| row.get(0))
        .map_err(wrong)?;
    if mode != "wal" {
        return Err(StoreError::NotWritable {
            path: path.to_path_buf(),
        });
    }
    prepare(&mut connection, "normal").map_err(wrong)?;
    Ok(connection)
}

/// Opens the database for reading only.
pub(crate) fn open_readable(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing {
            path: path.to_path_buf(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    };
    let connection = open()
        .or_else(|error| immutable(path).ok_or(error))
        .map_err(|e| StoreError::sqlite(path, e))?;
    let found = inspect(&connection, path)?;
    if found < known_version() {
        return Err(StoreError::Older {
            path: path.to_path_buf(),
            found,
            known: known_version(),
        });
    }
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|e| StoreError::sqlite(path, e))?;
    Ok(connection)
}

/// A database in a folder where nothing can be written (WAL wants a file beside it) and which no
/// writer has open.
fn immutable(path: &Path) -> Option<Connection> {
    if beside(path, "-wal").metadata().is_ok_and(|m| m.len() > 0) {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(format!("{}?immutable=1", uri(path)?), flags).ok()?;
    connection
        .query_row("select count(*) from sqlite_master", [], |_| Ok(()))
        .ok()?;
    Some(connection)
}

/// `path` as SQLite's URI, without a query; `None` where it is not UTF-8.
pub(crate) fn uri(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let escaped = path
        .to_str()?
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    Some(format!("file://{escaped}"))
}

/// Makes a whole database beside `path`, filled by `fill`, and puts it in its place: a reader sees
/// the old one or the new.
///
/// No writer may have the old one open.
pub(crate) fn make<T>(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let new = beside(path, ".new");
    remove(&new)?;
    let wrong = |e| StoreError::sqlite(path, e);
    let mut connection = Connection::open(&new).map_err(wrong)?;
    connection
        .query_row("pragma journal_mode = memory", [], |_| Ok(()))
        .map_err(wrong)?;
    prepare(&mut connection, "off").map_err(wrong)?;
    let filled = fill(&mut connection)?;
    connection
        .query_row("pragma journal_mode = wal", [], |_| Ok(()))
        .map_err(wrong)?;
    connection.close().map_err(|(_, e)| wrong(e))?;
    File::open(&new)
        .and_then(|f| f.sync_all())
        .map_err(|e| StoreError::io(&new, e))?;
    // A log that belonged to the old database would be replayed into the new one.
    for suffix in ["-wal", "-shm"] {
        remove(&beside(path, suffix))?;
        remove(&beside(&new, suffix))?;
    }
    fs::rename(&new, path).map_err(|e| StoreError::io(path, e))?;
    Ok(filled)
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, e)),
        _ => Ok(()),
    }
}

/// The version, if the database is ours and not newer than this program.
fn inspect(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let number = |name: &str| -> Result<i32, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|e| StoreError::sqlite(path, e))
    };
    let found = u32::try_from(number("user_version")?).unwrap_or(u32::MAX);
    if number("application_id")? != APPLICATION_ID {
        let message = "it is another program's".to_string();
        return Err(StoreError::Damaged {
            path: path.to_path_buf(),
            message,
        });
    }
    if found > known_version() {
        return Err(StoreError::Newer {
            path: path.to_path_buf(),
            found,
            known: known_version(),
        });
    }
    Ok(found)
}

/// Sets a writing connection up and brings tables and views up to date.
pub(crate) fn prepare(connection: &mut Connection, synchronous: &str) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(&format!("pragma synchronous = {synchronous}; pragma cache_size = -32768; pragma temp_store = memory; pragma foreign_keys = off;"))?;
    migrate(connection, STEPS)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Takes the steps that the database lacks, all or none.
fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let version = |c: &Connection| {
        c.pragma_query_value(None, "user_version", |row| {
            Ok(row.get::<_, u32>(0)? as usize)
        })
    };
    if version(connection)? == steps.len() && views(connection)? == expected_views()? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for name in views(&transaction)?.keys() {
        transaction.execute_batch(&format!("drop view {}", quoted(name)))?;
    }
    let from = version(&transaction)?.min(steps.len());
    for step in &steps[from..] {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(VIEWS)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()
}

/// The fixed views that a database has, by name.
fn views(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let sql = r"select name, sql from sqlite_master where type = 'view' and name not like 'wide\_%' escape '\'";
    connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn expected_views() -> rusqlite::Result<BTreeMap<String, String>> {
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch(VIEWS)?;
    views(&scratch)
}

/// `name` as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// `text` as an SQL text, quotes included.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_steps_are_taken_in_order_and_rows_stay() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, &STEPS[..1]).expect("first");
        let row = "insert into experiments values ('a', 1, null, 'm', 'max', null, 0, 'f', 0, 0)";
        connection.execute(row, []).expect("inserts");
        let added = [
            "alter table experiments add column note text default 'x'",
            "create table extra (a)",
        ];
        let later = [STEPS, &added].concat();
        migrate(&mut connection, &later).expect("migrates");
        let read = |sql: &str| {
            connection
                .query_row(sql, [], |r| r.get::<_, String>(0))
                .expect("reads")
        };
        assert_eq!(read("select experiment || note from experiments"), "ax");
        assert_eq!(
            read("select user_version || '' from pragma_user_version"),
            later.len().to_string()
        );
        assert_eq!(read("select count(*) || '' from extra"), "0");
    }

    #[test]
    fn a_failing_step_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("first");
        migrate(
            &mut connection,
            &[STEPS, &["create table extra (a)", "nonsense"]].concat(),
        )
        .expect_err("fails");
        let count = |sql: &str| {
            connection
                .query_row(sql, [], |r| r.get::<_, i64>(0))
                .expect("reads")
        };
        assert_eq!(
            count("select user_version from pragma_user_version"),
            STEPS.len() as i64
        );
        assert_eq!(
            count("select count(*) from sqlite_master where name = 'extra'"),
            0
        );
        assert_eq!(
            views(&connection).expect("reads"),
            expected_views().expect("reads")
        );
    }

    #[test]
    fn changed_views_are_made_anew_without_a_new_version() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("first");
        connection
            .execute_batch("drop view curves; create view curves as select 1")
            .expect("changes");
        migrate(&mut connection, STEPS).expect("again");
        assert_eq!(
            views(&connection).expect("reads"),
            expected_views().expect("reads")
        );
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(
            quoted(r#"wide_a"; drop table jobs; --"#),
            r#""wide_a""; drop table jobs; --""#
        );
        assert_eq!(literal("it's"), "'it''s'");
    }
}
