//! Keeping a copy of a database that is built again.

use crate::digest::beside;
use crate::error::StoreError;
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::path::PathBuf;

/// Copies the database, with what it has in its write-ahead log, to the folder of what is damaged; where the copy is.
pub(crate) fn keep_aside(results: &ResultsFolder) -> Result<PathBuf, StoreError> {
    let (database, folder) = (results.database(), results.damaged());
    fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, e))?;
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let mut free = (1..).map(|n: u32| folder.join(format!("{name}-{n}")));
    let copy = free.find(|copy| !copy.exists());
    let copy = copy.unwrap_or_else(|| folder.join(&*name));
    fs::copy(&database, &copy).map_err(|e| StoreError::io(&copy, e))?;
    let log = beside(&database, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let copy = beside(&copy, "-wal");
        fs::copy(&log, &copy).map_err(|e| StoreError::io(&copy, e))?;
    }
    Ok(copy)
}
