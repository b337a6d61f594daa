//! Building the database again from the logs.

use super::logs::replay;
use super::sync_report::SyncReport;
use crate::digest;
use crate::error::StoreError;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;

/// Builds the database again from the logs. The old one stays in its place until the new one is
/// complete.
///
/// The caller must hold the results folder's lock.
///
/// # Errors
/// [`StoreError::NoFolder`] if there is no results folder; [`StoreError::Newer`] if a newer program
/// wrote a log; what prevents logs from being read or the database from being written.
pub fn rebuild(results: &ResultsFolder) -> Result<SyncReport, StoreError> {
    if !results.0.is_dir() {
        let path = results.0.clone();
        return Err(StoreError::NoFolder { path });
    }
    let database = results.database();
    let report = schema::create(&database, |connection| replay(connection, results))?;
    digest::write(&database).map_err(|e| StoreError::io(&database, e))?;
    Ok(report)
}
