//! Shapes, parameters, multiply-accumulate operations and receptive fields, layer by layer, without
//! a tensor.

mod describe;
mod tensors;
mod walk;
mod window;

pub use tensors::{TensorShape, tensors};
pub use walk::{Route, route};
pub use window::{adaptive_window, padding_pixels, transposed_cut};

use crate::model::{Layer, ModelSpec};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// What flows between layers, batch left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `[channels, height, width]`.
    Image {
        /// Channels.
        channels: u32,
        /// Height in pixels.
        height: u32,
        /// Width in pixels.
        width: u32,
    },
    /// `[features]`.
    Flat(u32),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Shape::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels}×{height}×{width}"),
            Shape::Flat(features) => write!(f, "{features}"),
        }
    }
}

impl Shape {
    /// Numbers in one image or vector.
    pub fn elements(&self) -> u64 {
        match *self {
            Shape::Image {
                channels,
                height,
                width,
            } => u64::from(channels).saturating_mul(u64::from(height) * u64::from(width)),
            Shape::Flat(features) => u64::from(features),
        }
    }

    /// Channels of an image, features of a vector.
    pub fn channels(&self) -> u32 {
        match *self {
            Shape::Image { channels, .. } => channels,
            Shape::Flat(features) => features,
        }
    }
}

/// What one layer is and costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Stable path by kind and count, `conv1`, `residual2.conv1`, `residual2.shortcut.conv1`,
    /// `parallel1.branch3.pool1`: names weights and seeds their initialisation. A structure stands
    /// behind its layers and stands for the join.
    pub name: String,
    /// What it does in short, `conv 3×3, 32, valid, relu`.
    pub description: String,
    /// Shape that leaves it.
    pub output: Shape,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image: convolution and dense products only, as is
    /// usual.
    pub macs: u64,
    /// Receptive field of one output position `[vertical, horizontal]` in input pixels; `None` once
    /// positions are gone.
    pub receptive_field: Option<[u32; 2]>,
    /// Step between neighbouring output positions in input pixels; a fraction after an upsampling.
    pub stride: Option<[f64; 2]>,
    /// Memory of one image's output in bytes, f32.
    pub activation_bytes: u64,
}

/// What a whole network is and costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Shape of the images.
    pub input: Shape,
    /// Layers in the order in which they compute, those of structures one by one.
    pub layers: Vec<LayerSummary>,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image.
    pub macs: u64,
}

/// Why an architecture does not fit its input.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("layer {} ({kind}) {problem}", numbers(path))]
pub struct ShapeError {
    /// Place of the layer, from 0: of the layer in the model; in a structure also of the branch and
    /// of the layer in it, and so on. A residual's branches are its layers (0) and its shortcut
    /// (1). Empty where the model has no layers.
    pub path: Vec<usize>,
    /// Kind of the layer.
    pub kind: &'static str,
    /// Shape that reaches it; at the end of the model the one that leaves it.
    pub input: Shape,
    /// What is wrong and what would be right, as the rest of a sentence after the layer's name.
    pub problem: String,
}

/// Walks `model` from `input` to logits of `classes` classes.
pub fn summarize(
    model: &ModelSpec,
    input: Shape,
    classes: u32,
) -> Result<ModelSummary, ShapeError> {
    let (layers, output) = walk::walk(&model.layers, input)?;
    if output != Shape::Flat(classes) {
        let problem = format!(
            "leaves {output} where {classes} logits are needed: end with {{ dense = \"classes\" }}"
        );
        let kind = model.layers.last().map_or("none", Layer::kind);
        let path = model.layers.len().checked_sub(1).into_iter().collect();
        return Err(ShapeError {
            path,
            kind,
            input: output,
            problem,
        });
    }
    let sum = |of: fn(&LayerSummary) -> u64| layers.iter().map(of).fold(0, u64::saturating_add);
    let (parameters, macs) = (sum(|l| l.parameters), sum(|l| l.macs));
    Ok(ModelSummary {
        input,
        layers,
        parameters,
        macs,
    })
}

/// `4`, `4.2`: numbers from 1.
fn numbers(path: &[usize]) -> String {
    path.iter()
        .map(|i| (i + 1).to_string())
        .collect::<Vec<_>>()
        .join(".")
}
