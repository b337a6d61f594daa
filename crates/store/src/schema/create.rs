//! Creating a new database file in place of an old one.

use super::migrations::prepare;
use super::places::refuse_other_things;
use crate::digest;
use crate::error::StoreError;
use convsweep_files::{Durability, beside};
use rusqlite::Connection;
use std::fs;
use std::io;
use std::path::Path;

/// Creates a complete database next to `path`, filled by `fill`, and moves it into its place: a
/// reader sees the old one or the new one.
///
/// No writer may have the old one open.
pub(crate) fn create<T>(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    refuse_other_things(path)?;
    let new = convsweep_files::partial_path(path);
    remove(&new)?;
    let failed = |e| StoreError::sqlite(path, e);
    let mut connection = Connection::open(&new).map_err(failed)?;
    connection
        .query_row("pragma journal_mode = memory", [], |_| Ok(()))
        .map_err(failed)?;
    prepare(&mut connection, "off").map_err(failed)?;
    let filled = match fill(&mut connection) {
        Ok(filled) => filled,
        Err(error) => {
            drop(connection);
            // The first error is the one that tells what is wrong.
            let _ = remove(&new);
            return Err(error);
        }
    };
    connection
        .query_row("pragma journal_mode = wal", [], |_| Ok(()))
        .map_err(failed)?;
    connection.close().map_err(|(_, e)| failed(e))?;
    convsweep_files::sync_content(&new)?;
    digest::remove(path).map_err(|e| StoreError::io(&digest::path(path), e))?;
    // The write-ahead log of the old database would be replayed into the new one.
    for suffix in ["-wal", "-shm"] {
        remove(&beside(path, suffix))?;
        remove(&beside(&new, suffix))?;
    }
    convsweep_files::publish(&new, path, Durability::SystemCache)?;
    Ok(filled)
}

/// Removes a file if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, e)),
        Ok(()) | Err(_) => Ok(()),
    }
}
