//! Making the database anew from the logs.

use super::logs::{SyncReport, replay};
use crate::error::StoreError;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;

/// Makes the database anew from the logs. The old one stays in its place until the new one is
/// whole.
///
/// The caller must hold the results folder's lock.
///
/// # Errors
/// [`StoreError::Missing`] where there is no results folder; [`StoreError::Newer`] where a newer
/// program wrote a log; what keeps logs from being read or the database from being written.
pub fn rebuild(results: &ResultsFolder) -> Result<SyncReport, StoreError> {
    if !results.0.is_dir() {
        return Err(StoreError::Missing {
            path: results.database(),
        });
    }
    schema::make(&results.database(), |connection| {
        replay(connection, results)
    })
}
