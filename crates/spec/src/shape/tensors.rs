//! The tensors that a network is made of, by name and shape, without building it.

use super::{ModelSummary, Route, Shape, route};
use crate::model::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorShape {
    /// The layer's name and the role: `conv1.weight`, `residual1.conv2.norm.running_mean`.
    pub name: String,
    /// Its dimensions, as PyTorch has them.
    pub shape: Vec<u32>,
    /// Whether it is a running statistic, which is not trained.
    pub statistic: bool,
}

/// The tensors of `model`, which `summary` was made of, in the order of the layers.
pub fn tensors(model: &ModelSpec, summary: &ModelSummary) -> Vec<TensorShape> {
    let outputs = summary
        .layers
        .iter()
        .map(|l| (l.name.as_str(), l.output))
        .collect();
    let mut walk = Walk {
        outputs,
        found: vec![],
    };
    walk.layers(&model.layers, "", summary.input);
    walk.found
}

struct Walk<'a> {
    outputs: HashMap<&'a str, Shape>,
    found: Vec<TensorShape>,
}

impl Walk<'_> {
    fn layers(&mut self, layers: &[Layer], prefix: &str, input: Shape) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        let mut shape = input;
        for layer in layers {
            let count = counts.entry(layer.kind()).or_insert(0);
            *count += 1;
            let name = format!("{prefix}{}{count}", layer.kind());
            let output = self.outputs.get(name.as_str()).copied().unwrap_or(shape);
            self.layer(layer, &name, shape, output);
            shape = output;
        }
    }

    fn layer(&mut self, layer: &Layer, name: &str, input: Shape, output: Shape) {
        let channels = input.channels();
        match layer {
            Layer::Conv(conv) => self.conv(conv, name, channels),
            Layer::Depthwise(depthwise) => self.conv(&depthwise.conv(channels), name, channels),
            Layer::Separable(separable) => {
                let [depthwise, pointwise] = separable.convs(channels);
                self.conv(&depthwise, &format!("{name}.depthwise"), channels);
                let plain = Conv {
                    norm: None,
                    activation: None,
                    ..pointwise
                };
                self.conv(&plain, &format!("{name}.pointwise"), depthwise.filters);
                self.tail(
                    separable.norm,
                    separable.activation,
                    name,
                    separable.filters,
                );
            }
            Layer::Transposed(t) => {
                self.weights(
                    name,
                    &[channels, t.filters / t.groups, t.kernel[0], t.kernel[1]],
                );
                self.bias(t.bias, name, &[t.filters]);
                self.tail(t.norm, t.activation, name, t.filters);
            }
            Layer::LocallyConnected(local) => {
                let Shape::Image { height, width, .. } = output else {
                    return;
                };
                let taps = channels * local.kernel[0] * local.kernel[1];
                self.weights(name, &[height * width, local.filters, taps]);
                self.bias(local.bias, name, &[local.filters, height, width]);
                self.tail(local.norm, local.activation, name, local.filters);
            }
            Layer::Norm { norm } => self.norm(norm, name, output.channels()),
            Layer::Activation { activation } => {
                self.activation(Some(*activation), name, output.channels())
            }
            Layer::Dense(dense) => self.dense(dense, name, input.elements() as u32),
            Layer::SqueezeExcite(squeeze) => {
                let hidden = squeeze.hidden(channels);
                let steps = [
                    ("reduce", channels, hidden, squeeze.activation),
                    ("expand", hidden, channels, squeeze.gate),
                ];
                for (role, from, units, activation) in steps {
                    let dense = Dense {
                        units,
                        bias: true,
                        activation: Some(activation),
                        init: squeeze.init,
                    };
                    self.dense(&dense, &format!("{name}.{role}"), from);
                }
            }
            Layer::Residual(residual) => {
                self.layers(&residual.layers, &format!("{name}."), input);
                if let Ok(Route::Layers(layers)) = route(residual, input, output) {
                    self.layers(&layers, &format!("{name}.shortcut."), input);
                }
            }
            Layer::Parallel(parallel) => {
                for (i, branch) in parallel.branches.iter().enumerate() {
                    self.layers(branch, &format!("{name}.branch{}.", i + 1), input);
                }
            }
            _ => {}
        }
    }

    fn conv(&mut self, conv: &Conv, name: &str, channels: u32) {
        self.weights(
            name,
            &[
                conv.filters,
                channels / conv.groups,
                conv.kernel[0],
                conv.kernel[1],
            ],
        );
        self.bias(conv.bias, name, &[conv.filters]);
        self.tail(conv.norm, conv.activation, name, conv.filters);
    }

    fn dense(&mut self, dense: &Dense, name: &str, features: u32) {
        self.weights(name, &[dense.units, features]);
        self.bias(dense.bias, name, &[dense.units]);
        self.activation(dense.activation, name, dense.units);
    }

    fn tail(
        &mut self,
        norm: Option<Norm>,
        activation: Option<Activation>,
        name: &str,
        channels: u32,
    ) {
        if let Some(norm) = &norm {
            self.norm(norm, &format!("{name}.norm"), channels);
        }
        self.activation(activation, name, channels);
    }

    fn norm(&mut self, norm: &Norm, name: &str, channels: u32) {
        self.weights(name, &[channels]);
        self.bias(true, name, &[channels]);
        if matches!(norm, Norm::Batch { .. }) {
            self.put(format!("{name}.running_mean"), &[channels], true);
            self.put(format!("{name}.running_var"), &[channels], true);
        }
    }

    fn activation(&mut self, activation: Option<Activation>, name: &str, channels: u32) {
        if activation == Some(Activation::Prelu) {
            self.put(format!("{name}.slope"), &[channels], false);
        }
    }

    fn weights(&mut self, name: &str, shape: &[u32]) {
        self.put(format!("{name}.weight"), shape, false);
    }

    fn bias(&mut self, is_there: bool, name: &str, shape: &[u32]) {
        if is_there {
            self.put(format!("{name}.bias"), shape, false);
        }
    }

    fn put(&mut self, name: String, shape: &[u32], statistic: bool) {
        self.found.push(TensorShape {
            name,
            shape: shape.to_vec(),
            statistic,
        });
    }
}
