//! Why an attempt ended before its job was done.

use convsweep_data::DataError;
use convsweep_files::FileError;
use convsweep_nn::StateError;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::shape::ShapeError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An error that fails an attempt.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The images cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The images are not those that the job was planned for.
    #[error(
        "the image set has content hash {found}, but the job was planned for {expected}: plan anew"
    )]
    OtherData {
        /// Hash in the job.
        expected: String,
        /// Hash of what is there.
        found: String,
    },
    /// The network does not fit the images.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The job starts from weights, but was not told where they are.
    #[error("the job starts from weights of a file, but names none")]
    NoWeights,
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, …
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A saved state cannot be used.
    #[error("{}: {problem}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody listens to events any more.
    #[error("cannot report an event: {0}")]
    Report(#[source] std::io::Error),
}

impl TrainError {
    /// For `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> TrainError {
        move |source| TrainError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn state(path: &Path, problem: impl ToString) -> TrainError {
        TrainError::State {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn tensors(path: &Path) -> impl FnOnce(StateError) -> TrainError {
        move |error| TrainError::state(path, error)
    }
}

impl From<FileError> for TrainError {
    fn from(error: FileError) -> TrainError {
        TrainError::io(error.action, &error.path)(error.source)
    }
}

/// Why the loop was left early.
#[derive(Debug)]
pub(crate) enum End {
    /// Asked to stop (a checkpoint is there), or diverged.
    Outcome(Outcome),
    /// Nobody waits for the result any more.
    Abandoned,
    /// An error.
    Error(TrainError),
}

impl<E: Into<TrainError>> From<E> for End {
    fn from(error: E) -> End {
        End::Error(error.into())
    }
}
