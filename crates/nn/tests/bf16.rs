//! Networks in bfloat16 beside the same ones in f32, by LibTorch.

#![cfg(feature = "libtorch")]

mod common;

use common::random_architecture::{Draw, fitting, numbers, randomized};
use common::{dense, image, plain_conv};
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::{Activation, Conv, Layer, ModelSpec, Norm, Padding};
use convsweep_spec::train::{Kernels, Precision};

const SHAPE: [usize; 4] = [16, 4, 7, 6];
/// bfloat16 has 8 significant bits.
const EPSILON: f64 = 1.0 / 256.0;

fn network(layers: Vec<Layer>, classes: u32) -> Network {
    let device = first_device().expect("a device");
    let model = ModelSpec { layers };
    randomized(build(&model, image(SHAPE), classes, 1, &device).expect("fits"))
}

/// The norm of the difference, as a share of the norm of the expected values.
fn difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = found.iter().zip(expected);
    let difference = norm(&mut pairs.map(|(a, b)| f64::from(a - b)));
    difference / norm(&mut expected.iter().map(|v| f64::from(*v))).max(1e-6)
}

/// Differences of the logits in evaluation, and of all gradients of a step together.
fn differences(network: &Network) -> [f64; 2] {
    let other = network.clone().with_precision(Precision::Bf16);
    let images = || numbers("images", SHAPE.iter().product());
    let classes = network.classes() as u16;
    let labels: Vec<u16> = (0..SHAPE[0] as u16).map(|i| i % classes).collect();
    let [logits, rounded] = [network, &other].map(|n| n.classify(images(), SHAPE));
    let [exact, found] = [network, &other].map(|network| {
        let found = network.gradients(images(), SHAPE, &labels, 3, 5);
        let mut all: Vec<f32> = Vec::new();
        for gradient in found.gradients {
            all.extend(gradient.into_data().try_into_vec::<f32>().expect("f32"));
        }
        all
    });
    [difference(&rounded, &logits), difference(&found, &exact)]
}

fn conv(filters: u32) -> Conv {
    Conv {
        bias: false,
        norm: Some(Norm::Batch {
            momentum: 0.1,
            epsilon: 1e-3,
        }),
        activation: Some(Activation::Relu),
        ..plain_conv(filters)
    }
}

#[test]
fn layers_in_bf16_are_near_those_in_f32() {
    let networks = [
        vec![Layer::Flatten, dense(3)],
        vec![Layer::Conv(plain_conv(6)), Layer::Flatten, dense(3)],
        vec![
            Layer::Conv(conv(8)),
            Layer::Conv(conv(8)),
            Layer::Flatten,
            dense(3),
        ],
    ];
    for (layers, tolerance) in networks.into_iter().zip([1.0, 2.0, 16.0]) {
        for kernels in [Kernels::Auto, Kernels::Stock] {
            let network = network(layers.clone(), 3).with_kernels(kernels);
            let found = differences(&network);
            let is_near = |difference: &f64| (1e-6..tolerance * EPSILON).contains(difference);
            assert!(
                found.iter().all(is_near),
                "{kernels:?} {layers:?}: {found:?}"
            );
        }
    }
}

#[test]
fn random_networks_in_bf16_are_near_those_in_f32() {
    let (mut logits, mut gradients) = (Vec::new(), Vec::new());
    for number in 2000..2060 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![Layer::Conv(plain_conv(6))];
        let mut outputs = None;
        for _ in 0..20 {
            layers.push(draw.layer(0));
            match fitting(&layers, image(SHAPE)) {
                Some((model, _, classes)) => outputs = Some((model.layers, classes)),
                None => _ = layers.pop(),
            }
        }
        let Some((layers, classes)) = outputs else {
            continue;
        };
        let found = differences(&network(layers.clone(), classes));
        assert!(found.iter().all(|d| d.is_finite()), "{found:?} {layers:?}");
        logits.push(found[0]);
        gradients.push(found[1]);
    }
    assert!(logits.len() > 30, "{}", logits.len());
    // Norms of few values, and ReLUs near 0, make some of the networks sensitive.
    let of_three_quarters = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() * 3 / 4]
    };
    let [logits, gradients] = [logits, gradients].map(of_three_quarters);
    assert!((1e-4..4.0 * EPSILON).contains(&logits), "{logits}");
    assert!((1e-4..32.0 * EPSILON).contains(&gradients), "{gradients}");
}

#[test]
fn strided_convolutions_of_narrow_images_are_right() {
    const NARROW: [usize; 4] = [16, 4, 7, 2];
    let (labels, images) = (
        [0, 1, 2, 1].repeat(4),
        numbers("images", NARROW.iter().product()),
    );
    for kernel in [[1, 3], [3, 3], [2, 2]] {
        let conv = Conv {
            kernel,
            stride: [1, 3],
            padding: Padding::Pixels([0, 2]),
            ..plain_conv(6)
        };
        let model = ModelSpec {
            layers: vec![Layer::Conv(conv), Layer::Flatten, dense(3)],
        };
        let device = first_device().expect("a device");
        let network = randomized(build(&model, image(NARROW), 3, 1, &device).expect("fits"));
        let of = |network: &Network| {
            let found = network.gradients(images.clone(), NARROW, &labels, 3, 5);
            let first = found.gradients[0].clone().into_data();
            first.try_into_vec::<f32>().expect("f32")
        };
        let exact = of(&network);
        let found = of(&network.with_precision(Precision::Bf16));
        let difference = difference(&found, &exact);
        assert!(difference < 8.0 * EPSILON, "{kernel:?}: {difference}");
    }
}

#[test]
fn frozen_layers_in_bf16_have_no_gradients_and_pass_them_on() {
    let layers = vec![
        Layer::Conv(conv(8)),
        Layer::Conv(conv(8)),
        Layer::Flatten,
        dense(3),
    ];
    let mut network = network(layers, 3);
    network.freeze(&["conv2".to_string()]);
    let found = differences(&network);
    assert!(
        found.iter().all(|d| (1e-6..16.0 * EPSILON).contains(d)),
        "{found:?}"
    );
    let labels = [0; SHAPE[0]];
    let images = numbers("images", SHAPE.iter().product());
    let network = network.with_precision(Precision::Bf16);
    let step = network.gradients(images, SHAPE, &labels, 3, 5);
    for (named, gradient) in network.parameters().iter().zip(step.gradients) {
        let values = gradient.into_data().try_into_vec::<f32>().expect("f32");
        let is_zero = values.iter().all(|value| *value == 0.0);
        assert_eq!(is_zero, named.name.starts_with("conv2"), "{}", named.name);
    }
}
