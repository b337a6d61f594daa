//! From the resolved architecture to operations and parameters.

mod builder;
mod layers;
mod options;
mod parts;
mod structures;

use crate::network::Network;
use builder::Builder;
use burn::tensor::Device;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::model::ModelSpec;
use convsweep_spec::shape::{Shape, ShapeError, summarize};
use convsweep_spec::train::Kernels;

/// Builds `model` for images of shape `input`, with its initial weights for `seed`, on `device`.
///
/// # Errors
/// If the layers do not fit the input or do not end in `classes` logits.
pub fn build(
    model: &ModelSpec,
    input: Shape,
    classes: u32,
    seed: u64,
    device: &Device,
) -> Result<Network, ShapeError> {
    let summary = summarize(model, input, classes)?;
    let mut builder = Builder::new(seed, device, &summary);
    let operations = builder.list(&model.layers, LayerNames::of_model(), input);
    let frozen = vec![false; builder.parameters.len()];
    Ok(Network {
        operations,
        parameters: builder.parameters,
        statistics: builder.statistics,
        frozen,
        classes: classes as usize,
        device: device.clone(),
        kernels: Kernels::Auto,
    })
}
