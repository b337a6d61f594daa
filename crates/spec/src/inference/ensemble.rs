//! Trained networks that classify together.

use crate::augment::MeanStd;
use crate::data::ImagePreparation;
use crate::device::DeviceName;
use crate::id::JobId;
use crate::model::ModelSpec;
use crate::precision::Precision;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One trained network, or several whose probabilities are averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// The networks; all have the same classes and read images of the same shape.
    pub networks: Vec<TrainedNetwork>,
    /// How image files become what the networks read.
    pub preparation: ImagePreparation,
    /// Number of classes.
    pub classes: u32,
    /// The device that computes them.
    pub device: DeviceName,
    /// Number of threads.
    pub threads: u32,
}

/// A network that a job trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedNetwork {
    /// The job.
    pub job: JobId,
    /// The file of its weights.
    pub weights: PathBuf,
    /// The resolved architecture.
    pub architecture: ModelSpec,
    /// Mean and standard deviation by which pixel values, as shares of 255, are standardised.
    pub normalization: MeanStd,
    /// Whether an image and its mirror image are classified, and the probabilities averaged, as the
    /// job evaluated its images.
    pub mirrors: bool,
    /// The precision that the job computed in. What is asked of the network is computed in f32.
    #[serde(default, skip_serializing_if = "Precision::is_f32")]
    pub precision: Precision,
}
