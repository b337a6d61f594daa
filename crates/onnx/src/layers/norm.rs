//! Normalisation.

use super::{LayerWriter, per_channel};
use crate::error::OnnxError;
use crate::graph::{Value, float};
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::model::Norm;
use convsweep_spec::shape::Shape;

impl LayerWriter<'_> {
    /// A norm whose tensors are called after `name`.
    pub(super) fn norm(
        &mut self,
        norm: &Norm,
        name: &str,
        input: Value,
    ) -> Result<Value, OnnxError> {
        let channels = input.shape.channels();
        let (groups, epsilon) = match *norm {
            Norm::Batch { epsilon, .. } => return self.batch_norm(name, input, epsilon),
            Norm::Layer { epsilon } => (1, epsilon),
            Norm::Group { groups, epsilon } => (groups, epsilon),
            Norm::Instance { epsilon } => (channels, epsilon),
        };
        let standardized = self.standardize(name, &input, (groups, epsilon));
        let shape = per_channel(input.shape);
        let scale = self.tensor(&part(name, role::WEIGHT), &shape)?;
        let shift = self.tensor(&part(name, role::BIAS), &shape)?;
        let graph = &mut self.graph;
        let scaled = part(name, "scaled");
        let scaled = graph.node("Mul", &scaled, &[&standardized, &scale], vec![]);
        Ok(Value {
            name: graph.node("Add", name, &[&scaled, &shift], vec![]),
            shape: input.shape,
        })
    }

    /// By the running statistics.
    fn batch_norm(&mut self, name: &str, input: Value, epsilon: f64) -> Result<Value, OnnxError> {
        let channels = input.shape.channels();
        let mut inputs = vec![input.name];
        for role in [
            role::WEIGHT,
            role::BIAS,
            role::RUNNING_MEAN,
            role::RUNNING_VARIANCE,
        ] {
            inputs.push(self.tensor(&part(name, role), &[channels])?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let attributes = vec![float("epsilon", epsilon)];
        Ok(Value {
            name: self
                .graph
                .node("BatchNormalization", name, &inputs, attributes),
            shape: input.shape,
        })
    }

    /// Each image by the mean and variance of each group of channels. ONNX's own group norm has a
    /// scale for each group in opset 18, and one for each channel from 21 only.
    fn standardize(&mut self, name: &str, input: &Value, (groups, epsilon): (u32, f64)) -> String {
        let graph = &mut self.graph;
        let grouped = graph.integers(&part(name, "groups"), &[0, groups.into(), -1]);
        let rows = part(name, "grouped");
        let rows = graph.node("Reshape", &rows, &[&input.name, &grouped], vec![]);
        let ones = vec![1.0; groups as usize];
        let one = graph.floats(&part(name, "one"), &[groups], &ones);
        let zero = graph.floats(&part(name, "zero"), &[groups], &vec![0.0; groups as usize]);
        let standardized = graph.node(
            "InstanceNormalization",
            &part(name, "standardized"),
            &[&rows, &one, &zero],
            vec![float("epsilon", epsilon)],
        );
        let shape = match input.shape {
            Shape::Flat(features) => vec![0, i64::from(features)],
            Shape::Image {
                channels,
                height,
                width,
            } => [0, channels, height, width].map(i64::from).to_vec(),
        };
        let shape = graph.integers(&part(name, "shape"), &shape);
        let restored = part(name, "restored");
        graph.node("Reshape", &restored, &[&standardized, &shape], vec![])
    }
}
