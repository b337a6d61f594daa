//! Fully connected layers.

use super::LayerWriter;
use crate::error::OnnxError;
use crate::graph::{Value, int};
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::model::{Dense, SqueezeExcite};
use convsweep_spec::shape::Shape;

impl LayerWriter<'_> {
    /// A fully connected layer with its activation; planes are flattened first.
    pub(super) fn dense(
        &mut self,
        dense: &Dense,
        name: &str,
        input: Value,
    ) -> Result<Value, OnnxError> {
        let input = self.flatten(&part(name, "flat"), input);
        let features = input.shape.elements() as u32;
        let weight = self.tensor(&part(name, role::WEIGHT), &[dense.units, features])?;
        let mut inputs = vec![input.name, weight];
        if dense.bias {
            inputs.push(self.tensor(&part(name, role::BIAS), &[dense.units])?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let value = Value {
            name: self
                .graph
                .node("Gemm", name, &inputs, vec![int("transB", 1)]),
            shape: Shape::Flat(dense.units),
        };
        self.norm_and_activation(None, dense.activation, name, value)
    }

    /// Squeeze and excitation: each channel times what two dense layers make of all means.
    pub(super) fn squeeze_excite(
        &mut self,
        squeeze: &SqueezeExcite,
        name: &str,
        input: Value,
    ) -> Result<Value, OnnxError> {
        let channels = input.shape.channels();
        let means = part(name, "means");
        let means = self
            .graph
            .node("GlobalAveragePool", &means, &[&input.name], vec![]);
        let mut gate = Value {
            name: means,
            shape: Shape::Image {
                channels,
                height: 1,
                width: 1,
            },
        };
        for (role, _, dense) in squeeze.layers(channels) {
            gate = self.dense(&dense, &part(name, role), gate)?;
        }
        let graph = &mut self.graph;
        let shape = graph.integers(&part(name, "shape"), &[0, channels.into(), 1, 1]);
        let gates = part(name, "gate");
        let gate = graph.node("Reshape", &gates, &[&gate.name, &shape], vec![]);
        Ok(Value {
            name: graph.node("Mul", name, &[&input.name, &gate], vec![]),
            shape: input.shape,
        })
    }
}
