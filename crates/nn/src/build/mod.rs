//! From the resolved architecture to operations and parameters.

mod options;
mod weights;

use crate::fuse::fuse;
use crate::network::{Named, Network};
use crate::operation::{BatchNorm, Operation, Pooling, Unit, Windows};
use crate::ops::DenseUnit;
use burn::tensor::{Device, Tensor, TensorData};
use convsweep_spec::model::*;
use convsweep_spec::shape::{LayerSummary, Route, Shape, ShapeError, route, summarize};
use convsweep_spec::train::Kernels;
use std::collections::HashMap;

/// Builds `model` for images of shape `input`, with its starting weights for `seed`, on `device`.
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
    let found = summary
        .layers
        .iter()
        .map(|l| (l.name.as_str(), l))
        .collect();
    let mut builder = Builder {
        seed,
        device,
        found,
        parameters: vec![],
        statistics: vec![],
    };
    let operations = builder.layers(&model.layers, "", input);
    let Builder {
        parameters,
        statistics,
        ..
    } = builder;
    let (classes, device) = (classes as usize, device.clone());
    let frozen = vec![false; parameters.len()];
    Ok(Network {
        operations,
        parameters,
        statistics,
        frozen,
        classes,
        device,
        kernels: Kernels::Auto,
    })
}

struct Builder<'a> {
    seed: u64,
    device: &'a Device,
    /// What the walk over the shapes has found, by the layers' names.
    found: HashMap<&'a str, &'a LayerSummary>,
    parameters: Vec<Named>,
    statistics: Vec<Named>,
}

/// A layer's name and the shapes around it.
#[derive(Clone, Copy)]
struct At<'a> {
    name: &'a str,
    input: Shape,
    output: Shape,
}

