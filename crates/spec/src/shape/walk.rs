//! The walk through an architecture: names each layer, measures it, and joins branches.

use super::dims::Shape;
use super::error::ShapeError;
use super::flow::Flow;
use super::join::join;
use super::layer::{describe, measure};
use super::measure::Measure;
use super::route::{Route, route};
use super::summary::LayerSummary;
use super::tensor_shape::TensorShape;
use crate::layer_names::LayerNames;
use crate::model::{Join, Layer, Parallel, Residual, Shortcut};

/// Largest number of values that a layer may have as its output for one image.
const LARGEST_OUTPUT: u64 = u32::MAX as u64;

/// Summaries of all layers, in the order in which they are computed, and the shape at the end.
pub(super) fn summaries(
    layers: &[Layer],
    input: Shape,
) -> Result<(Vec<LayerSummary>, Shape), ShapeError> {
    let mut walk = Walk::new(input, None);
    walk.list(layers, LayerNames::of_model())?;
    Ok((walk.summaries, walk.flow.shape))
}

/// The tensors of all layers, in their order.
pub(super) fn tensors(layers: &[Layer], input: Shape) -> Result<Vec<TensorShape>, ShapeError> {
    let mut walk = Walk::new(input, Some(vec![]));
    walk.list(layers, LayerNames::of_model())?;
    Ok(walk.tensors.unwrap_or_default())
}

struct Walk {
    flow: Flow,
    /// Indices that lead to the current layer, as in [`ShapeError::path`].
    path: Vec<usize>,
    /// Where tensors are listed. Layers are then not summarised.
    tensors: Option<Vec<TensorShape>>,
    summaries: Vec<LayerSummary>,
}

/// The summary of a layer, except for its output.
struct Measured {
    description: String,
    parameters: u64,
    macs: u64,
}

impl Walk {
    fn new(input: Shape, tensors: Option<Vec<TensorShape>>) -> Self {
        Walk {
            flow: Flow::of_input(input),
            path: vec![],
            tensors,
            summaries: vec![],
        }
    }

    fn list(&mut self, layers: &[Layer], mut names: LayerNames) -> Result<(), ShapeError> {
        for (i, layer) in layers.iter().enumerate() {
            self.path.push(i);
            let name = names.next(layer.kind());
            self.layer(layer, name)?;
            self.path.pop();
        }
        Ok(())
    }

    /// Walks through a branch, then returns to where it began; what leaves the branch.
    fn branch(
        &mut self,
        index: usize,
        layers: &[Layer],
        names: LayerNames,
    ) -> Result<Flow, ShapeError> {
        let start = self.flow;
        self.path.push(index);
        self.list(layers, names)?;
        self.path.pop();
        Ok(std::mem::replace(&mut self.flow, start))
    }

    fn layer(&mut self, layer: &Layer, name: String) -> Result<(), ShapeError> {
        let input = self.flow.shape;
        let measured = match layer {
            Layer::Residual(residual) => self.residual(layer, residual, &name)?,
            Layer::Parallel(parallel) => self.parallel(layer, parallel, &name)?,
            single => self.single(single, &name)?,
        };
        let output = self.flow.shape;
        if output.elements() > LARGEST_OUTPUT {
            let problem = format!("leaves {output}, more than 2^32 numbers for one image");
            return Err(self.error(layer, input, problem));
        }
        if self.tensors.is_none() {
            self.summarize(name, measured);
        }
        Ok(())
    }

    fn summarize(&mut self, name: String, measured: Measured) {
        let Flow { shape, field, step } = self.flow;
        let is_image = matches!(shape, Shape::Image { .. });
        let pixels = |x: f64| x.ceil().min(f64::from(u32::MAX)) as u32;
        self.summaries.push(LayerSummary {
            name,
            description: measured.description,
            output: shape,
            parameters: measured.parameters,
            macs: measured.macs,
            receptive_field: is_image.then_some(field.map(pixels)),
            stride: is_image.then_some(step),
            activation_bytes: shape.elements() * 4,
        });
    }

    fn single(&mut self, layer: &Layer, name: &str) -> Result<Measured, ShapeError> {
        let input = self.flow.shape;
        let is_summarized = self.tensors.is_none();
        let mut layer_measure = Measure {
            name,
            flow: self.flow,
            parameters: 0,
            macs: 0,
            tensors: self.tensors.as_mut(),
        };
        let result = measure(&mut layer_measure, layer);
        let Measure {
            flow,
            parameters,
            macs,
            ..
        } = layer_measure;
        if let Err(problem) = result {
            return Err(self.error(layer, input, problem));
        }
        self.flow = flow;
        Ok(Measured {
            description: if is_summarized {
                describe(layer)
            } else {
                String::new()
            },
            parameters,
            macs,
        })
    }

    fn residual(
        &mut self,
        layer: &Layer,
        residual: &Residual,
        name: &str,
    ) -> Result<Measured, ShapeError> {
        let input = self.flow.shape;
        let body = self.branch(0, &residual.layers, LayerNames::of_body(name))?;
        let route = match route(residual, input, body.shape) {
            Ok(route) => route,
            Err(problem) => return Err(self.error(layer, input, problem)),
        };
        let shortcut = match &route {
            Route::Layers(layers) => self.branch(1, layers, LayerNames::of_shortcut(name))?,
            Route::Pad { stride, .. } => Flow {
                shape: body.shape,
                field: self.flow.field,
                step: [0, 1].map(|d| self.flow.step[d] * f64::from(stride[d])),
            },
        };
        match join(&[body, shortcut], Join::Add) {
            Ok(sum) => self.flow = sum,
            Err(problem) => return Err(self.error(layer, input, problem)),
        }
        Ok(Measured {
            description: describe_sum(residual, &route),
            parameters: 0,
            macs: 0,
        })
    }

    fn parallel(
        &mut self,
        layer: &Layer,
        parallel: &Parallel,
        name: &str,
    ) -> Result<Measured, ShapeError> {
        let input = self.flow.shape;
        let mut outputs = Vec::with_capacity(parallel.branches.len());
        for (i, branch) in parallel.branches.iter().enumerate() {
            outputs.push(self.branch(i, branch, LayerNames::of_branch(name, i))?);
        }
        match join(&outputs, parallel.join) {
            Ok(joined) => self.flow = joined,
            Err(problem) => return Err(self.error(layer, input, problem)),
        }
        Ok(Measured {
            description: describe(layer),
            parameters: 0,
            macs: 0,
        })
    }

    fn error(&self, layer: &Layer, input: Shape, problem: String) -> ShapeError {
        ShapeError {
            path: self.path.clone(),
            kind: layer.kind(),
            input,
            problem,
        }
    }
}

fn describe_sum(residual: &Residual, route: &Route) -> String {
    let shortcut = match (&residual.shortcut, route) {
        (_, Route::Pad { .. }) => "padded",
        (_, Route::Layers(layers)) if layers.is_empty() => "identity",
        (Shortcut::Layers(_), Route::Layers(_)) => "own",
        (_, Route::Layers(_)) => "projection",
    };
    format!("add, {shortcut} shortcut")
}
