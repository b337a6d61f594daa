//! Requests to a worker that answers with trained networks.

use super::ensemble::Ensemble;
use super::explain::ExplainRequest;
use crate::data::DataSpec;
use crate::event::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A request about trained networks. A worker answers requests in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum InferenceRequest {
    /// Load these networks in the place of those that are loaded.
    Load(Box<Ensemble>),
    /// Classify image files.
    Predict {
        /// The files.
        images: Vec<PathBuf>,
    },
    /// Say which pixels decide the predictions of the network, which must be the only one. Answered
    /// by `Explained`.
    Explain(Box<ExplainRequest>),
    /// Compute what a layer of the network, which must be the only one, makes of images. Answered by
    /// `Activated`.
    Activate {
        /// The files.
        images: Vec<PathBuf>,
        /// The layer, as in [`ExplainRequest::layer`].
        layer: Option<String>,
        /// Planes that are wanted at most.
        most: usize,
    },
    /// Write the network, which must be the only one, as ONNX. Answered by `Exported` if the file
    /// predicts what the job predicted, else by `Refused`: there is no file then.
    Export(Box<Export>),
}

/// A network as an ONNX file, and how it is proved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// The file.
    pub file: PathBuf,
    /// Whether the graph reads images as bytes, `[batch, height, width, channels]`, and prepares
    /// them itself.
    pub preprocessing: bool,
    /// Whether the output is class probabilities instead of logits.
    pub probabilities: bool,
    /// Metadata, by key.
    pub metadata: BTreeMap<String, String>,
    /// The images on which the file is compared with the job.
    pub check: ExportCheck,
}

/// Images for which a job recorded predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportCheck {
    /// The cache of image sets.
    pub data_cache: PathBuf,
    /// The image set.
    pub data: DataSpec,
    /// Its content hash.
    pub data_hash: String,
    /// Which images they are.
    pub part: Part,
    /// What was predicted.
    pub predictions: Vec<RecordedPrediction>,
}

/// What a job predicted for an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedPrediction {
    /// Row of the image.
    pub row: u32,
    /// Predicted class.
    pub class: u16,
    /// Its probability.
    pub probability: f32,
}
