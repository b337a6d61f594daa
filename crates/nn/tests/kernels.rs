//! Our kernels against the tensor library's stock operations and against PyTorch: training from the
//! same weights on the same batches.

mod common;

use common::plain_conv;
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{build, first_device};
use convsweep_spec::model::*;
use convsweep_spec::random::IndexedDraws;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::{Kernels, Optimizer};
use std::collections::BTreeMap;

const STEPS: usize = 20;

fn conv(filters: u32, kernel: u32, stride: u32, padding: Padding) -> Layer {
    Layer::Conv(plain(filters, kernel, stride, padding))
}

fn plain(filters: u32, kernel: u32, stride: u32, padding: Padding) -> Conv {
    Conv {
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding,
        activation: Some(Activation::Relu),
        ..plain_conv(filters)
    }
}

/// With batch normalisation instead of a bias.
fn normed(conv: Conv, activation: Option<Activation>) -> Layer {
    let norm = Some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    });
    Layer::Conv(Conv {
        bias: false,
        norm,
        activation,
        init: Init::KaimingNormal,
        ..conv
    })
}

fn pool() -> Layer {
    Layer::Pool(Pool {
        kind: PoolKind::Max,
        size: [2; 2],
        stride: [2; 2],
        padding: Padding::Valid,
    })
}

fn dense(units: u32, activation: Option<Activation>) -> Layer {
    Layer::Dense(Dense {
        units,
        bias: true,
        activation,
        init: Init::GlorotUniform,
    })
}

fn tutorial() -> Vec<Layer> {
    let conv = |filters| conv(filters, 3, 1, Padding::Valid);
    let relu = Some(Activation::Relu);
    vec![
        conv(32),
        pool(),
        conv(64),
        pool(),
        conv(64),
        Layer::Flatten,
        dense(64, relu),
        dense(10, None),
    ]
}

/// Strides, padding, a pool that is not 2×2, odd sizes and few filters.
fn odd() -> Vec<Layer> {
    let overlapping = Pool {
        kind: PoolKind::Max,
        size: [3; 2],
        stride: [2; 2],
        padding: Padding::Same,
    };
    vec![
        conv(12, 5, 2, Padding::Same),
        conv(16, 3, 1, Padding::Same),
        conv(16, 3, 1, Padding::Same),
        Layer::Pool(overlapping),
        conv(20, 1, 1, Padding::Valid),
        Layer::Flatten,
        dense(10, None),
    ]
}

/// ResNet-20 for CIFAR (He et al. 2016), with projections.
fn resnet20() -> Vec<Layer> {
    let relu = Some(Activation::Relu);
    let mut layers = vec![normed(plain(16, 3, 1, Padding::Same), relu)];
    for (width, first) in [(16, 1), (32, 2), (64, 2)] {
        for stride in [first, 1, 1] {
            let body = vec![
                normed(plain(width, 3, stride, Padding::Pixels([1; 2])), relu),
                normed(plain(width, 3, 1, Padding::Pixels([1; 2])), None),
            ];
            layers.push(Layer::Residual(Residual {
                layers: body,
                shortcut: Shortcut::Auto,
            }));
            layers.push(Layer::Activation {
                activation: Activation::Relu,
            });
        }
    }
    layers.extend([global_average(), dense(10, None)]);
    layers
}

fn global_average() -> Layer {
    Layer::Pool(Pool {
        kind: PoolKind::GlobalAverage,
        size: [1; 2],
        stride: [1; 2],
        padding: Padding::Valid,
    })
}

/// Pairs of convolutions before each pool.
fn vgg() -> Vec<Layer> {
    let conv = |width| {
        Layer::Conv(Conv {
            init: Init::KaimingNormal,
            ..plain(width, 3, 1, Padding::Same)
        })
    };
    let pair = |width| [conv(width), conv(width), pool()];
    let mut layers: Vec<Layer> = [16, 32, 64].into_iter().flat_map(pair).collect();
    layers.extend([
        Layer::Flatten,
        dense(64, Some(Activation::Relu)),
        dense(10, None),
    ]);
    layers
}