impl Builder<'_> {
    /// The operations of `layers`, whose names begin with `prefix`.
    fn layers(&mut self, layers: &[Layer], prefix: &str, input: Shape) -> Vec<Operation> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        let mut operations = vec![];
        let mut shape = input;
        for layer in layers {
            let count = counts.entry(layer.kind()).or_insert(0);
            *count += 1;
            let name = format!("{prefix}{}{count}", layer.kind());
            let output = self.found[name.as_str()].output;
            self.layer(
                layer,
                At {
                    name: &name,
                    input: shape,
                    output,
                },
                &mut operations,
            );
            shape = output;
        }
        fuse(operations)
    }

    fn layer(&mut self, layer: &Layer, at: At, operations: &mut Vec<Operation>) {
        match layer {
            Layer::Conv(conv) => self.conv(conv, at, operations),
            Layer::Depthwise(depthwise) => {
                self.conv(&depthwise.conv(at.input.channels()), at, operations)
            }
            Layer::Separable(separable) => self.separable(separable, at, operations),
            Layer::Transposed(transposed) => self.transposed(transposed, at, operations),
            Layer::LocallyConnected(local) => self.locally_connected(local, at, operations),
            Layer::Pool(pool) => {
                let (name, pooling) = (at.name.into(), options::pooling(pool, at.input));
                operations.push(Operation::Pool { name, pooling });
            }
            Layer::Norm { norm } => operations.push(self.norm(norm, at.name, at.output)),
            Layer::Activation { activation } => {
                self.activation(Some(*activation), at.name, at.output, operations)
            }
            Layer::Dropout { rate } => operations.push(dropout(at.name, *rate, Unit::Number)),
            Layer::SpatialDropout { rate } => operations.push(dropout(at.name, *rate, Unit::Plane)),
            Layer::DropPath { rate } => operations.push(dropout(at.name, *rate, Unit::Image)),
            Layer::Flatten => operations.push(Operation::Flatten),
            Layer::Dense(dense) => self.dense(dense, at, operations),
            Layer::Upsample(u) => operations.push(Operation::Upsample {
                factor: u.factor.map(|f| f as usize),
                method: u.method,
            }),
            Layer::SqueezeExcite(squeeze) => operations.push(self.squeeze_excite(squeeze, at)),
            Layer::Pad(pad) => {
                let pixels = pad
                    .pixels
                    .map(|[before, after]| (before as usize, after as usize));
                operations.push(Operation::Pad {
                    pixels,
                    fill: pad.fill,
                });
            }
            Layer::Residual(residual) => operations.push(self.residual(residual, at)),
            Layer::Parallel(parallel) => {
                let branch = |(i, layers): (usize, &Vec<Layer>)| {
                    self.layers(layers, &format!("{}.branch{}.", at.name, i + 1), at.input)
                };
                let branches = parallel.branches.iter().enumerate().map(branch).collect();
                operations.push(branched(at.name, branches, parallel.join));
            }
        }
    }

    fn conv(&mut self, conv: &Conv, at: At, operations: &mut Vec<Operation>) {
        let shape = [
            conv.filters,
            at.input.channels() / conv.groups,
            conv.kernel[0],
            conv.kernel[1],
        ];
        let fan = weights::conv_fan(shape);
        let (weight, bias) = self.weights(
            at.name,
            &shape,
            conv.bias.then_some(&[conv.filters]),
            conv.init,
            fan,
        );
        operations.push(Operation::Conv {
            weight,
            bias,
            unit: options::conv(conv, at.input),
            joined: vec![],
        });
        self.tail(conv.norm, conv.activation, at, operations);
    }

    fn separable(&mut self, separable: &Separable, at: At, operations: &mut Vec<Operation>) {
        let [depthwise, pointwise] = separable.convs(at.input.channels());
        let (first, second) = (
            format!("{}.depthwise", at.name),
            format!("{}.pointwise", at.name),
        );
        let Shape::Image { height, width, .. } = at.output else {
            return;
        };
        let middle = Shape::Image {
            channels: depthwise.filters,
            height,
            width,
        };
        self.conv(
            &depthwise,
            At {
                name: &first,
                input: at.input,
                output: middle,
            },
            operations,
        );
        let plain = Conv {
            norm: None,
            activation: None,
            ..pointwise
        };
        self.conv(
            &plain,
            At {
                name: &second,
                input: middle,
                output: at.output,
            },
            operations,
        );
        self.tail(separable.norm, separable.activation, at, operations);
    }

    fn transposed(&mut self, layer: &Transposed, at: At, operations: &mut Vec<Operation>) {
        let shape = [
            at.input.channels(),
            layer.filters / layer.groups,
            layer.kernel[0],
            layer.kernel[1],
        ];
        let fan = weights::conv_fan(shape);
        let (weight, bias) = self.weights(
            at.name,
            &shape,
            layer.bias.then_some(&[layer.filters]),
            layer.init,
            fan,
        );
        let unit = options::transposed(layer, at.input, at.output);
        operations.push(Operation::Transposed { weight, bias, unit });
        self.tail(layer.norm, layer.activation, at, operations);
    }

    fn locally_connected(
        &mut self,
        layer: &LocallyConnected,
        at: At,
        operations: &mut Vec<Operation>,
    ) {
        let Shape::Image { height, width, .. } = at.output else {
            return;
        };
        let taps = at.input.channels() * layer.kernel[0] * layer.kernel[1];
        let shape = [height * width, layer.filters, taps];
        let bias = [layer.filters, height, width];
        let fan = weights::local_fan(at.input.channels(), layer);
        let (weight, bias) = self.weights(
            at.name,
            &shape,
            layer.bias.then_some(&bias),
            layer.init,
            fan,
        );
        let windows: Windows = options::windows(layer, at.input, [height, width]);
        operations.push(Operation::LocallyConnected {
            weight,
            bias,
            windows,
        });
        self.tail(layer.norm, layer.activation, at, operations);
    }

    fn dense(&mut self, dense: &Dense, at: At, operations: &mut Vec<Operation>) {
        let features = at.input.elements() as u32;
        let fan = weights::dense_fan(dense.units, features);
        let bias = [dense.units];
        let bias = dense.bias.then_some(&bias);
        let (weight, bias) = self.weights(at.name, &[dense.units, features], bias, dense.init, fan);
        let unit = DenseUnit {
            units: dense.units as usize,
            relu: false,
        };
        operations.push(Operation::Dense {
            weight,
            bias,
            unit,
            joined: vec![],
        });
        self.activation(dense.activation, at.name, at.output, operations);
    }

    fn squeeze_excite(&mut self, squeeze: &SqueezeExcite, at: At) -> Operation {
        let channels = at.input.channels();
        let mut inner = vec![Operation::Pool {
            name: at.name.into(),
            pooling: Pooling::GlobalAverage,
        }];
        let hidden = squeeze.hidden(channels);
        let steps = [
            ("reduce", channels, hidden, squeeze.activation),
            ("expand", hidden, channels, squeeze.gate),
        ];
        for (role, from, units, activation) in steps {
            let name = format!("{}.{role}", at.name);
            let dense = Dense {
                units,
                bias: true,
                activation: Some(activation),
                init: squeeze.init,
            };
            let at = At {
                name: &name,
                input: Shape::Flat(from),
                output: Shape::Flat(units),
            };
            self.dense(&dense, at, &mut inner);
        }
        Operation::Gate(fuse(inner))
    }

    fn residual(&mut self, residual: &Residual, at: At) -> Operation {
        let body = self.layers(&residual.layers, &format!("{}.", at.name), at.input);
        // The walk over the shapes has found the same way before.
        let shortcut = match route(residual, at.input, at.output) {
            Ok(Route::Layers(layers)) => {
                self.layers(&layers, &format!("{}.shortcut.", at.name), at.input)
            }
            Ok(Route::Pad { stride, channels }) => {
                let stride = stride.map(|s| s as usize);
                vec![Operation::PadShortcut {
                    stride,
                    channels: channels as usize,
                }]
            }
            Err(_) => vec![],
        };
        branched(at.name, vec![body, shortcut], Join::Add)
    }

    /// Norm and activation behind a layer with weights.
    fn tail(
        &mut self,
        norm: Option<Norm>,
        activation: Option<Activation>,
        at: At,
        operations: &mut Vec<Operation>,
    ) {
        if let Some(norm) = &norm {
            let norm = self.norm(norm, &format!("{}.norm", at.name), at.output);
            operations.push(norm);
        }
        self.activation(activation, at.name, at.output, operations);
    }

    fn activation(
        &mut self,
        activation: Option<Activation>,
        name: &str,
        shape: Shape,
        operations: &mut Vec<Operation>,
    ) {
        match activation {
            None => {}
            Some(Activation::Prelu) => {
                let start = crate::activation::PRELU as f32;
                let slopes =
                    self.parameter(&format!("{name}.slope"), &[shape.channels()], |_, _, n| {
                        vec![start; n]
                    });
                operations.push(Operation::Prelu(slopes));
            }
            Some(function) => {
                let name = if layer_kind(name).starts_with("activation") {
                    name.into()
                } else {
                    own_activation(name)
                };
                operations.push(Operation::Activation { name, function });
            }
        }
    }

    fn norm(&mut self, norm: &Norm, name: &str, shape: Shape) -> Operation {
        let channels = shape.channels();
        let scale = self.parameter(&format!("{name}.weight"), &[channels], |_, _, count| {
            vec![1.0; count]
        });
        let shift = self.parameter(&format!("{name}.bias"), &[channels], |_, _, count| {
            vec![0.0; count]
        });
        match *norm {
            Norm::Batch { momentum, epsilon } => {
                let mean = self.statistic(
                    &format!("{name}.running_mean"),
                    vec![0.0; channels as usize],
                );
                let variance =
                    self.statistic(&format!("{name}.running_var"), vec![1.0; channels as usize]);
                let norm = BatchNorm {
                    scale,
                    shift,
                    mean,
                    variance,
                    momentum,
                    epsilon,
                    relu: false,
                };
                Operation::BatchNorm {
                    norm,
                    joined: vec![],
                }
            }
            Norm::Layer { epsilon } => Operation::GroupNorm {
                scale,
                shift,
                groups: Some(1),
                epsilon,
            },
            Norm::Group { groups, epsilon } => Operation::GroupNorm {
                scale,
                shift,
                groups: Some(groups as usize),
                epsilon,
            },
            Norm::Instance { epsilon } => Operation::GroupNorm {
                scale,
                shift,
                groups: None,
                epsilon,
            },
        }
    }

    fn parameter(
        &mut self,
        name: &str,
        shape: &[u32],
        draw: impl Fn(u64, &str, usize) -> Vec<f32>,
    ) -> usize {
        let shape: Vec<usize> = shape.iter().map(|&s| s as usize).collect();
        let values = draw(self.seed, name, shape.iter().product());
        self.parameters.push(self.named(name, shape, values));
        self.parameters.len() - 1
    }

    fn statistic(&mut self, name: &str, values: Vec<f32>) -> usize {
        self.statistics
            .push(self.named(name, vec![values.len()], values));
        self.statistics.len() - 1
    }

    fn named(&self, name: &str, shape: Vec<usize>, values: Vec<f32>) -> Named {
        let count = values.len();
        let value = Tensor::from_data(TensorData::new(values, [count]), self.device);
        Named {
            name: name.into(),
            shape,
            value,
        }
    }
}

/// The last part of a layer's name.
fn layer_kind(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Name of the activation that belongs to a layer with weights.
fn own_activation(layer: &str) -> String {
    format!("{layer}.activation")
}

fn branched(name: &str, branches: Vec<Vec<Operation>>, join: Join) -> Operation {
    Operation::Branches {
        name: name.into(),
        branches,
        join,
        relu: false,
        joined: vec![],
    }
}

fn dropout(name: &str, rate: f64, unit: Unit) -> Operation {
    Operation::Dropout {
        name: name.into(),
        rate,
        unit,
    }
}
