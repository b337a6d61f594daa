//! Gradients of trained networks with respect to images are those of what they compute in
//! evaluation.

mod common;

use common::random_architecture::{Draw, fitting, numbers, randomized};
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::{
    Activation, Conv, Init, Layer, ModelSpec, Padding, Residual, Shortcut,
};
use convsweep_spec::shape::{Shape, summarize};

const SHAPE: [usize; 4] = [2, 4, 7, 6];

fn input() -> Shape {
    let [_, channels, height, width] = SHAPE.map(|n| n as u32);
    Shape::Image {
        channels,
        height,
        width,
    }
}

fn trained(model: &ModelSpec, classes: u32) -> Network {
    let device = first_device().expect("a device");
    randomized(build(model, input(), classes, 1, &device).expect("fits"))
}

/// The weighted sum of the logits, in f64.
fn objective(network: &Network, images: Vec<f32>, weights: &[f32]) -> f64 {
    let logits = network.classify(images, SHAPE);
    let terms = logits.iter().zip(weights);
    terms.map(|(l, w)| f64::from(*l) * f64::from(*w)).sum()
}

/// Random models, each with its number of classes.
fn models() -> Vec<(ModelSpec, u32)> {
    let mut models = Vec::new();
    for number in 0..120 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![];
        for _ in 0..30 {
            layers.push(draw.layer(0));
            let Some((model, _, outputs)) = fitting(&layers, input()) else {
                layers.pop();
                continue;
            };
            if layers.len() >= 5 {
                models.push((model, outputs));
                break;
            }
        }
    }
    models
}

#[test]
fn gradients_are_those_of_the_evaluation() {
    let mut wrong = Vec::new();
    let models = models();
    for (number, (model, classes)) in models.iter().enumerate() {
        let network = trained(model, *classes);
        let images = numbers("images", SHAPE.iter().product());
        let weights = numbers("weights", SHAPE[0] * *classes as usize);
        let found = network.image_gradients(images.clone(), SHAPE, weights.clone());
        // By operations that have gradients, so not to the bit.
        let logits = network.classify(images.clone(), SHAPE);
        let largest = logits
            .iter()
            .fold(1.0f32, |largest, x| largest.max(x.abs()));
        for (found, logit) in found.logits.iter().zip(&logits) {
            assert!((found - logit).abs() < 1e-4 * largest, "{model:#?}");
        }
        let way = numbers("way", images.len());
        let along = |step: f32| {
            let moved = images.iter().zip(&way).map(|(x, d)| x + step * d);
            objective(&network, moved.collect(), &weights)
        };
        let slope: f64 = found
            .gradients
            .iter()
            .zip(&way)
            .map(|(g, d)| f64::from(g * d))
            .sum();
        // Of several steps one is small enough and does not drown in rounding.
        let steps = [1e-2f32, 3e-3, 1e-3, 3e-4];
        let differences = steps.map(|step| (along(step) - along(-step)) / f64::from(2.0 * step));
        let scale = differences
            .iter()
            .fold(1e-3f64, |scale, d| scale.max(d.abs()));
        let nearest = differences
            .iter()
            .map(|d| (d - slope).abs() / scale)
            .fold(9.0, f64::min);
        if nearest > 0.02 {
            wrong.push((number, slope, differences));
        }
    }
    // A kink between the two points is not a mistake, and not frequent.
    assert!(wrong.len() * 10 <= models.len(), "{wrong:?}");
}

/// The layers with planes, wherever they are.
fn layers_with_planes(model: &ModelSpec, classes: u32) -> Vec<String> {
    let summary = summarize(model, input(), classes).expect("fits");
    let layers = summary.layers.into_iter();
    let layers = layers.filter(|layer| matches!(layer.output, Shape::Image { .. }));
    layers.map(|layer| layer.name).collect()
}

#[test]
fn an_observed_network_is_the_same_network() {
    let mut nested = 0;
    for (model, classes) in models().into_iter().take(40) {
        let network = trained(&model, classes);
        let images = numbers("images", SHAPE.iter().product());
        let weights = numbers("weights", SHAPE[0] * classes as usize);
        let whole = network.image_gradients(images.clone(), SHAPE, weights.clone());
        for layer in layers_with_planes(&model, classes) {
            nested += u32::from(layer.contains('.'));
            let observed = network.observed(&model, input(), &layer).expect("fits");
            let found = observed.feature_gradients(images.clone(), SHAPE, weights.clone());
            let planes = observed.planes(images.clone(), SHAPE);
            assert_eq!(planes.shape, found.shape, "{layer}");
            assert_near(&found.logits, &whole.logits, &layer);
            assert_near(&found.values, &planes.values, &layer);
        }
    }
    assert!(nested > 20, "{nested}");
}

/// By other operations, so not to the bit.
fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    let largest = expected.iter().fold(1.0f32, |max, x| max.max(x.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4 * largest, "{what}");
    }
}

#[test]
fn gradients_at_a_layer_in_a_residual_block_are_those_of_what_follows() {
    let conv = |filters: u32, activation: Option<Activation>| {
        Layer::Conv(Conv {
            filters,
            kernel: [3, 3],
            stride: [1, 1],
            padding: Padding::Same,
            dilation: [1, 1],
            groups: 1,
            bias: true,
            norm: None,
            activation,
            init: Init::GlorotUniform,
        })
    };
    let residual = Layer::Residual(Residual {
        layers: vec![conv(4, Some(Activation::Relu)), conv(4, None)],
        shortcut: Shortcut::Auto,
    });
    let model = ModelSpec {
        layers: vec![residual, Layer::Flatten],
    };
    let classes = SHAPE[1..].iter().product::<usize>() as u32;
    let network = trained(&model, classes);
    let images = numbers("images", SHAPE.iter().product());
    let weights = numbers("weights", SHAPE[0] * classes as usize);
    let at = |layer: &str| {
        let observed = network.observed(&model, input(), layer).expect("fits");
        observed.feature_gradients(images.clone(), SHAPE, weights.clone())
    };
    // The sum of the block is the output: both summands have the gradient of the sum.
    assert_eq!(at("residual1.conv2").gradients, weights);
    assert_eq!(at("residual1").gradients, weights);
    assert_ne!(at("residual1.conv1").gradients, weights);
    assert!(
        at("residual1.conv1")
            .values
            .iter()
            .all(|value| *value >= 0.0)
    );
}

#[test]
fn activations_have_gradients_in_evaluation() {
    for activation in [
        Activation::Relu,
        Activation::Gelu,
        Activation::Mish,
        Activation::Prelu,
    ] {
        let layers = vec![Layer::Activation { activation }, Layer::Flatten];
        let classes = SHAPE[1..].iter().product::<usize>() as u32;
        let network = trained(&ModelSpec { layers }, classes);
        let images = numbers("images", SHAPE.iter().product());
        let weights = vec![1.0; images.len()];
        let found = network.image_gradients(images, SHAPE, weights);
        assert!(found.gradients.iter().any(|g| *g != 0.0), "{activation:?}");
    }
}