/// Consecutive blocks with branches of three kernel sizes and a pooling, concatenated.
fn inception() -> Vec<Layer> {
    let average = Pool {
        kind: PoolKind::Average,
        size: [3; 2],
        stride: [1; 2],
        padding: Padding::Same,
    };
    let block = |one, three, five| {
        Layer::Parallel(Parallel {
            branches: vec![
                vec![conv(one, 1, 1, Padding::Same)],
                vec![conv(three, 3, 1, Padding::Same)],
                vec![conv(five, 5, 1, Padding::Same)],
                vec![Layer::Pool(average.clone()), conv(8, 1, 1, Padding::Same)],
            ],
            join: Join::Concat,
        })
    };
    let stem = conv(32, 3, 1, Padding::Same);
    vec![
        stem,
        pool(),
        block(32, 48, 16),
        pool(),
        block(32, 48, 16),
        global_average(),
        dense(10, None),
    ]
}

/// Images whose classes can be learned: noise with a brighter square at one of ten places.
fn batch(side: usize, images: usize, step: usize) -> (Vec<f32>, Vec<u16>) {
    let labels: Vec<u16> = (0..images)
        .map(|i| ((i * 7 + step * 3) % 10) as u16)
        .collect();
    let (stream, pixels) = (
        IndexedDraws::new("noise", 0, "", 0),
        images * 3 * side * side,
    );
    let pixel = |i: usize| {
        let (image, y, x) = (i / (3 * side * side), i / side % side, i % side);
        let (label, square) = (usize::from(labels[image]), side / 5);
        let bright = y / square == label / 5 + 1 && x / square == label % 5;
        let noise = stream.uniform((step * pixels + i) as u64) as f32;
        noise * 0.7 + if bright { 0.3 } else { 0.0 }
    };
    ((0..pixels).map(pixel).collect(), labels)
}

fn losses(layers: &[Layer], [side, images]: [usize; 2], lr: f64, kernels: Kernels) -> Vec<f64> {
    let input = Shape::Image {
        channels: 3,
        height: side as u32,
        width: side as u32,
    };
    let model = ModelSpec {
        layers: layers.to_vec(),
    };
    let mut network = build(&model, input, 10, 3, &first_device().expect("a device"))
        .expect("fits")
        .with_kernels(kernels);
    // SGD, since Adam makes full steps of gradients that consist of rounding errors: after 20 steps
    // even a difference of 1e-8 shows.
    let optimizer = Optimizer::sgd(lr, 0.9);
    let mut state = OptimizerState::new(&optimizer);
    let step = |step: usize| {
        let (pixels, labels) = batch(side, images, step);
        let mut found = network.gradients(pixels, [images, 3, side, side], &labels, 0, step as u64);
        network.update_statistics(&mut found);
        state.step(&optimizer, optimizer.lr, &mut network, found.gradients);
        found.loss_sum.value() / images as f64
    };
    (0..STEPS).map(step).collect()
}

fn agree(layers: &[Layer], size: [usize; 2], lr: f64, all: &[Kernels]) {
    let stock = losses(layers, size, lr, Kernels::Stock);
    assert!(
        stock.iter().any(|loss| (loss - stock[0]).abs() > 0.02),
        "the weights move: {stock:?}"
    );
    for &kernels in all {
        let own = losses(layers, size, lr, kernels);
        let apart: Vec<f64> = own
            .iter()
            .zip(&stock)
            .map(|(own, stock)| (own - stock).abs())
            .collect();
        assert!(
            apart.iter().all(|&d| d < 1e-3),
            "{kernels:?}: apart by {apart:?}; stock {stock:?}"
        );
    }
}

#[test]
fn losses_agree_with_stock_operations() {
    for layers in [tutorial(), odd()] {
        agree(&layers, [32, 16], 0.02, &[Kernels::Auto, Kernels::Direct]);
    }
}

#[test]
fn losses_of_a_residual_network_agree() {
    // With larger steps, any two correct computations of such a network diverge, since rounding
    // decides on which side of ReLU a value is.
    agree(&resnet20(), [16, 16], 3e-4, &[Kernels::Auto]);
}

#[test]
fn losses_of_a_deep_plain_network_agree() {
    agree(&vgg(), [16, 16], 0.01, &[Kernels::Auto]);
}

