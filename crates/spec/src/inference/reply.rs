//! Answers about trained networks.

use serde::{Deserialize, Serialize};

/// The answer to an [`super::InferenceRequest`], as one JSON line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum InferenceReply {
    /// The networks are loaded.
    Loaded,
    /// The request cannot be carried out.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// How images were classified.
    Predicted {
        /// Number of the request.
        number: u64,
        /// One for each file, in their order.
        images: Vec<Prediction>,
    },
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
