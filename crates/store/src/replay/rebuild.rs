//! Building the database again from the logs.

use super::logs::replay;
use super::lost::{LostRows, lost_rows};
use super::sync_report::SyncReport;
use crate::digest;
use crate::error::StoreError;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;
use rusqlite::{Connection, ErrorCode};

/// Builds the database again from the logs. The old one stays in its place until the new one is
/// complete; what only the old one knows is forgotten.
///
/// The caller must hold the results folder's lock.
///
/// # Errors
/// [`StoreError::NoFolder`] if there is no results folder; [`StoreError::Newer`] if a newer program
/// wrote a log; what prevents logs from being read or the database from being written.
pub fn rebuild(results: &ResultsFolder) -> Result<SyncReport, StoreError> {
    build(results, |_| Ok(()))
}

/// As [`rebuild`], unless the old database knows more than the logs: then nothing is changed.
///
/// # Errors
/// As [`rebuild`]; [`StoreError::WouldForget`].
pub fn rebuild_keeping(results: &ResultsFolder) -> Result<SyncReport, StoreError> {
    build(results, |lost| match lost.is_empty() {
        true => Ok(()),
        false => Err(StoreError::WouldForget {
            path: results.database(),
            lost: lost.iter().map(LostRows::to_string).collect(),
        }),
    })
}

fn build(
    results: &ResultsFolder,
    judge: impl FnOnce(Vec<LostRows>) -> Result<(), StoreError>,
) -> Result<SyncReport, StoreError> {
    if !results.0.is_dir() {
        let path = results.0.clone();
        return Err(StoreError::NoFolder { path });
    }
    let database = results.database();
    let report = schema::create(&database, |connection| {
        let report = replay(connection, results)?;
        judge(lost_from_old(connection, results)?)?;
        Ok(report)
    })?;
    digest::write(&database).map_err(|e| StoreError::io(&database, e))?;
    Ok(report)
}

/// What the database that is still in its place knows beyond the new one; nothing if it is none, or
/// damaged.
fn lost_from_old(new: &Connection, results: &ResultsFolder) -> Result<Vec<LostRows>, StoreError> {
    let path = results.database();
    let Some(uri) = schema::uri(&path).filter(|_| path.exists()) else {
        return Ok(vec![]);
    };
    let attached = new.execute("attach ?1 as found", [format!("{uri}?mode=ro")]);
    let lost = attached.and_then(|_| lost_rows(new, results));
    let _ = new.execute("detach found", []);
    lost.or_else(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => {
            Ok(vec![])
        }
        Some(_) => Err(StoreError::sqlite(&path, error)),
    })
}