#[test]
fn losses_of_a_network_of_branches_agree() {
    agree(&inception(), [16, 16], 0.02, &[Kernels::Auto]);
}

/// In evaluation, the norm behind a convolution becomes a part of its weights.
#[test]
fn evaluation_agrees_with_stock_operations() {
    let input = Shape::Image {
        channels: 3,
        height: 32,
        width: 32,
    };
    let depthwise = Conv {
        groups: 16,
        bias: true,
        ..plain(16, 3, 2, Padding::Same)
    };
    let mobile = [
        normed(plain(16, 3, 1, Padding::Same), Some(Activation::Relu)),
        normed(depthwise, None),
        normed(plain(32, 1, 1, Padding::Same), Some(Activation::Relu)),
        global_average(),
        dense(10, None),
    ];
    for layers in [resnet20(), mobile.to_vec()] {
        let model = ModelSpec { layers };
        let mut network =
            build(&model, input, 10, 3, &first_device().expect("a device")).expect("fits");
        let optimizer = Optimizer::sgd(0.05, 0.9);
        let mut state = OptimizerState::new(&optimizer);
        for step in 0..5 {
            let (pixels, labels) = batch(32, 16, step);
            let mut found = network.gradients(pixels, [16, 3, 32, 32], &labels, 0, step as u64);
            network.update_statistics(&mut found);
            state.step(&optimizer, optimizer.lr, &mut network, found.gradients);
        }
        let (pixels, _) = batch(32, 16, 9);
        let own = network.classify(pixels.clone(), [16, 3, 32, 32]);
        let stock = network
            .with_kernels(Kernels::Stock)
            .classify(pixels, [16, 3, 32, 32]);
        let most = stock.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        assert!(most > 0.1, "it says something: {stock:?}");
        for (own, stock) in own.iter().zip(&stock) {
            assert!((own - stock).abs() < 1e-4 * most, "{own}, stock {stock}");
        }
    }
}

/// As `noise` of `tests/vectors/training.py`.
fn noise(i: usize, j: usize) -> f64 {
    let v = (12.9898 * i as f64 + 78.233 * j as f64).sin() * 43758.5453;
    2.0 * (v - v.floor()) - 1.0
}

/// As `batch` of `tests/vectors/training.py`.
fn striped(step: usize) -> (Vec<f32>, Vec<u16>) {
    const SIDE: usize = 32;
    let labels: Vec<u16> = (0..16).map(|i| (i * 7 + step as u16 * 3) % 10).collect();
    let pixel = |i: usize| {
        let (label, x) = (f64::from(labels[i / (3 * SIDE * SIDE)]), (i % SIDE) as f64);
        (0.5 + 0.25 * noise(i, 1000 + step) + 0.25 * (0.1 * (label + 1.0) * x).sin()) as f32
    };
    ((0..16 * 3 * SIDE * SIDE).map(pixel).collect(), labels)
}

