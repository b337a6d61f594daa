//! What may be in the places of the database's files.

use crate::error::StoreError;
use convsweep_files::beside;
use std::io::ErrorKind;
use std::path::Path;

/// Refuses anything but files in the places of the database and its companions: SQLite would only
/// say that it cannot open them, and wait for ever at a pipe.
pub(super) fn refuse_other_things(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = beside(path, suffix);
        let kind = match path.metadata() {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(StoreError::io(&path, error)),
        };
        if !kind.is_file() {
            let found = if kind.is_dir() {
                "a folder"
            } else {
                "a pipe or a device"
            };
            return Err(StoreError::NotAFile { path, found });
        }
    }
    Ok(())
}
