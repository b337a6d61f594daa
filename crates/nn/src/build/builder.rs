//! The network under construction, and its parameters and statistics.

use crate::host;
use crate::init::{self, Fan};
use crate::layer_parameters::LayerParameters;
use crate::network::Named;
use burn::tensor::Device;
use convsweep_spec::layer_names::{self as names, role};
use convsweep_spec::model::Init;
use convsweep_spec::shape::{ModelSummary, Shape};
use std::collections::HashMap;

/// The network under construction.
pub(super) struct Builder<'a> {
    seed: u64,
    device: &'a Device,
    /// Output shapes by the layers' names.
    outputs: HashMap<&'a str, Shape>,
    pub parameters: Vec<Named>,
    pub statistics: Vec<Named>,
    /// The layer whose output is observed.
    pub observed: Option<&'a str>,
}

/// A layer's name and the shapes before and after it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub name: &'a str,
    pub input: Shape,
    pub output: Shape,
}

impl<'a> Builder<'a> {
    pub(super) fn new(seed: u64, device: &'a Device, summary: &'a ModelSummary) -> Self {
        let layers = summary.layers.iter();
        Builder {
            seed,
            device,
            outputs: layers.map(|l| (l.name.as_str(), l.output)).collect(),
            parameters: vec![],
            statistics: vec![],
            observed: None,
        }
    }

    /// Shape that leaves a layer.
    pub(super) fn output_of(&self, layer: &str) -> Shape {
        self.outputs[layer]
    }

    /// New weights of this shape, and biases of the shape `bias`, with the layer's initial values.
    pub(super) fn weight_and_bias(
        &mut self,
        layer: &str,
        shape: &[u32],
        bias: Option<&[u32]>,
        init: Init,
        fan: Fan,
    ) -> LayerParameters {
        let weight = names::part(layer, role::WEIGHT);
        let values = init::weights(init, self.seed, &weight, count(shape), fan);
        let weight = self.parameter(weight, shape, values);
        let mut parameters = LayerParameters { weight, bias: None };
        if let Some(shape) = bias {
            let name = names::part(layer, role::BIAS);
            let values = init::biases(init, self.seed, &name, count(shape), fan);
            parameters.bias = Some(self.parameter(name, shape, values));
        }
        parameters
    }

    /// A new parameter with the same initial value everywhere; its index.
    pub(super) fn constant(&mut self, name: String, shape: &[u32], value: f32) -> usize {
        self.parameter(name, shape, vec![value; count(shape)])
    }

    fn parameter(&mut self, name: String, shape: &[u32], values: Vec<f32>) -> usize {
        let shape = shape.iter().map(|&n| n as usize).collect();
        self.parameters.push(self.named(name, shape, values));
        self.parameters.len() - 1
    }

    /// A new running statistic; its index.
    pub(super) fn statistic(&mut self, name: String, channels: u32, value: f32) -> usize {
        let values = vec![value; channels as usize];
        self.statistics
            .push(self.named(name, vec![values.len()], values));
        self.statistics.len() - 1
    }

    fn named(&self, name: String, shape: Vec<usize>, values: Vec<f32>) -> Named {
        Named {
            name,
            shape,
            value: host::tensor(values, self.device),
        }
    }
}

fn count(shape: &[u32]) -> usize {
    shape.iter().map(|&n| n as usize).product()
}
