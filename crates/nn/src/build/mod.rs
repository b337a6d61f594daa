//! From the resolved architecture to operations and parameters.

mod builder;
mod layers;
mod options;
mod parts;
mod structures;

use crate::attribution::ObservedNetwork;
use crate::network::Network;
use crate::ops::Arithmetic;
use builder::Builder;
use burn::tensor::Device;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::model::ModelSpec;
use convsweep_spec::shape::{Shape, ShapeError, summarize};

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
        arithmetic: Arithmetic::default(),
    })
}

impl Network {
    /// The network with an eye on the output of the layer called `layer`, which may be in a
    /// structure; `model` and `input` are those that it was built for.
    ///
    /// # Errors
    /// As [`build`].
    ///
    /// # Panics
    /// Where the network is used, if there is no such layer or its output has no planes.
    pub fn observed(
        &self,
        model: &ModelSpec,
        input: Shape,
        layer: &str,
    ) -> Result<ObservedNetwork, ShapeError> {
        let summary = summarize(model, input, self.classes as u32)?;
        // Its parameters are in the same order as those of this network, and not needed.
        let mut builder = Builder::new(0, &self.device, &summary);
        builder.observed = Some(layer);
        let operations = builder.list(&model.layers, &mut LayerNames::of_model(), input);
        Ok(ObservedNetwork {
            network: Network {
                operations,
                ..self.clone()
            },
        })
    }
}
