//! Optimisers and losses against PyTorch: one hundred steps (`tests/vectors/optimizers.py`), and
//! `tests/vectors/losses.py`.
//!
//! PyTorch computed in f64. Our steps are in f32, with a relative error of about 1e-7 for each step
//! on weights near 1. Gradients pull towards fixed points, so errors do not grow: the tolerance is
//! 2e-6 after one hundred steps, and 5e-6 for Lion, whose steps all have the same size. It is 1e-5
//! for Adam and its variants, where g / √g² may be near 0 / 0, and 5e-4 for Muon, whose iteration
//! multiplies errors by up to 3.4^5 in directions with almost no gradient.

mod common;

use burn::tensor::{Tensor, TensorData};
use common::{plain_conv, tolerance};
use convsweep_nn::loss::{Mixture, Objective};
use convsweep_nn::optimizer::{OptimizerState, clip, global_norm};
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::*;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::{ClassWeights, Group, Loss, Moments, Optimizer, Rule, Transfer};
use serde::Deserialize;
use std::collections::BTreeMap;

fn network() -> Network {
    let conv = Conv {
        padding: Padding::Valid,
        init: Init::Torch,
        ..plain_conv(4)
    };
    let dense = |units| {
        Layer::Dense(Dense {
            units,
            bias: true,
            activation: None,
            init: Init::Torch,
        })
    };
    let model = ModelSpec {
        layers: vec![Layer::Conv(conv), Layer::Flatten, dense(6), dense(3)],
    };
    let input = Shape::Image {
        channels: 2,
        height: 4,
        width: 4,
    };
    let mut network = build(&model, input, 3, 0, &first_device().expect("a device")).expect("fits");
    let names: Vec<_> = network
        .parameters()
        .iter()
        .map(|p| (p.name.clone(), p.count()))
        .collect();
    let find = |name: &str| {
        let (j, (_, count)) = names.iter().enumerate().find(|(_, (n, _))| n == name)?;
        Some(
            (0..*count)
                .map(|i| (0.5 * (0.7 * i as f64 + j as f64).cos()) as f32)
                .collect(),
        )
    };
    network.restore(&find).expect("same names");
    network
}

fn gradients(network: &Network, step: u64) -> Vec<Tensor<1>> {
    let device = first_device().expect("a device");
    let gradient = |(j, p): (usize, &convsweep_nn::Named)| {
        let one = |(i, w): (usize, f32)| {
            let i = i as f64;
            (0.5 * (f64::from(w) - i.sin()) + 0.3 * (0.37 * step as f64 + i + j as f64).sin())
                as f32
        };
        let values: Vec<f32> = p.values().into_iter().enumerate().map(one).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), &device)
    };
    network
        .parameters()
        .iter()
        .enumerate()
        .map(gradient)
        .collect()
}

fn check(name: &str, optimizer: Optimizer, on_cpu: f64) {
    check_frozen(name, optimizer, &[], on_cpu);
}

fn check_frozen(name: &str, optimizer: Optimizer, frozen: &[String], on_cpu: f64) {
    let text = include_str!("../../../tests/vectors/optimizers.json");
    let vectors: BTreeMap<String, BTreeMap<u64, Vec<f64>>> =
        serde_json::from_str(text).expect("JSON");
    let expected = &vectors[name];
    let (mut network, mut state) = (network(), OptimizerState::new(&optimizer));
    network.freeze(frozen);
    for step in 1..=100 {
        let mut found = gradients(&network, step);
        if let Some(largest) = optimizer.clip_norm {
            let norm = global_norm(&found);
            found = clip(found, &norm, largest);
        }
        state.step(&optimizer, optimizer.lr, &mut network, found);
        let Some(expected) = expected.get(&step) else {
            continue;
        };
        let values: Vec<f32> = network
            .parameters()
            .iter()
            .flat_map(|p| p.values())
            .collect();
        assert_eq!(values.len(), expected.len());
        let worst = values
            .iter()
            .zip(expected)
            .map(|(a, e)| (f64::from(*a) - e).abs())
            .fold(0.0, f64::max);
        assert!(
            worst < tolerance(on_cpu),
            "{name}: {worst:e} after {step} steps"
        );
    }
}

