//! Lists of layers, and structures of them.

use super::builder::{Builder, Place};
use crate::function::Function;
use crate::fuse::fuse;
use crate::operation::Operation;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::model::{Join, Layer, Parallel, Residual};
use convsweep_spec::shape::{Route, Shape, route};

impl Builder<'_> {
    /// The operations of consecutive layers.
    pub(super) fn list(
        &mut self,
        layers: &[Layer],
        names: &mut LayerNames,
        input: Shape,
    ) -> Vec<Operation> {
        let mut operations = vec![];
        let mut shape = input;
        for layer in layers {
            let name = names.next(layer.kind());
            let output = self.output_of(&name);
            let place = Place {
                name: &name,
                input: shape,
                output,
            };
            match layer {
                Layer::Residual(residual) => operations.push(self.residual(residual, place)),
                Layer::Parallel(parallel) => operations.push(self.parallel(parallel, place)),
                single => self.layer(single, place, &mut operations),
            }
            if self.observed == Some(name.as_str()) {
                operations.push(Operation::Observe);
            }
            shape = output;
        }
        fuse(operations)
    }

    fn residual(&mut self, residual: &Residual, place: Place) -> Operation {
        let mut names = LayerNames::of_body(place.name);
        let body = self.list(&residual.layers, &mut names, place.input);
        let shortcut = match route(residual, place.input, place.output) {
            Ok(Route::Layers(layers)) => {
                let mut names = LayerNames::of_shortcut(place.name);
                self.list(&layers, &mut names, place.input)
            }
            Ok(Route::Pad { stride, channels }) => {
                let function = Function::PadShortcut {
                    stride: stride.map(|s| s as usize),
                    channels: channels as usize,
                };
                vec![Operation::Function {
                    name: None,
                    function,
                }]
            }
            Err(problem) => unreachable!("the summary found a route before: {problem}"),
        };
        branches(place.name, vec![body, shortcut], Join::Add)
    }

    fn parallel(&mut self, parallel: &Parallel, place: Place) -> Operation {
        let mut lists = vec![];
        for (i, layers) in parallel.branches.iter().enumerate() {
            let mut names = LayerNames::of_branch(place.name, i);
            lists.push(self.list(layers, &mut names, place.input));
        }
        branches(place.name, lists, parallel.join)
    }
}

fn branches(name: &str, branches: Vec<Vec<Operation>>, join: Join) -> Operation {
    Operation::Branches {
        name: name.into(),
        branches,
        join,
        relu: false,
        fused: vec![],
    }
}