/// Compares the losses of twenty steps with PyTorch's in f64 (`tests/vectors/training.py`), for all
/// kernels. Rounding decides on which side of ReLU a value near 0 is, and each such decision
/// changes the gradient by about a thousandth. The learning rates are so low that the differences
/// stay far below the tolerance of 3e-4.
fn check_against_pytorch(name: &str, layers: Vec<Layer>, lr: f64) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/training.json"
    );
    let kept: BTreeMap<String, Vec<f64>> =
        serde_json::from_str(&std::fs::read_to_string(path).expect("kept")).expect("JSON");
    let (model, input) = (
        ModelSpec { layers },
        Shape::Image {
            channels: 3,
            height: 32,
            width: 32,
        },
    );
    for kernels in [Kernels::Auto, Kernels::Direct] {
        let network =
            build(&model, input, 10, 0, &first_device().expect("a device")).expect("fits");
        let mut network = network.with_kernels(kernels);
        let shapes: Vec<(String, Vec<usize>)> = network
            .parameters()
            .iter()
            .map(|p| (p.name.clone(), p.shape.clone()))
            .collect();
        let start = |name: &str| {
            if let Some((norm, statistic)) = name.split_once("running_") {
                let (_, channels) = shapes.iter().find(|(n, _)| *n == format!("{norm}weight"))?;
                return Some(vec![
                    if statistic == "mean" { 0.0 } else { 1.0 };
                    channels[0]
                ]);
            }
            let (j, (_, shape)) = shapes.iter().enumerate().find(|(_, (n, _))| n == name)?;
            let count: usize = shape.iter().product();
            let size = match shape[..] {
                [filters, _, ..] => (6.0 / (count / filters) as f64).sqrt(),
                _ => 0.05,
            };
            let is_scale = name.ends_with("norm.weight");
            Some(
                (0..count)
                    .map(|i| {
                        if is_scale {
                            1.0
                        } else {
                            (noise(i, j) * size) as f32
                        }
                    })
                    .collect(),
            )
        };
        network.restore(&start).expect("same names");
        let optimizer = Optimizer::sgd(lr, 0.9);
        let mut state = OptimizerState::new(&optimizer);
        for (step, expected) in kept[name].iter().enumerate() {
            let (pixels, labels) = striped(step);
            let mut found = network.gradients(pixels, [16, 3, 32, 32], &labels, 0, step as u64);
            network.update_statistics(&mut found);
            state.step(&optimizer, lr, &mut network, found.gradients);
            let loss = found.loss_sum.value() / 16.0;
            assert!(
                (loss - expected).abs() < 3e-4,
                "{name}, {kernels:?}, step {step}: {loss}, PyTorch {expected}"
            );
        }
    }
}

#[test]
fn losses_agree_with_pytorch() {
    check_against_pytorch("tutorial", tutorial(), 0.01);
    check_against_pytorch("resnet20", resnet20(), 1e-4);
    check_against_pytorch("vgg", vgg(), 3e-5);
    check_against_pytorch("inception", inception(), 0.01);
}

fn chosen(layers: Vec<Layer>, kernels: Kernels) -> Vec<String> {
    let input = Shape::Image {
        channels: 3,
        height: 32,
        width: 32,
    };
    let network = build(
        &ModelSpec { layers },
        input,
        10,
        3,
        &first_device().expect("a device"),
    )
    .expect("fits");
    let choices = network.with_kernels(kernels).kernel_choices();
    choices
        .iter()
        .map(|c| format!("{}: {}", c.layer, c.kernel))
        .collect()
}

#[test]
fn kernel_choices_name_the_kernel_of_each_layer() {
    let of = |kernels| chosen(tutorial(), kernels).join(", ");
    let rest = "dense1: own, dense2: own";
    let pools = |conv: &str| {
        format!(
            "conv1: direct, pool1: with conv1, conv2: {conv}, pool2: with conv2, conv3: {conv}, {rest}"
        )
    };
    assert_eq!(of(Kernels::Auto), pools("winograd"));
    assert_eq!(of(Kernels::Direct), pools("direct"));
    assert!(
        chosen(resnet20(), Kernels::Stock)
            .iter()
            .all(|c| c.ends_with(": stock"))
    );
}

#[test]
fn kernel_choices_include_layers_in_structures() {
    let found = chosen(resnet20(), Kernels::Auto);
    let expected = "residual4.conv1: direct, residual4.conv1.norm: own, residual4.conv2: winograd, \
                    residual4.conv2.norm: own, residual4.shortcut.conv1: direct, residual4.shortcut.conv1.norm: own, \
                    residual4: with residual4.conv2.norm, activation4: with residual4.conv2.norm";
    let first = found
        .iter()
        .position(|c| c.starts_with("residual4"))
        .expect("it is there");
    assert_eq!(found[first..first + 8].join(", "), expected);

    let found = chosen(inception(), Kernels::Auto);
    let expected = "parallel1.branch1.conv1: direct, parallel1.branch2.conv1: winograd, parallel1.branch3.conv1: winograd, \
                    parallel1.branch4.pool1: own, parallel1.branch4.conv1: direct, parallel1: stock, pool2: own";
    let first = found
        .iter()
        .position(|c| c.starts_with("parallel1"))
        .expect("it is there");
    assert_eq!(found[first..first + 7].join(", "), expected);
}
