//! Making a new database file beside the old one.

use super::migrations::prepare;
use crate::error::StoreError;
use convsweep_files::Durability;
use rusqlite::Connection;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Makes a whole database beside `path`, filled by `fill`, and puts it in its place: a reader sees
/// the old one or the new.
///
/// No writer may have the old one open.
pub(crate) fn make<T>(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let new = convsweep_files::partial_path(path);
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
    convsweep_files::sync_content(&new)?;
    // A log that belonged to the old database would be replayed into the new one.
    for suffix in ["-wal", "-shm"] {
        remove(&beside(path, suffix))?;
        remove(&beside(&new, suffix))?;
    }
    convsweep_files::publish(&new, path, Durability::SystemCache)?;
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
