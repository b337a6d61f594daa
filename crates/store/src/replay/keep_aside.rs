//! Keeping a copy of a database that is built again.

use crate::error::StoreError;
use convsweep_files::{beside, numbered_path};
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::path::PathBuf;

/// Copies the database, with what it has in its write-ahead log, to the folder of what is damaged;
/// returns where the copy is.
pub(crate) fn keep_aside(results: &ResultsFolder) -> Result<PathBuf, StoreError> {
    let (database, folder) = (results.database(), results.damaged());
    fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, e))?;
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let copy = numbered_path(&folder, &name);
    fs::copy(&database, &copy).map_err(|e| StoreError::io(&copy, e))?;
    let log = beside(&database, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let copy = beside(&copy, "-wal");
        fs::copy(&log, &copy).map_err(|e| StoreError::io(&copy, e))?;
    }
    Ok(copy)
}
