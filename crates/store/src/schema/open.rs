//! Opening the database file for reading or writing.

use super::create::create;
use super::migrations::{APPLICATION_ID, known_version, prepare};
use super::places::refuse_other_things;

use crate::error::StoreError;
use convsweep_files::{beside, exists};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for the lock of another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database for writing, creates it if there is none, and migrates it. An empty file,
/// which a power cut may leave, counts as none: the logs are read again.
pub(crate) fn open_writable(path: &Path) -> Result<Connection, StoreError> {
    refuse_other_things(path)?;
    if path.metadata().map_or(0, |file| file.len()) == 0 {
        create(path, |_| Ok(()))?;
    }
    let failed = |e| StoreError::sqlite(path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    let found = inspect(&connection, path)?;
    // Closing must never take an exclusive lock, which a reader could run into: the writer
    // checkpoints by itself.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(failed)?;
    let mode: String = connection
        .query_row("pragma journal_mode = wal", [], |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        return Err(StoreError::NotWritable {
            path: path.to_path_buf(),
        });
    }
    prepare(&mut connection, "normal").map_err(|e| not_upgraded(path, found, e))?;
    Ok(connection)
}

/// An error of bringing the database up to date: its version is to blame only if it is an old one
/// and SQLite could read and write it.
fn not_upgraded(path: &Path, found: u32, error: rusqlite::Error) -> StoreError {
    let message = error.to_string();
    match StoreError::sqlite(path, error) {
        StoreError::Sqlite { path, .. } if found < known_version() => StoreError::NotUpgraded {
            path,
            found,
            known: known_version(),
            message,
        },
        other => other,
    }
}

/// Opens the database for reading only.
pub(crate) fn open_readable(path: &Path) -> Result<Connection, StoreError> {
    let folder = path.parent().unwrap_or(path);
    if !exists(folder).map_err(|e| StoreError::io(folder, e))? {
        let path = folder.to_path_buf();
        return Err(StoreError::NoFolder { path });
    }
    refuse_other_things(path)?;
    if !exists(path).map_err(|e| StoreError::io(path, e))? {
        let path = path.to_path_buf();
        return Err(StoreError::Missing { path });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    };
    let connection = match open().map_err(|e| StoreError::sqlite(path, e)) {
        // Another program writes: what is read without its locks may be half of it.
        Err(locked @ StoreError::Locked { .. }) => return Err(locked),
        Err(error) => immutable(path).ok_or(error)?,
        Ok(connection) => connection,
    };
    readable(connection, path)
}

/// Opens the database for reading where the disk has no room for the files of its write-ahead log:
/// as the only connection, which keeps the log's index in memory.
pub(crate) fn open_alone(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.query_row("pragma locking_mode = exclusive", [], |_| Ok(()))?;
        connection.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    };
    readable(open().map_err(|e| StoreError::sqlite(path, e))?, path)
}

/// Checks the version, and refuses writes from now on.
fn readable(connection: Connection, path: &Path) -> Result<Connection, StoreError> {
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

/// Opens a database in a folder that cannot be written, where the write-ahead log cannot have its
/// file; only if no writer has it open.
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

/// `path` as SQLite's URI, without a query; `None` if it is not UTF-8.
pub(crate) fn uri(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    let escaped = path
        .to_str()?
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    Some(format!("file://{escaped}"))
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
        let message = match path.metadata() {
            Ok(file) if file.len() == 0 => "it is empty".to_string(),
            Ok(_) | Err(_) => "it belongs to another program".to_string(),
        };
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
