//! Normalisations.

use serde::{Deserialize, Serialize};

/// Normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "norm", rename_all = "kebab-case")]
pub enum Norm {
    /// Batch normalisation (Ioffe and Szegedy 2015), with running statistics for evaluation.
    Batch {
        /// Weight of the newest batch in the running statistics (PyTorch's convention; Keras'
        /// momentum is 1 − this).
        momentum: f64,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each image by the mean and variance of all its values (Ba et al. 2016), with a scale and a
    /// shift for each channel.
    Layer {
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each image by the mean and variance of each group of channels (Wu and He 2018), with a scale
    /// and a shift for each channel.
    Group {
        /// Number of groups; divides the channels.
        groups: u32,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each plane of each image by its own mean and variance (Ulyanov et al. 2016), with a scale
    /// and a shift for each channel.
    Instance {
        /// Added to the variance.
        epsilon: f64,
    },
}
