//! From the resolved architecture to operations and parameters.

mod builder;
mod layers;
mod options;
mod parts;
mod structures;

use crate::attribution::SplitNetwork;
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
    let mut names = LayerNames::of_model();
    let operations = builder.list(&model.layers, &mut names, input);
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

impl Network {
    /// The network in two parts, of which the first has the first `layers` layers; `model` and
    /// `input` are those that it was built for.
    ///
    /// # Errors
    /// As [`build`].
    pub fn divided(
        &self,
        model: &ModelSpec,
        input: Shape,
        layers: usize,
    ) -> Result<SplitNetwork, ShapeError> {
        let summary = summarize(model, input, self.classes as u32)?;
        // Its parameters are in the same order as those of this network, and not needed.
        let mut builder = Builder::new(0, &self.device, &summary);
        let mut names = LayerNames::of_model();
        let (before, after) = model.layers.split_at(layers.min(model.layers.len()));
        let operations = builder.list(before, &mut names, input);
        let between = builder.output_of_last(before, input);
        let second = builder.list(after, &mut names, between);
        let first = Network {
            operations,
            ..self.clone()
        };
        Ok(SplitNetwork { first, second })
    }
}