#[test]
fn sgd() {
    let sgd = |momentum, nesterov| Optimizer::new(Rule::Sgd { momentum, nesterov }, 0.05);
    check("sgd", sgd(0.0, false), 2e-6);
    check("sgd momentum", sgd(0.9, false).with_decay(0.01), 2e-6);
    check("sgd nesterov", sgd(0.9, true).with_decay(0.01), 2e-6);
    check(
        "sgd decoupled",
        Optimizer {
            decoupled: true,
            ..sgd(0.9, false).with_decay(0.1)
        },
        2e-6,
    );
    check(
        "sgd clipped",
        Optimizer {
            clip_norm: Some(1.5),
            ..sgd(0.9, false)
        },
        2e-6,
    );
}

#[test]
fn groups_and_frozen_layers() {
    let sgd = || {
        Optimizer::new(
            Rule::Sgd {
                momentum: 0.9,
                nesterov: false,
            },
            0.05,
        )
        .with_decay(0.01)
    };
    let group = |layers: &str, lr_factor, weight_decay| Group {
        layers: vec![layers.into()],
        lr_factor,
        weight_decay,
    };
    let groups = vec![group("backbone", 0.1, None), group("conv1", 0.5, Some(0.0))];
    check(
        "sgd groups",
        Optimizer {
            groups,
            decay_norm_and_bias: false,
            ..sgd()
        },
        2e-6,
    );
    check_frozen("sgd frozen", sgd(), &["conv*".to_string()], 2e-6);
}

#[test]
fn adaptive_rates() {
    let moments = |epsilon| Moments {
        beta1: 0.9,
        beta2: 0.999,
        epsilon,
    };
    let adam = Optimizer::new(Rule::Adam(moments(1e-7)), 0.01);
    check("adam", adam.clone(), 1e-5);
    check("adam decay", adam.with_decay(0.05), 1e-5);
    let adamw = Optimizer::new(Rule::Adamw(moments(1e-8)), 0.01).with_decay(0.1);
    check("adamw", adamw.clone(), 1e-5);
    check(
        "adamw matrices",
        Optimizer {
            decay_norm_and_bias: false,
            ..adamw
        },
        1e-5,
    );
    let rmsprop = |momentum, centered| Rule::Rmsprop {
        decay: 0.99,
        epsilon: 1e-8,
        momentum,
        centered,
    };
    check("rmsprop", Optimizer::new(rmsprop(0.0, false), 0.01), 1e-5);
    check(
        "rmsprop centered",
        Optimizer::new(rmsprop(0.9, true), 0.01).with_decay(0.01),
        2e-5,
    );
    let adagrad = Optimizer::new(
        Rule::Adagrad {
            epsilon: 1e-10,
            initial: 0.1,
        },
        0.1,
    )
    .with_decay(0.01);
    check("adagrad", adagrad, 2e-6);
}

#[test]
fn lion_and_muon() {
    let lion = Optimizer::new(
        Rule::Lion {
            beta1: 0.9,
            beta2: 0.99,
        },
        1e-3,
    )
    .with_decay(0.1);
    check("lion", lion, 5e-6);
    let muon = Rule::Muon {
        momentum: 0.95,
        nesterov: true,
        iterations: 5,
        adam_lr: 1e-3,
    };
    check("muon", Optimizer::new(muon, 0.02).with_decay(0.1), 5e-4);
}

#[derive(Deserialize)]
struct Expected {
    loss: f64,
    gradient: Vec<f64>,
}

