//! Our kernels against the tensor library's stock operations: the same training from equal weights and batches.

use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{build, device};
use convsweep_spec::model::*;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::{Kernels, Optimizer};

const SIDE: usize = 32;
const BATCH: usize = 16;
const STEPS: usize = 20;

fn conv(filters: u32, kernel: u32, stride: u32, padding: Padding) -> Layer {
    Layer::Conv(Conv {
        filters,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding,
        dilation: [1; 2],
        groups: 1,
        bias: true,
        norm: None,
        activation: Some(Activation::Relu),
        init: Init::GlorotUniform,
    })
}

fn pool() -> Layer {
    Layer::Pool(Pool { kind: PoolKind::Max, size: [2; 2], stride: [2; 2], padding: Padding::Valid })
}

fn dense(units: u32, activation: Option<Activation>) -> Layer {
    Layer::Dense(Dense { units, bias: true, activation, init: Init::GlorotUniform })
}

fn tutorial() -> Vec<Layer> {
    let conv = |filters| conv(filters, 3, 1, Padding::Valid);
    let relu = Some(Activation::Relu);
    vec![conv(32), pool(), conv(64), pool(), conv(64), Layer::Flatten, dense(64, relu), dense(10, None)]
}

/// Strides, padding, a pool that is not 2×2, odd sizes and few filters.
fn odd() -> Vec<Layer> {
    let overlapping = Pool { kind: PoolKind::Max, size: [3; 2], stride: [2; 2], padding: Padding::Same };
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

/// Images whose classes can be learned: a brighter square at one of ten places over noise.
fn batch(step: usize) -> (Vec<f32>, Vec<u16>) {
    let labels: Vec<u16> = (0..BATCH).map(|i| ((i * 7 + step * 3) % 10) as u16).collect();
    let pixel = |i: usize| {
        let (image, y, x) = (i / (3 * SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
        let label = usize::from(labels[image]);
        let bright = y / 6 == label / 5 + 1 && x / 6 == label % 5;
        let noise = ((i * 7919 + step * 104_729) % 1009) as f32 / 1009.0;
        noise * 0.7 + if bright { 0.3 } else { 0.0 }
    };
    let images = (0..BATCH * 3 * SIDE * SIDE).map(pixel).collect();
    (images, labels)
}

fn losses(layers: &[Layer], kernels: Kernels) -> Vec<f64> {
    let input = Shape::Image { channels: 3, height: SIDE as u32, width: SIDE as u32 };
    let model = ModelSpec { layers: layers.to_vec() };
    let mut network = build(&model, input, 10, 3, &device("cpu").expect("cpu")).expect("fits").with_kernels(kernels);
    // Not Adam: it makes full steps of gradients that are all rounding, and 20 steps later even 1e-8 is seen.
    let optimizer = Optimizer::sgd(0.02, 0.9);
    let mut state = OptimizerState::new(&optimizer);
    let step = |step: usize| {
        let (images, labels) = batch(step);
        let found = network.gradients(images, [BATCH, 3, SIDE, SIDE], &labels, 0, step as u64);
        state.step(&optimizer, optimizer.lr, &mut network, found.gradients);
        found.loss_sum / BATCH as f64
    };
    (0..STEPS).map(step).collect()
}

#[test]
fn losses_agree_with_stock_operations() {
    for layers in [tutorial(), odd()] {
        let stock = losses(&layers, Kernels::Stock);
        assert!(stock.iter().any(|loss| (loss - stock[0]).abs() > 0.02), "the weights move: {stock:?}");
        for kernels in [Kernels::Auto, Kernels::Direct] {
            let own = losses(&layers, kernels);
            let apart: Vec<f64> = own.iter().zip(&stock).map(|(own, stock)| (own - stock).abs()).collect();
            assert!(
                apart.iter().all(|&d| d < 1e-3),
                "{kernels:?}, {} layers: apart by {apart:?}; stock {stock:?}",
                layers.len()
            );
        }
    }
}

#[test]
fn each_layer_says_which_kernel_computes_it() {
    let input = Shape::Image { channels: 3, height: 32, width: 32 };
    let network = build(&ModelSpec { layers: tutorial() }, input, 10, 3, &device("cpu").expect("cpu")).expect("fits");
    let chosen = |kernels| {
        let choices = network.clone().with_kernels(kernels).kernel_choices();
        choices.iter().map(|c| format!("{} {}", c.layer, c.kernel)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(chosen(Kernels::Auto), "conv1 direct, conv2 winograd, conv3 winograd");
    assert_eq!(chosen(Kernels::Direct), "conv1 direct, conv2 direct, conv3 direct");
    assert_eq!(chosen(Kernels::Stock), "conv1 stock, conv2 stock, conv3 stock");
}
