//! What is known about each layer of a network before it is built.

use super::dims::Shape;
use serde::{Deserialize, Serialize};

/// A layer and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// The layer's name ([`crate::layer_names`]). A structure comes after its layers and stands for
    /// the join of its branches.
    pub name: String,
    /// A short description, `conv 3×3, 32, relu`.
    pub description: String,
    /// Shape of its output.
    pub output: Shape,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image; as usual, only those of convolutions and dense
    /// layers are counted.
    pub macs: u64,
    /// Receptive field of one output position, `[vertical, horizontal]` in input pixels; `None` for
    /// flat features.
    pub receptive_field: Option<[u32; 2]>,
    /// Step between neighbouring output positions in input pixels; a fraction after upsampling.
    pub stride: Option<[f64; 2]>,
    /// Memory of one image's output in bytes, f32.
    pub activation_bytes: u64,
}

/// A whole network and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Shape of the images.
    pub input: Shape,
    /// Layers in the order in which they are computed, including those of structures.
    pub layers: Vec<LayerSummary>,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image.
    pub macs: u64,
}