/// The loss is summed in f64 from f32 logits, the gradient is computed in f32: the tolerances are
/// 1e-6 and 2e-6 for values below 3.
#[test]
fn losses_and_their_gradients() {
    let text = include_str!("../../../tests/vectors/losses.json");
    let vectors: BTreeMap<String, Expected> = serde_json::from_str(text).expect("JSON");
    let dense = Layer::Dense(Dense {
        units: 5,
        bias: false,
        activation: None,
        init: Init::Torch,
    });
    let model = ModelSpec {
        layers: vec![Layer::Flatten, dense],
    };
    let input = Shape::Image {
        channels: 1,
        height: 1,
        width: 4,
    };
    let mut network = build(&model, input, 5, 0, &first_device().expect("a device")).expect("fits");
    let start = |_: &str| {
        Some(
            (0..20)
                .map(|i| (0.8 * (0.9 * f64::from(i)).cos()) as f32)
                .collect(),
        )
    };
    network.restore(&start).expect("one tensor");
    let pixel = |i: i32, f: i32| (1.3 * f64::from(i) + 0.7 * f64::from(f)).sin() as f32;
    let images: Vec<f32> = (0..6)
        .flat_map(|i| (0..4).map(move |f| pixel(i, f)))
        .collect();
    let check = |name: &str, loss: Loss, share: f64| {
        let mixture = Mixture {
            share,
            others: vec![1, 2, 3, 4, 1, 0],
        };
        let mixture = Some(&mixture).filter(|m| m.share < 1.0);
        let targets = Objective::new(&loss, 5, &[]).targets(&[0, 1, 2, 3, 4, 1], mixture);
        let found = network.gradients_towards(&targets, images.clone(), [6, 1, 1, 4], 0, 0);
        let Expected { loss, gradient } = &vectors[name];
        assert!(
            (found.loss_sum.value() / 6.0 - loss).abs() < tolerance(1e-6),
            "{name}: {}, expected {loss}",
            found.loss_sum.value() / 6.0
        );
        let values: Vec<f32> = found.gradients[0]
            .clone()
            .into_data()
            .try_into_vec()
            .expect("f32");
        let worst = values
            .iter()
            .zip(gradient)
            .map(|(a, e)| (f64::from(*a) - e).abs())
            .fold(0.0, f64::max);
        assert!(
            values.len() == 20 && worst < tolerance(2e-6),
            "{name}: {worst:e}"
        );
    };
    let weights = Some(ClassWeights::Given(vec![0.5, 2.0, 1.0, 1.5, 0.25]));
    let loss = |label_smoothing, focal, class_weights| Loss {
        label_smoothing,
        focal,
        class_weights,
    };
    check("plain", loss(0.0, 0.0, None), 1.0);
    check("smoothed", loss(0.1, 0.0, None), 1.0);
    check("weighted", loss(0.0, 0.0, weights.clone()), 1.0);
    check("focal", loss(0.0, 2.0, None), 1.0);
    check("mixed", loss(0.0, 0.0, None), 0.3);
    check("all", loss(0.2, 1.5, weights), 0.6);
}

/// `tests/vectors/transfer.py`: the weights of a PyTorch network, assigned by the order of the
/// layers. Two forward passes in f32 over a few hundred products: 1e-5 for logits up to 6.
#[test]
fn weights_of_pytorch_give_its_logits() {
    let conv = |filters, bias, norm| {
        Layer::Conv(Conv {
            padding: Padding::Valid,
            bias,
            norm,
            activation: Some(Activation::Relu),
            init: Init::Torch,
            ..plain_conv(filters)
        })
    };
    let dense = |units, activation| {
        Layer::Dense(Dense {
            units,
            bias: true,
            activation,
            init: Init::Torch,
        })
    };
    let pool = || {
        Layer::Pool(Pool {
            kind: PoolKind::Max,
            size: [2, 2],
            stride: [2, 2],
            padding: Padding::Valid,
        })
    };
    let norm = Some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    });
    let relu = Some(Activation::Relu);
    let layers = vec![
        conv(4, false, norm),
        pool(),
        conv(6, true, None),
        pool(),
        Layer::Flatten,
        dense(8, relu),
        dense(5, None),
    ];
    let input = Shape::Image {
        channels: 3,
        height: 16,
        width: 16,
    };
    let mut network = build(
        &ModelSpec { layers },
        input,
        5,
        0,
        &first_device().expect("a device"),
    )
    .expect("fits");
    let file = include_bytes!("../../../tests/vectors/transfer.safetensors");
    let transfer = Transfer {
        hash: String::new(),
        map: BTreeMap::new(),
        reinitialised: None,
    };
    network.take_over(file, &transfer).expect("fits");
    let pixels = (0..2 * 3 * 16 * 16)
        .map(|i| ((i * 7919 + 13) % 211) as f32 / 105.0 - 1.0)
        .collect();
    let expected = include_str!("../../../tests/vectors/transfer.json");
    let expected: Vec<f64> = serde_json::from_str(expected).expect("JSON");
    for (found, expected) in network
        .classify(pixels, [2, 3, 16, 16])
        .into_iter()
        .zip(expected)
    {
        assert!(
            (f64::from(found) - expected).abs() < tolerance(1e-5),
            "{found}, PyTorch {expected}"
        );
    }
}
