//! A copy of the database as it is at one moment.

use super::database::Database;
use crate::error::StoreError;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// Permissions of the copy, of which the user's mask takes some away, as for any new file.
const PERMISSIONS: u32 = 0o666;

impl Database {
    /// Copies the database into the new file `to`, while others may read and write it. No file that
    /// exists is touched: the copy has a name of its own until it is complete.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is such a file; [`StoreError::NotCopied`].
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.symlink_metadata().is_ok() {
            let path = to.to_path_buf();
            return Err(StoreError::Exists { path });
        }
        let failed = |error: io::Error| StoreError::NotCopied {
            path: to.to_path_buf(),
            message: error.to_string(),
        };
        let copy = new_file_beside(to).map_err(failed)?;
        self.copy_into(copy.path(), to)?;
        copy.as_file().sync_all().map_err(failed)?;
        match copy.persist_noclobber(to) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                let path = to.to_path_buf();
                Err(StoreError::Exists { path })
            }
            Err(error) => Err(failed(error.error)),
        }
    }

    /// Copies all pages in one step: a snapshot of one moment, which does not make the writer wait.
    fn copy_into(&self, file: &Path, to: &Path) -> Result<(), StoreError> {
        let copied = |to: &mut Connection| -> rusqlite::Result<()> {
            to.query_row("pragma journal_mode = memory", [], |_| Ok(()))?;
            Backup::new(&self.connection, to)?.step(-1)?;
            to.query_row("pragma journal_mode = delete", [], |_| Ok(()))
        };
        let result = Connection::open(file).and_then(|mut connection| {
            copied(&mut connection)?;
            connection.close().map_err(|(_, error)| error)
        });
        result.map_err(|error| StoreError::NotCopied {
            path: to.to_path_buf(),
            message: error.to_string(),
        })
    }
}

/// A new file with a name of its own in the folder of `to`, which is removed unless it is kept.
fn new_file_beside(to: &Path) -> io::Result<NamedTempFile> {
    let folder = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder
        .prefix(".convsweep-backup-")
        .permissions(Permissions::from_mode(PERMISSIONS));
    builder.tempfile_in(folder)
}
