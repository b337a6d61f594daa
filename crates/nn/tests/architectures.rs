//! Random architectures: the network has the parameters and shapes that the summary predicts.

mod common;

use common::plain_conv;
use convsweep_nn::{Network, build, device};
use convsweep_spec::augment::Fill;
use convsweep_spec::device::DeviceName;
use convsweep_spec::model::*;
use convsweep_spec::random::IndexedDraws;
use convsweep_spec::shape::{ModelSummary, Shape, summarize, tensors};

/// A generator of random choices.
struct Draw {
    stream: IndexedDraws,
    next: u64,
}

impl Draw {
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

    fn layer(&mut self, depth: u32) -> Layer {
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
fn fitting(layers: &[Layer], input: Shape) -> Option<(ModelSpec, ModelSummary, u32)> {
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
fn kinds(layers: &[Layer], all: &mut std::collections::BTreeSet<&'static str>) {
    for layer in layers {
        all.insert(layer.kind());
        match layer {
            Layer::Residual(r) => kinds(&r.layers, all),
            Layer::Parallel(p) => p.branches.iter().for_each(|b| kinds(b, all)),
            _ => {}
        }
    }
}

#[test]
fn networks_agree_with_their_summaries() {
    let (channels, height, width) = (4, 7, 6);
    let input = Shape::Image {
        channels,
        height,
        width,
    };
    let device = device(DeviceName::CPU).expect("cpu");
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..150 {
        let mut draw = Draw {
            stream: IndexedDraws::new("architectures", number, "", 0),
            next: 0,
        };
        let mut layers: Vec<Layer> = vec![];
        for _ in 0..30 {
            layers.push(draw.layer(0));
            let Some((model, summary, outputs)) = fitting(&layers, input) else {
                layers.pop();
                continue;
            };
            if layers.len() < 6 {
                continue;
            }
            let network = build(&model, input, outputs, number, &device)
                .expect("the summary says that it fits");
            agree(&network, &summary, &model);
            let images = vec![0.5; (2 * channels * height * width) as usize];
            let shape = [2, channels as usize, height as usize, width as usize];
            assert_eq!(
                network.classify(images, shape).len(),
                2 * outputs as usize,
                "{summary:#?}"
            );
            kinds(&layers, &mut seen);
            break;
        }
    }
    let all = 17;
    assert_eq!(seen.len(), all, "{seen:?}");
}

/// The numbers of parameters are equal, in total and for each layer, and each name begins with a
/// layer's.
fn agree(network: &Network, summary: &ModelSummary, model: &ModelSpec) {
    assert_eq!(
        network.parameter_count() as u64,
        summary.parameters,
        "{model:#?}"
    );
    let mut left: Vec<(&str, u64)> = network
        .parameters()
        .iter()
        .map(|p| (p.name.as_str(), p.count() as u64))
        .collect();
    for layer in &summary.layers {
        let prefix = format!("{}.", layer.name);
        let structure = layer
            .name
            .rsplit('.')
            .next()
            .is_some_and(|n| n.starts_with("residual") || n.starts_with("parallel"));
        if structure {
            continue;
        }
        let own: u64 = left
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(_, n)| n)
            .sum();
        assert_eq!(own, layer.parameters, "{} of {model:#?}", layer.name);
        left.retain(|(name, _)| !name.starts_with(&prefix));
    }
    assert!(left.is_empty(), "{left:?}");
    let (statistics, trained): (Vec<_>, Vec<_>) = tensors(model, summary)
        .into_iter()
        .partition(|t| t.statistic);
    let predicted = trained
        .into_iter()
        .chain(statistics)
        .map(|t| (t.name, t.shape));
    let shape = |t: &convsweep_nn::Named| t.shape.iter().map(|&n| n as u32).collect();
    let built: Vec<(String, Vec<u32>)> = network
        .tensors()
        .map(|t| (t.name.clone(), shape(t)))
        .collect();
    assert_eq!(predicted.collect::<Vec<_>>(), built, "{model:#?}");
}

fn conv(filters: u32, norm: Option<Norm>) -> Layer {
    Layer::Conv(Conv {
        norm,
        init: Init::KaimingNormal,
        ..plain_conv(filters)
    })
}

fn mask(layer: Layer, seed: u64, step: u64) -> Vec<f32> {
    let input = Shape::Image {
        channels: 3,
        height: 4,
        width: 5,
    };
    let model = ModelSpec {
        layers: vec![layer, Layer::Flatten],
    };
    let network =
        build(&model, input, 60, 0, &device(DeviceName::CPU).expect("cpu")).expect("fits");
    network
        .derivatives(
            vec![1.0; 40 * 60],
            [40, 3, 4, 5],
            vec![1.0; 40 * 60],
            seed,
            step,
        )
        .images
}

#[test]
fn drop_path_and_spatial_dropout_drop_whole_units_by_step() {
    let check = |layer: Layer, unit: usize| {
        let found = mask(layer.clone(), 1, 2);
        let values: Vec<f32> = found.chunks(unit).map(|c| c[0]).collect();
        assert!(
            found.chunks(unit).all(|c| c.iter().all(|v| *v == c[0])),
            "{layer:?}"
        );
        assert!(
            values
                .iter()
                .all(|v| *v == 0.0 || (*v - 4.0 / 3.0).abs() < 1e-6),
            "{layer:?}"
        );
        let dropped = values.iter().filter(|v| **v == 0.0).count() as f64 / values.len() as f64;
        assert!((0.05..0.5).contains(&dropped), "{layer:?}: {dropped}");
        assert_eq!(found, mask(layer.clone(), 1, 2), "{layer:?}");
        assert_ne!(found, mask(layer.clone(), 1, 3), "{layer:?}");
        assert_ne!(found, mask(layer.clone(), 2, 2), "{layer:?}");
    };
    check(Layer::Dropout { rate: 0.25 }, 1);
    check(Layer::SpatialDropout { rate: 0.25 }, 20);
    check(Layer::DropPath { rate: 0.25 }, 60);
}

#[test]
fn initial_weights_depend_on_the_path_of_a_layer() {
    let residual = |layers| {
        Layer::Residual(Residual {
            layers,
            shortcut: Shortcut::Auto,
        })
    };
    let dense = Layer::Dense(Dense {
        units: 2,
        bias: true,
        activation: None,
        init: Init::Torch,
    });
    let values = |mut layers: Vec<Layer>| {
        layers.extend([Layer::Flatten, dense.clone()]);
        let input = Shape::Image {
            channels: 3,
            height: 4,
            width: 4,
        };
        let network = build(
            &ModelSpec { layers },
            input,
            2,
            7,
            &device(DeviceName::CPU).expect("cpu"),
        )
        .expect("fits");
        network
            .parameters()
            .iter()
            .map(|p| (p.name.clone(), p.values()))
            .collect::<Vec<_>>()
    };
    let batch = Some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    });
    let one = values(vec![residual(vec![conv(4, None), conv(4, batch)])]);
    let names: Vec<_> = one.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "residual1.conv1.weight residual1.conv1.bias residual1.conv2.weight residual1.conv2.bias \
        residual1.conv2.norm.weight residual1.conv2.norm.bias residual1.shortcut.conv1.weight \
        residual1.shortcut.conv1.bias residual1.shortcut.conv1.norm.weight residual1.shortcut.conv1.norm.bias";
    assert_eq!(
        names[..10].join(" "),
        expected.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    // A second residual behind it leaves the first as it is, and has other initial weights.
    let two = values(vec![
        residual(vec![conv(4, None), conv(4, batch)]),
        residual(vec![conv(4, None), conv(4, batch)]),
    ]);
    assert_eq!(one[..10], two[..10]);
    assert_ne!(two[2].1, two[12].1);
}
