//! Lists of layers, and structures of them.

use super::LayerWriter;
use crate::error::OnnxError;
use crate::graph::{Value, int};
use convsweep_spec::layer_names::{LayerNames, part};
use convsweep_spec::model::{Join, Layer, Parallel, Residual};
use convsweep_spec::shape::{Route, Shape, route};

impl LayerWriter<'_> {
    /// Consecutive layers; the output of the last.
    pub(crate) fn list(
        &mut self,
        layers: &[Layer],
        mut names: LayerNames,
        input: Value,
    ) -> Result<Value, OnnxError> {
        let mut value = input;
        for layer in layers {
            let name = names.next(layer.kind());
            value = self.layer(layer, &name, value)?;
        }
        Ok(value)
    }

    pub(super) fn residual(
        &mut self,
        residual: &Residual,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let names = LayerNames::of_body(name);
        let body = self.list(&residual.layers, names, input.clone())?;
        let shortcut = match route(residual, input.shape, output) {
            Ok(Route::Layers(layers)) => {
                let names = LayerNames::of_shortcut(name);
                self.list(&layers, names, input)?
            }
            Ok(Route::Pad { stride, channels }) => {
                let name = part(name, "shortcut");
                self.pad_shortcut(&name, input, (stride, channels), output)
            }
            Err(problem) => return Err(OnnxError::Shape(format!("{name} {problem}"))),
        };
        Ok(self.join(name, vec![body, shortcut], Join::Add, output))
    }

    pub(super) fn parallel(
        &mut self,
        parallel: &Parallel,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let mut outputs = Vec::with_capacity(parallel.branches.len());
        for (i, layers) in parallel.branches.iter().enumerate() {
            let names = LayerNames::of_branch(name, i);
            outputs.push(self.list(layers, names, input.clone())?);
        }
        Ok(self.join(name, outputs, parallel.join, output))
    }

    /// The outputs of branches added, or one behind the other along the channels.
    fn join(&mut self, name: &str, outputs: Vec<Value>, join: Join, output: Shape) -> Value {
        let mut names = Vec::with_capacity(outputs.len());
        for value in outputs {
            names.push(match output {
                Shape::Flat(_) => self.flatten(&part(name, "flat"), value).name,
                Shape::Image { .. } => value.name,
            });
        }
        let inputs: Vec<&str> = names.iter().map(String::as_str).collect();
        let (operator, attributes) = match join {
            Join::Concat => ("Concat", vec![int("axis", 1)]),
            Join::Add => ("Sum", vec![]),
        };
        Value {
            name: self.graph.node(operator, name, &inputs, attributes),
            shape: output,
        }
    }
}
