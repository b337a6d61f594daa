//! Locks between processes that share a data cache.

use crate::DataError;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// An exclusive lock on `<folder>/.<name>.lock`, held until it is dropped. The system releases it
/// when the process dies.
pub(crate) struct CacheLock {
    _file: File,
}

impl CacheLock {
    /// Waits for the lock; creates the folder and the lock file if necessary.
    pub(crate) fn acquire(folder: &Path, name: &str) -> Result<CacheLock, DataError> {
        let (file, path) = open(folder, name)?;
        file.lock().map_err(DataError::io("lock", &path))?;
        Ok(CacheLock { _file: file })
    }

    /// Takes the lock if no other process holds it.
    pub(crate) fn try_acquire(folder: &Path, name: &str) -> Result<Option<CacheLock>, DataError> {
        let (file, path) = open(folder, name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(CacheLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(DataError::io("lock", &path)(e)),
        }
    }
}

/// Opens the lock file without changing it: other processes may hold it.
fn open(folder: &Path, name: &str) -> Result<(File, PathBuf), DataError> {
    fs::create_dir_all(folder).map_err(DataError::io("make folder", folder))?;
    let path = folder.join(format!(".{name}.lock"));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(DataError::io("open", &path))?;
    Ok((file, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_not_given_twice() {
        let folder = tempfile::tempdir().unwrap();
        let held = CacheLock::acquire(folder.path(), "set").unwrap();
        let try_again = || CacheLock::try_acquire(folder.path(), "set").unwrap();
        assert!(try_again().is_none());
        assert!(
            CacheLock::try_acquire(folder.path(), "other")
                .unwrap()
                .is_some()
        );
        drop(held);
        assert!(try_again().is_some());
    }
}
