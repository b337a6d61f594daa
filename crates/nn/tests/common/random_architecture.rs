//! Random layers, and the architectures that they make.

use convsweep_nn::Network;
use convsweep_spec::augment::Fill;
use convsweep_spec::model::*;
use convsweep_spec::random::IndexedDraws;
use convsweep_spec::shape::{ModelSummary, Shape, summarize};
use std::collections::BTreeSet;

/// A generator of random choices.
pub struct Draw {
    stream: IndexedDraws,
    next: u64,
}

impl Draw {
    /// The generator with this number.
    pub fn new(number: u64) -> Draw {
        Draw {
            stream: IndexedDraws::new("architectures", number, "", 0),
            next: 0,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next += 1;
        self.stream.bits(self.next) % n
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn pair(&mut self, choices: &[u32]) -> [u32; 2] {
        [self.of(choices), self.of(choices)]
    }

    fn padding(&mut self) -> Padding {
        let pixels = self.pair(&[0, 1, 2]);
        self.of(&[
            Padding::Valid,
            Padding::Same,
            Padding::Same,
            Padding::Pixels(pixels),
        ])
    }

    fn norm(&mut self) -> Option<Norm> {
        let (momentum, epsilon) = (0.1, 1e-5);
        self.of(&[
            None,
            Some(Norm::Batch { momentum, epsilon }),
            Some(Norm::Layer { epsilon }),
            Some(Norm::Group { groups: 2, epsilon }),
            Some(Norm::Instance { epsilon }),
        ])
    }

    fn activation(&mut self) -> Option<Activation> {
        self.of(&[
            None,
            Some(Activation::Relu),
            Some(Activation::Prelu),
            Some(Activation::HardSwish),
        ])
    }

    /// A layer; structures only at depths below 2.
    pub fn layer(&mut self, depth: u32) -> Layer {
        let init = self.of(&[
            Init::GlorotUniform,
            Init::KaimingNormal,
            Init::KaimingUniform,
            Init::Torch,
        ]);
        let (kernel, stride, padding) =
            (self.pair(&[1, 2, 3]), self.pair(&[1, 1, 2]), self.padding());
        let (dilation, bias) = (self.pair(&[1, 1, 2]), self.of(&[true, false]));
        let (norm, activation) = (self.norm(), self.activation());
        let (filters, groups) = (self.of(&[2, 4, 6]), self.of(&[1, 1, 2]));
        match self.below(if depth < 2 { 22 } else { 18 }) {
            0 | 1 => Layer::Conv(Conv {
                filters,
                kernel,
                stride,
                padding,
                dilation,
                groups,
                bias,
                norm,
                activation,
                init,
            }),
            2 => {
                let multiplier = self.of(&[1, 2]);
                Layer::Depthwise(Depthwise {
                    multiplier,
                    kernel,
                    stride,
                    padding,
                    dilation,
                    bias,
                    norm,
                    activation,
                    init,
                })
            }
            3 => {
                let multiplier = self.of(&[1, 2]);
                Layer::Separable(Separable {
                    filters,
                    multiplier,
                    kernel,
                    stride,
                    padding,
                    dilation,
                    bias,
                    norm,
                    activation,
                    init,
                })
            }
            4 => {
                let output_padding = if padding == Padding::Same {
                    [0, 0]
                } else {
                    self.pair(&[0, 0, 1])
                };
                Layer::Transposed(Transposed {
                    filters,
                    kernel,
                    stride,
                    padding,
                    output_padding,
                    dilation,
                    groups,
                    bias,
                    norm,
                    activation,
                    init,
                })
            }
            5 => Layer::LocallyConnected(LocallyConnected {
                filters,
                kernel,
                stride,
                padding,
                bias,
                norm,
                activation,
                init,
            }),
            6 | 7 => {
                let size = self.pair(&[1, 2, 3]);
                let (kind, padding) = (
                    self.of(&[PoolKind::Max, PoolKind::Average]),
                    self.of(&[Padding::Valid, Padding::Same]),
                );
                Layer::Pool(Pool {
                    kind,
                    size,
                    stride,
                    padding,
                })
            }
            8 => {
                let (kind, size) = (
                    self.of(&[PoolKind::AdaptiveAverage, PoolKind::AdaptiveMax]),
                    self.pair(&[1, 2, 3]),
                );
                Layer::Pool(Pool {
                    kind,
                    size,
                    stride: [0, 0],
                    padding: Padding::Valid,
                })
            }
            9 => Layer::Norm {
                norm: norm.unwrap_or(Norm::Layer { epsilon: 1e-5 }),
            },
            10 => Layer::Activation {
                activation: activation.unwrap_or(Activation::Mish),
            },
            11 => Layer::Dropout { rate: 0.5 },
            12 => self
                .of(&[0.1, 0.4])
                .pipe(|rate| Layer::SpatialDropout { rate }),
            13 => Layer::DropPath { rate: 0.3 },
            14 => {
                let factor = self.pair(&[1, 2]);
                Layer::Upsample(Upsample {
                    factor,
                    method: self.of(&[Interpolation::Nearest, Interpolation::Bilinear]),
                })
            }
            15 => {
                let reduction = self.of(&[1, 2, 16]);
                let activation = activation.unwrap_or(Activation::Relu);
                Layer::SqueezeExcite(SqueezeExcite {
                    reduction,
                    activation,
                    gate: Activation::Sigmoid,
                    init,
                })
            }
            16 => {
                let pixels = [self.pair(&[0, 1, 2]), self.pair(&[0, 1])];
                Layer::Pad(Pad {
                    pixels,
                    fill: self.of(&[Fill::Zero, Fill::Reflect, Fill::Nearest]),
                })
            }
            17 if depth == 0 && self.below(3) == 0 => self
                .of(&[PoolKind::GlobalAverage, PoolKind::GlobalMax])
                .pipe(|kind| {
                    Layer::Pool(Pool {
                        kind,
                        size: [0, 0],
                        stride: [0, 0],
                        padding: Padding::Valid,
                    })
                }),
            17 => Layer::Dense(Dense {
                units: 5,
                bias,
                activation,
                init,
            }),
            18 | 19 => {
                let layers = (0..1 + self.below(3))
                    .map(|_| self.layer(depth + 1))
                    .collect();
                let own = vec![self.layer(depth + 1)];
                let shortcut = match self.below(6) {
                    0 => Shortcut::Identity,
                    1 => Shortcut::Projection,
                    2 => Shortcut::Pad,
                    3 => Shortcut::Layers(own),
                    _ => Shortcut::Auto,
                };
                Layer::Residual(Residual { layers, shortcut })
            }
            _ => {
                let branch = |_| (0..self.below(3)).map(|_| self.layer(depth + 1)).collect();
                let branches = (0..2).map(branch).collect();
                Layer::Parallel(Parallel {
                    branches,
                    join: self.of(&[Join::Concat, Join::Add]),
                })
            }
        }
    }
}

trait Pipe: Sized {
    fn pipe<T>(self, f: impl FnOnce(Self) -> T) -> T {
        f(self)
    }
}
impl<T> Pipe for T {}

/// `layers` with a flattening behind them, their summary and their number of outputs, if they fit.
pub fn fitting(layers: &[Layer], input: Shape) -> Option<(ModelSpec, ModelSummary, u32)> {
    let mut layers = layers.to_vec();
    layers.push(Layer::Flatten);
    let model = ModelSpec { layers };
    let outputs = match summarize(&model, input, u32::MAX) {
        Err(error) if error.path == [model.layers.len() - 1] => {
            u32::try_from(error.input.elements()).ok()?
        }
        _ => return None,
    };
    let summary = summarize(&model, input, outputs).ok()?;
    (outputs < 2000).then_some((model, summary, outputs))
}

/// The kinds of all layers, including those in structures.
pub fn kinds(layers: &[Layer], all: &mut BTreeSet<&'static str>) {
    for layer in layers {
        all.insert(layer.kind());
        match layer {
            Layer::Residual(r) => kinds(&r.layers, all),
            Layer::Parallel(p) => p.branches.iter().for_each(|b| kinds(b, all)),
            _ => {}
        }
    }
}

/// Numbers between -1 and 1 that belong to a name and have all bits of an f32.
pub fn numbers(name: &str, count: usize) -> Vec<f32> {
    let draws = IndexedDraws::new("numbers", 1, name, 0);
    let number = |i| (2.0 * draws.uniform(i) - 1.0) as f32;
    (0..count as u64).map(number).collect()
}

/// The network with random values in all tensors, none of them neutral.
pub fn randomized(mut network: Network) -> Network {
    let mut values = network.values_by_name();
    for (name, own) in &mut values {
        let drawn = numbers(name, own.len());
        let is_variance = name.ends_with("running_var");
        for (own, drawn) in own.iter_mut().zip(drawn) {
            *own = match is_variance {
                true => 1.0 + 0.5 * drawn,
                false => *own + 0.2 * drawn,
            };
        }
    }
    let restored = network.restore(&|name| values.get(name).cloned());
    restored.expect("all are there");
    network
}
