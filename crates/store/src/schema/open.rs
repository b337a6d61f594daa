//! Opening the database file for reading or writing.

use super::create::create;
use super::migrations::{APPLICATION_ID, known_version, prepare};
use crate::digest::beside;
use crate::error::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for the lock of another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database for writing, creates it if there is none, and migrates it.
pub(crate) fn open_writable(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        create(path, |_| Ok(()))?;
    }
    let failed = |e| StoreError::sqlite(path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    inspect(&connection, path)?;
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
    prepare(&mut connection, "normal").map_err(failed)?;
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
        connection.busy_timeout(BUSY_TIMEOUT)?;
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
        let message = "it belongs to another program".to_string();
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
