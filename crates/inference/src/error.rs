//! Why a request cannot be carried out.

use convsweep_files::FileError;
use convsweep_nn::{DeviceError, StateError};
use convsweep_spec::shape::ShapeError;
use std::path::PathBuf;

/// Why a request cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InferenceError {
    /// This worker does not have the device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The system does not give the file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not one of such weights.
    #[error("{} {problem}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, phrased to follow its name.
        problem: String,
    },
    /// The weights are those of another network.
    #[error("{}: {error}", path.display())]
    OtherNetwork {
        /// The file.
        path: PathBuf,
        /// What is missing or has another size.
        error: StateError,
    },
    /// The architecture does not fit the images.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Images came before networks.
    #[error("no network is loaded")]
    NothingLoaded,
}
