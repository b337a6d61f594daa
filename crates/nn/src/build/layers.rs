//! The operations of each kind of layer.

use super::builder::{Builder, Place};
use super::options;
use crate::function::Function;
use crate::fuse::fuse;
use crate::init::Fan;
use crate::learned_function::LearnedFunction;
use crate::operation::{DropoutUnit, Operation, Pooling};
use crate::ops::FusedDense;
use convsweep_spec::layer_names::{self as names, role};
use convsweep_spec::model::*;
use convsweep_spec::shape::Shape;

impl Builder<'_> {
    /// Appends the operations of a layer that is not a structure.
    pub(super) fn layer(&mut self, layer: &Layer, place: Place, operations: &mut Vec<Operation>) {
        match layer {
            Layer::Conv(conv) => self.conv(conv, place, operations),
            Layer::Depthwise(depthwise) => {
                let conv = depthwise.conv(place.input.channels());
                self.conv(&conv, place, operations);
            }
            Layer::Separable(separable) => self.separable(separable, place, operations),
            Layer::Transposed(transposed) => self.transposed(transposed, place, operations),
            Layer::LocallyConnected(local) => self.locally_connected(local, place, operations),
            Layer::Pool(pool) => operations.push(pool_operation(pool, place)),
            Layer::Norm { norm } => operations.push(self.norm(norm, place.name, place.output)),
            Layer::Activation { activation } => {
                operations.push(self.activation(*activation, place.name, place));
            }
            Layer::Dropout { rate } => operations.push(dropout(place, *rate, DropoutUnit::Value)),
            Layer::SpatialDropout { rate } => {
                operations.push(dropout(place, *rate, DropoutUnit::Plane));
            }
            Layer::DropPath { rate } => operations.push(dropout(place, *rate, DropoutUnit::Image)),
            Layer::Flatten => operations.push(Operation::Flatten),
            Layer::Dense(dense) => self.dense(dense, place, operations),
            Layer::Upsample(upsample) => operations.push(function(Function::Upsample {
                factor: upsample.factor.map(|f| f as usize),
                method: upsample.method,
            })),
            Layer::SqueezeExcite(squeeze) => operations.push(self.squeeze_excite(squeeze, place)),
            Layer::Pad(pad) => operations.push(function(Function::Pad {
                pixels: options::pairs(pad.pixels),
                fill: pad.fill,
            })),
            Layer::Residual(_) | Layer::Parallel(_) => {
                unreachable!("structures are built from their lists of layers")
            }
        }
    }

    fn conv(&mut self, conv: &Conv, place: Place, operations: &mut Vec<Operation>) {
        let channels = place.input.channels() / conv.groups;
        let [rows, columns] = conv.kernel;
        let shape = [conv.filters, channels, rows, columns];
        let bias = [conv.filters];
        let bias = conv.bias.then_some(&bias[..]);
        let fan = Fan::of_conv(shape);
        let parameters = self.weight_and_bias(place.name, &shape, bias, conv.init, fan);
        operations.push(Operation::Conv {
            parameters,
            conv: options::conv(conv, place.input),
            fused: vec![],
        });
        self.norm_and_activation(conv.norm, conv.activation, place, operations);
    }

    fn separable(&mut self, separable: &Separable, place: Place, operations: &mut Vec<Operation>) {
        let [depthwise, pointwise] = separable.convs(place.input.channels());
        let [height, width] = options::plane(place.output);
        let middle = Shape::Image {
            channels: depthwise.filters,
            height,
            width,
        };
        let first = Place {
            name: &names::part(place.name, role::DEPTHWISE),
            input: place.input,
            output: middle,
        };
        self.conv(&depthwise, first, operations);
        let second = Place {
            name: &names::part(place.name, role::POINTWISE),
            input: middle,
            output: place.output,
        };
        self.conv(&pointwise, second, operations);
        self.norm_and_activation(separable.norm, separable.activation, place, operations);
    }

    fn transposed(&mut self, layer: &Transposed, place: Place, operations: &mut Vec<Operation>) {
        let filters = layer.filters / layer.groups;
        let [rows, columns] = layer.kernel;
        let shape = [place.input.channels(), filters, rows, columns];
        let bias = [layer.filters];
        let bias = layer.bias.then_some(&bias[..]);
        let fan = Fan::of_conv(shape);
        let parameters = self.weight_and_bias(place.name, &shape, bias, layer.init, fan);
        operations.push(Operation::Transposed {
            parameters,
            conv: options::transposed(layer, place.input, place.output),
        });
        self.norm_and_activation(layer.norm, layer.activation, place, operations);
    }

    fn locally_connected(
        &mut self,
        layer: &LocallyConnected,
        place: Place,
        operations: &mut Vec<Operation>,
    ) {
        let [height, width] = options::plane(place.output);
        let channels = place.input.channels();
        let [rows, columns] = layer.kernel;
        let shape = [height * width, layer.filters, channels * rows * columns];
        let bias = [layer.filters, height, width];
        let bias = layer.bias.then_some(&bias[..]);
        let fan = Fan::of_conv([layer.filters, channels, rows, columns]);
        let parameters = self.weight_and_bias(place.name, &shape, bias, layer.init, fan);
        operations.push(Operation::LearnedFunction(
            LearnedFunction::LocallyConnected {
                parameters,
                windows: options::windows(layer, place.input, [height, width]),
            },
        ));
        self.norm_and_activation(layer.norm, layer.activation, place, operations);
    }

    fn dense(&mut self, dense: &Dense, place: Place, operations: &mut Vec<Operation>) {
        let features = place.input.elements() as u32;
        let shape = [dense.units, features];
        let bias = [dense.units];
        let bias = dense.bias.then_some(&bias[..]);
        let fan = Fan::of_dense(dense.units, features);
        let parameters = self.weight_and_bias(place.name, &shape, bias, dense.init, fan);
        let fused = FusedDense {
            units: dense.units as usize,
            relu: false,
        };
        operations.push(Operation::Dense {
            parameters,
            dense: fused,
            fused: vec![],
        });
        self.norm_and_activation(None, dense.activation, place, operations);
    }

    fn squeeze_excite(&mut self, squeeze: &SqueezeExcite, place: Place) -> Operation {
        let mut operations = vec![Operation::Pool {
            name: place.name.into(),
            pooling: Pooling::GlobalAverage,
        }];
        for (role, channels, dense) in squeeze.layers(place.input.channels()) {
            let place = Place {
                name: &names::part(place.name, role),
                input: Shape::Flat(channels),
                output: Shape::Flat(dense.units),
            };
            self.dense(&dense, place, &mut operations);
        }
        Operation::Gate(fuse(operations))
    }
}

fn pool_operation(pool: &Pool, place: Place) -> Operation {
    let name = place.name.to_string();
    let size = pool.size.map(|n| n as usize);
    let function = match pool.kind {
        PoolKind::Max | PoolKind::Average | PoolKind::GlobalAverage => {
            let pooling = options::pooling(pool, place.input);
            return Operation::Pool { name, pooling };
        }
        PoolKind::GlobalMax => Function::GlobalMax,
        PoolKind::AdaptiveAverage => Function::AdaptiveAverage(size),
        PoolKind::AdaptiveMax => Function::AdaptiveMax(size),
    };
    Operation::Function {
        name: Some(name),
        function,
    }
}

/// A function whose kernel is not recorded.
fn function(function: Function) -> Operation {
    Operation::Function {
        name: None,
        function,
    }
}

fn dropout(place: Place, rate: f64, unit: DropoutUnit) -> Operation {
    Operation::Dropout {
        name: place.name.into(),
        rate,
        unit,
    }
}
