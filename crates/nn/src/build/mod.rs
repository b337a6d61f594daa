//! From the resolved architecture to operations and parameters.

mod builder;
mod layers;
mod options;
mod parts;
mod structures;

use crate::attribution::SplitNetwork;
use crate::network::Network;
use crate::operation::Operation;
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
    let mut names = LayerNames::of_model();
    let operations = builder.list(&model.layers, &mut names, input);
    Ok(network(builder, operations, classes))
}

/// Builds `model` in two parts, of which the first has the first `layers` layers.
///
/// # Errors
/// As [`build`].
pub fn build_split(
    model: &ModelSpec,
    input: Shape,
    classes: u32,
    device: &Device,
    layers: usize,
) -> Result<SplitNetwork, ShapeError> {
    let summary = summarize(model, input, classes)?;
    let mut builder = Builder::new(0, device, &summary);
    let mut names = LayerNames::of_model();
    let (before, after) = model.layers.split_at(layers.min(model.layers.len()));
    let first = builder.list(before, &mut names, input);
    let between = builder.output_of_last(before, input);
    let second = builder.list(after, &mut names, between);
    Ok(SplitNetwork {
        first: network(builder, first, classes),
        second,
    })
}

fn network(builder: Builder, operations: Vec<Operation>, classes: u32) -> Network {
    Network {
        operations,
        frozen: vec![false; builder.parameters.len()],
        device: builder.device.clone(),
        parameters: builder.parameters,
        statistics: builder.statistics,
        classes: classes as usize,
        kernels: Kernels::Auto,
    }
}
