//! What can be wrong with an image set.

use convsweep_files::FileError;
use std::io;
use std::path::{Path, PathBuf};

/// Why an image set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Files are missing and could not be fetched.
    #[error("{0}")]
    Missing(String),
    /// The content of a file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        problem: String,
    },
    /// The experiment asks for something that the set cannot give.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused an operation, in the data cache if the set is the user's.
    #[error(transparent)]
    Io(#[from] FileError),
    /// The operating system refused to read the user's folder, table or images.
    #[error(transparent)]
    Unreadable(FileError),
}

/// Kinds of errors, which the command line maps to exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataErrorKind {
    /// Files are missing.
    Missing,
    /// Files are damaged.
    Damaged,
    /// The experiment file asks for something impossible.
    Invalid,
    /// The operating system refused an operation.
    Io,
}

impl DataError {
    /// The error's kind.
    pub fn kind(&self) -> DataErrorKind {
        match self {
            DataError::Missing(_) => DataErrorKind::Missing,
            DataError::Damaged { .. } => DataErrorKind::Damaged,
            DataError::Invalid(_) => DataErrorKind::Invalid,
            DataError::Io(_) | DataError::Unreadable(_) => DataErrorKind::Io,
        }
    }

    pub(crate) fn damaged(path: &Path, problem: impl Into<String>) -> DataError {
        DataError::Damaged {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// As an error of the user's files, if it is one of the system.
    pub(crate) fn of_the_user(self) -> DataError {
        match self {
            DataError::Io(error) => DataError::Unreadable(error),
            other => other,
        }
    }

    /// Adds action and path to a system error, in `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
        move |source| FileError::at(action, path)(source).into()
    }
}
