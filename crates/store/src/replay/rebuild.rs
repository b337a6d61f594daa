//! Building the database again from the logs.

use super::keep_aside::keep_aside;
use super::logs::{LogProgress, replay_telling};
use super::lost::{LostRows, lost_rows};
use super::scratch::attach_found;
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
    build(results, false, &|_, _| ())
}

/// As [`rebuild`], unless the old database knows more than the logs: then nothing is changed.
///
/// # Errors
/// As [`rebuild`]; [`StoreError::WouldForget`].
pub fn rebuild_keeping(results: &ResultsFolder) -> Result<SyncReport, StoreError> {
    build(results, true, &|_, _| ())
}

/// As [`rebuild_keeping`], or as [`rebuild`] if what only the old database knows may be forgotten;
/// tells how far it has come.
///
/// # Errors
/// As [`rebuild_keeping`].
pub fn rebuild_telling(
    results: &ResultsFolder,
    forgets_lost: bool,
    progress: LogProgress,
) -> Result<SyncReport, StoreError> {
    build(results, !forgets_lost, progress)
}

/// Refuses to forget what only the old database knows.
fn keep(results: &ResultsFolder, lost: &[LostRows]) -> Result<(), StoreError> {
    match lost.is_empty() {
        true => Ok(()),
        false => Err(StoreError::WouldForget {
            path: results.database(),
            lost: lost.iter().map(LostRows::to_string).collect(),
        }),
    }
}

fn build(
    results: &ResultsFolder,
    keeps: bool,
    progress: LogProgress,
) -> Result<SyncReport, StoreError> {
    if !results.0.is_dir() {
        let path = results.0.clone();
        return Err(StoreError::NoFolder { path });
    }
    let database = results.database();
    let report = schema::create(&database, |connection| {
        let mut report = replay_telling(connection, results, progress)?;
        match lost_from_old(connection, results)? {
            Some(lost) if keeps => keep(results, &lost)?,
            Some(_) => {}
            None => report.problems.push(kept_words(results)?),
        }
        Ok(report)
    })?;
    digest::write(&database).map_err(|e| StoreError::io(&database, e))?;
    Ok(report)
}

/// Keeps a database that cannot be compared with the logs; what is said of it.
fn kept_words(results: &ResultsFolder) -> Result<String, StoreError> {
    let kept = keep_aside(results)?;
    Ok(format!(
        "{}: could not be compared with the logs, because it is damaged or not a database of \
        Convsweep; whatever only it had (such as decisions that were cut off a log) is in the copy {}",
        results.database().display(),
        kept.display()
    ))
}

/// What the database that is still in its place knows beyond the new one; `None` if it cannot be
/// compared.
fn lost_from_old(
    new: &Connection,
    results: &ResultsFolder,
) -> Result<Option<Vec<LostRows>>, StoreError> {
    let path = results.database();
    if path.metadata().map_or(0, |file| file.len()) == 0 {
        return Ok(Some(vec![]));
    }
    let lost = match attach_found(new, &path) {
        Ok(false) => return Ok(None),
        Ok(true) => lost_rows(new, results),
        Err(error) => Err(error),
    };
    let _ = new.execute("detach found", []);
    match lost.map_err(|error| (error.sqlite_error_code(), error)) {
        Ok(lost) => Ok(Some(lost)),
        Err((
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None,
            _,
        )) => Ok(None),
        Err((Some(_), error)) => Err(StoreError::sqlite(&path, error)),
    }
}
