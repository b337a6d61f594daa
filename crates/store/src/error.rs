//! What can go wrong with a results database, each with its remedy.

use convsweep_files::FileError;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What can go wrong with a results database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A newer program wrote the database or a log.
    #[error("{} is of version {found}, this program knows {known}: use the newer convsweep that wrote it", path.display())]
    Newer {
        /// The database or log.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// An older program wrote the database, and a reader does not change it.
    #[error("{} is of version {found}, this program writes {known}: `convsweep rebuild` or the next `convsweep run` brings it up to date", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version wanted.
        known: u32,
    },
    /// The database or its folder cannot be written.
    #[error("{} cannot be written: check its permissions and whether its file system is read-only, or choose another results folder", path.display())]
    NotWritable {
        /// The database.
        path: PathBuf,
    },
    /// A file is where a copy should go.
    #[error("{} exists already: name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no database.
    #[error("there is no results database {}: `convsweep run FILE` makes one, `convsweep rebuild` makes it from the logs", path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The database is damaged or something else.
    #[error("{} is not a sound results database ({message}): `convsweep rebuild` makes it anew from the logs", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite or the check says.
        message: String,
    },
    /// The disk has no room left. What is in the logs is not lost.
    #[error("no room left on the disk of {}: make room and run again; the logs hold what the database lacks", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// A query that would write.
    #[error("queries only read: `{statement}` would change something")]
    WouldWrite {
        /// Its first words.
        statement: String,
    },
    /// A query that SQLite does not understand or cannot carry out.
    #[error("{message}")]
    Query {
        /// What SQLite says.
        message: String,
    },
    /// Another error of SQLite.
    #[error("{}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// The error.
        source: rusqlite::Error,
    },
    /// A file could not be read or written.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The writer's thread has ended.
    #[error("the database's writer has ended")]
    Ended,
}

impl StoreError {
    /// Sorts an error of SQLite on the database at `path`.
    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::NotWritable { path }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
                path,
                message: source.to_string(),
            },
            _ => StoreError::Sqlite { path, source },
        }
    }

    /// Sorts an error of the file system.
    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::DiskFull { path }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::NotWritable { path }
            }
            _ => StoreError::Io { path, source },
        }
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> StoreError {
        StoreError::io(&error.path, error.source)
    }
}
