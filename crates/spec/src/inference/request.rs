//! Requests to a worker that answers with trained networks.

use super::ensemble::Ensemble;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A request about trained networks. A worker answers requests in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum InferenceRequest {
    /// Load these networks in the place of those that are loaded.
    Load(Box<Ensemble>),
    /// Classify image files.
    Predict {
        /// Number of the request, which the answer repeats.
        number: u64,
        /// The files.
        images: Vec<PathBuf>,
    },
}
