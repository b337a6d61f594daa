//! Why an attempt ended before its job was done.

use convsweep_data::DataError;
use convsweep_files::FileError;
use convsweep_nn::PrecisionError;
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
    /// The images are not the ones that the job was planned for.
    #[error(
        "the image set has content hash {found}, but the job was planned for {expected}: plan again"
    )]
    OtherData {
        /// Hash of the set that the job was planned for.
        expected: String,
        /// Hash of the set that was found.
        found: String,
    },
    /// The device cannot compute in the job's precision.
    #[error(transparent)]
    Precision(#[from] PrecisionError),
    /// The network does not fit the images.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The job starts from weights of a file, but its path is missing.
    #[error("the job starts from the weights of a file, but does not say where it is")]
    NoWeights,
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] FileError),
    /// A saved state cannot be used.
    #[error("{}: {problem}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No thread could be started.
    #[error("cannot start the thread that makes batches of images: {0}")]
    BatchThread(#[source] std::io::Error),
    /// The thread that makes batches has ended too early.
    #[error("the thread that makes batches of images has ended before the epoch")]
    NoBatch,
    /// An event could not be written to the job's log.
    #[error("cannot report an event: {0}")]
    Report(#[source] std::io::Error),
}

impl TrainError {
    /// A state or file of weights that cannot be used.
    pub(crate) fn state(path: &Path, problem: impl ToString) -> TrainError {
        TrainError::State {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Why an attempt ended before its task was done.
#[derive(Debug)]
pub(crate) enum End {
    /// It was told to stop and has written a checkpoint, or training diverged.
    Outcome(Outcome),
    /// It was told that nobody waits for the result any more.
    Abandoned,
    /// It failed.
    Error(TrainError),
}

impl<E: Into<TrainError>> From<E> for End {
    fn from(error: E) -> End {
        End::Error(error.into())
    }
}
