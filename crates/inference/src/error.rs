//! Why a request cannot be carried out.

use convsweep_data::DataError;
use convsweep_files::FileError;
use convsweep_nn::{DeviceError, StateError};
use convsweep_onnx::OnnxError;
use convsweep_spec::id::JobId;
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
    /// The network cannot be written as ONNX.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The images for the comparison are not there.
    #[error(
        "the images on which the file is to be compared are not decoded on this machine, or not \
         under this data folder: `convsweep run` of the experiment's file decodes them"
    )]
    NoImages,
    /// The images for the comparison cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network has no planes at the place that is asked for.
    #[error("{0}")]
    NoPlanes(String),
    /// The file was computed with an error, or with other results.
    #[error(
        "the ONNX file was not written, since it does not compute what job {job} computed: {problem}"
    )]
    Unproved {
        /// The job.
        job: JobId,
        /// What differs.
        problem: String,
    },
    /// Several networks cannot be one file.
    #[error("{0} networks are named: this is done with one at a time")]
    Several(usize),
    /// Images came before networks.
    #[error("no network is loaded")]
    NothingLoaded,
}
