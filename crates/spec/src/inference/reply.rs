//! Answers about trained networks.

use super::explain::Explanation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer to an [`super::InferenceRequest`], as one JSON line; what comes before it says that the
/// worker is alive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum InferenceReply {
    /// The worker is still at work on a request; sent every second.
    Alive {
        /// Processor time in seconds that it has used for answers since it started.
        seconds_computed: f64,
    },
    /// The networks are loaded.
    Loaded,
    /// The request cannot be carried out.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// How images were classified.
    Predicted {
        /// One for each file, in their order.
        images: Vec<Prediction>,
    },
    /// Which pixels decide predictions.
    Explained {
        /// One for each file, in their order.
        images: Vec<Explanation>,
    },
    /// What a layer makes of images.
    Activated {
        /// The layer's name.
        layer: String,
        /// One for each file, in their order.
        images: Vec<LayerActivations>,
    },
    /// The network was written, and predicts what the job predicted.
    Exported(Exported),
}

/// A network that was written as ONNX.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exported {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Version of the operators.
    pub opset: i64,
    /// Operators, and how often each is used.
    pub operators: BTreeMap<String, u32>,
    /// Name of the input.
    pub input: String,
    /// Name of the output.
    pub output: String,
    /// Number of images on which the file was computed.
    pub checked: u32,
    /// Largest difference of the probability of a predicted class.
    pub largest_difference: f32,
}

/// How an image was classified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Prediction {
    /// The probability of each class.
    Classified(Vec<f32>),
    /// The file is no image that can be read; why, phrased to follow its name.
    Unreadable(String),
}

/// What a layer makes of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LayerActivations {
    /// Its planes.
    Computed(ActivationPlanes),
    /// The file is no image that can be read; why, phrased to follow its name.
    Unreadable(String),
}

/// The first planes of a layer for one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivationPlanes {
    /// The image as the network reads it, before normalisation: `[channels, height, width]`.
    pub pixels: Vec<u8>,
    /// Number of all planes of the layer.
    pub channels: usize,
    /// Height and width of a plane in pixels.
    pub sides: [usize; 2],
    /// The values of the first planes, `[planes, height, width]`.
    pub values: Vec<f32>,
}
