//! What can be wrong with an image set.

use convsweep_files::FileError;
use std::path::{Path, PathBuf};

/// Why an image set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Files that should be there are not, and could not be fetched.
    #[error("{0}")]
    Missing(String),
    /// A file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        problem: String,
    },
    /// The experiment asks for what the set cannot give.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, …
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Classes of errors, as exit codes distinguish them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Data missing.
    Missing,
    /// Data damaged.
    Damaged,
    /// The experiment file asks for something impossible.
    Invalid,
    /// The operating system refused.
    Io,
}

impl DataError {
    /// The error's class.
    pub fn kind(&self) -> Kind {
        match self {
            DataError::Missing(_) => Kind::Missing,
            DataError::Damaged { .. } => Kind::Damaged,
            DataError::Invalid(_) => Kind::Invalid,
            DataError::Io { .. } => Kind::Io,
        }
    }

    pub(crate) fn damaged(path: &Path, problem: impl Into<String>) -> DataError {
        DataError::Damaged {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// For `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> DataError {
        move |source| DataError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<FileError> for DataError {
    fn from(error: FileError) -> DataError {
        let FileError {
            action,
            path,
            source,
        } = error;
        DataError::Io {
            action,
            path,
            source,
        }
    }
}
