//! What can go wrong with a results database, each with its remedy.

use convsweep_files::FileError;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the results database could not be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A newer program wrote the database or a log.
    #[error(
        "{} has version {found}, this program knows {known}: use the newer convsweep that wrote it",
        path.display()
    )]
    Newer {
        /// The database or log.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// An older program wrote the database, and a reader does not change it.
    #[error(
        "{} has version {found}, this program writes {known}: \
        `convsweep rebuild` or the next `convsweep run` brings it up to date",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this program writes.
        known: u32,
    },
    /// The database or its folder cannot be written.
    #[error(
        "{} cannot be written: check its permissions and whether its file system is read-only, \
        or choose another results folder",
        path.display()
    )]
    NotWritable {
        /// The database.
        path: PathBuf,
    },
    /// The file that a copy should be written to exists already.
    #[error("{} exists already: name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no database.
    #[error(
        "there is no results database {}: `convsweep run FILE` creates one, \
        `convsweep rebuild` builds it from the logs",
        path.display()
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The database is damaged or not ours.
    #[error(
        "{} is not a valid results database ({message}): \
        `convsweep rebuild` builds it again from the logs",
        path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite or the check reports.
        message: String,
    },
    /// The disk is full. What is in the logs is not lost.
    #[error(
        "no space left on the disk of {}: free some and run again; \
        the logs contain what the database lacks",
        path.display()
    )]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// A query that would write.
    #[error("queries are read-only: `{statement}` would change the database")]
    WouldWrite {
        /// Its first words.
        statement: String,
    },
    /// A query that SQLite does not understand or cannot carry out.
    #[error("{message}")]
    Query {
        /// What SQLite reports.
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
    /// The thread of the writer has ended.
    #[error("the database writer has stopped")]
    Ended,
}

impl StoreError {
    /// Classifies an error of SQLite for the database at `path`.
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

    /// Classifies an error of the file system.
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
