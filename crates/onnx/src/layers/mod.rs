//! The operators of each kind of layer.

mod activation;
mod convolution;
mod dense;
mod norm;
mod planes;
mod pooling;
mod structures;

use crate::error::OnnxError;
use crate::graph::{Graph, Value};
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::model::{Activation, Layer, Norm};
use convsweep_spec::shape::{ModelSummary, Shape};
use std::collections::HashMap;

/// Values of a network's tensors, by name.
pub(crate) type Tensors<'a> = dyn Fn(&str) -> Option<Vec<f32>> + 'a;

/// Writes the layers of a network into a graph.
pub(crate) struct LayerWriter<'a> {
    pub(crate) graph: Graph,
    /// Output shapes by the layers' names.
    outputs: HashMap<&'a str, Shape>,
    tensors: &'a Tensors<'a>,
}

impl<'a> LayerWriter<'a> {
    pub(crate) fn new(summary: &'a ModelSummary, tensors: &'a Tensors<'a>) -> Self {
        let layers = summary.layers.iter();
        LayerWriter {
            graph: Graph::default(),
            outputs: layers.map(|l| (l.name.as_str(), l.output)).collect(),
            tensors,
        }
    }

    /// Writes a layer called `name`; its output.
    fn layer(&mut self, layer: &Layer, name: &str, input: Value) -> Result<Value, OnnxError> {
        let output = self.outputs[name];
        match layer {
            Layer::Conv(conv) => self.conv(conv, name, input, output),
            Layer::Depthwise(depthwise) => {
                let conv = depthwise.conv(input.shape.channels());
                self.conv(&conv, name, input, output)
            }
            Layer::Separable(separable) => self.separable(separable, name, input, output),
            Layer::Transposed(transposed) => self.transposed(transposed, name, input, output),
            Layer::LocallyConnected(local) => self.locally_connected(local, name, input, output),
            Layer::Pool(pool) => Ok(self.pool(pool, name, input, output)),
            Layer::Norm { norm } => self.norm(norm, name, input),
            Layer::Activation { activation } => self.activation(*activation, name, name, input),
            // They do nothing in evaluation.
            Layer::Dropout { .. } | Layer::SpatialDropout { .. } | Layer::DropPath { .. } => {
                Ok(input)
            }
            Layer::Flatten => Ok(self.flatten(name, input)),
            Layer::Dense(dense) => self.dense(dense, name, input),
            Layer::Upsample(upsample) => Ok(self.upsample(upsample, name, input, output)),
            Layer::SqueezeExcite(squeeze) => self.squeeze_excite(squeeze, name, input),
            Layer::Pad(pad) => Ok(self.pad(pad, name, input, output)),
            Layer::Residual(residual) => self.residual(residual, name, input, output),
            Layer::Parallel(parallel) => self.parallel(parallel, name, input, output),
        }
    }

    /// The norm and the activation behind a layer with weights.
    fn norm_and_activation(
        &mut self,
        norm: Option<Norm>,
        activation: Option<Activation>,
        layer: &str,
        mut value: Value,
    ) -> Result<Value, OnnxError> {
        if let Some(norm) = norm {
            value = self.norm(&norm, &part(layer, role::NORM), value)?;
        }
        if let Some(activation) = activation {
            let name = part(layer, role::ACTIVATION);
            value = self.activation(activation, &name, layer, value)?;
        }
        Ok(value)
    }

    /// The values of a tensor of the network.
    fn values(&self, name: &str) -> Result<Vec<f32>, OnnxError> {
        (self.tensors)(name).ok_or_else(|| OnnxError::MissingTensor(name.to_string()))
    }

    /// A tensor of the network as a constant of this shape; its name.
    fn tensor(&mut self, name: &str, shape: &[u32]) -> Result<String, OnnxError> {
        let values = self.values(name)?;
        Ok(self.graph.floats(name, shape, &values))
    }

    /// `[features]` from planes, channel-major; flat features as they are.
    fn flatten(&mut self, name: &str, input: Value) -> Value {
        if let Shape::Flat(_) = input.shape {
            return input;
        }
        let axis = vec![crate::graph::int("axis", 1)];
        Value {
            name: self.graph.node("Flatten", name, &[&input.name], axis),
            shape: Shape::Flat(input.shape.elements() as u32),
        }
    }
}

/// Height and width of planes; flat features are one pixel each.
fn plane(shape: Shape) -> [u32; 2] {
    match shape {
        Shape::Image { height, width, .. } => [height, width],
        Shape::Flat(_) => [1, 1],
    }
}

/// Shape of a value for each channel that is applied to `shape`, without the batch.
fn per_channel(shape: Shape) -> Vec<u32> {
    match shape {
        Shape::Image { channels, .. } => vec![channels, 1, 1],
        Shape::Flat(features) => vec![features],
    }
}

/// Integers for an attribute.
fn wide(values: [u32; 2]) -> [i64; 2] {
    values.map(i64::from)
}

/// `[top, left, bottom, right]` of `[[top, bottom], [left, right]]`.
fn pads([[top, bottom], [left, right]]: [[u32; 2]; 2]) -> [i64; 4] {
    [top, left, bottom, right].map(i64::from)
}
