//! The gradients of a training step, by whatever computes them on the device, beside the derivatives
//! that Burn composes of those of the layers.

mod common;

use common::random_architecture::{Draw, fitting, numbers, randomized};
use common::tolerance;
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::shape::Shape;

const SHAPE: [usize; 4] = [6, 4, 7, 6];
/// Largest difference on a CPU, as a share of a parameter's largest gradient, or of `SMALLEST`.
const TOLERANCE: f64 = 1e-3;
const SMALLEST: f32 = 1e-2;

const INPUT: Shape = Shape::Image {
    channels: 4,
    height: 7,
    width: 6,
};

/// Random models, each with its number of classes.
fn models() -> Vec<(ModelSpec, u32)> {
    let mut models = Vec::new();
    for number in 1000..1060 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![];
        for _ in 0..30 {
            layers.push(draw.layer(0));
            let Some((model, _, outputs)) = fitting(&layers, INPUT) else {
                layers.pop();
                continue;
            };
            if layers.len() >= 6 {
                models.push((model, outputs));
                break;
            }
        }
    }
    models
}

fn network(model: &ModelSpec, classes: u32) -> Network {
    let device = first_device().expect("a device");
    randomized(build(model, INPUT, classes, 1, &device).expect("fits"))
}

fn host(tensor: &burn::tensor::Tensor<1>) -> Vec<f32> {
    tensor.clone().into_data().try_into_vec().expect("f32")
}

/// Largest difference.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

/// Values that are rounded otherwise.
fn nudged(values: &[f32]) -> Vec<f32> {
    let factor = |i: usize| 1.0 + if i.is_multiple_of(2) { 1e-6 } else { -1e-6 };
    let values = values.iter().enumerate();
    values.map(|(i, value)| value * factor(i)).collect()
}

/// The sum of the losses, and the gradient of their mean with respect to the logits.
fn cross_entropy(logits: &[f32], labels: &[u16]) -> (f64, Vec<f32>) {
    let classes = logits.len() / labels.len();
    let (mut loss, mut gradient) = (0.0, Vec::with_capacity(logits.len()));
    for (logits, label) in logits.chunks(classes).zip(labels) {
        let highest = logits.iter().copied().fold(f32::MIN, f32::max);
        let powers = logits.iter().map(|logit| f64::from(logit - highest).exp());
        let sum: f64 = powers.clone().sum();
        for (class, power) in powers.enumerate() {
            let is_right = class == usize::from(*label);
            let share = power / sum;
            if is_right {
                loss -= share.ln();
            }
            gradient.push(((share - f64::from(u8::from(is_right))) / labels.len() as f64) as f32);
        }
    }
    (loss, gradient)
}

#[test]
fn a_step_has_the_derivatives_of_its_loss() {
    let mut wrong = Vec::new();
    let models = models();
    assert!(models.len() > 40, "{}", models.len());
    for (i, (model, classes)) in models.iter().enumerate() {
        let network = network(model, *classes);
        if network.parameter_count() == 0 {
            continue;
        }
        let images = || numbers("images", SHAPE.iter().product());
        let labels: Vec<u16> = (0..6u32).map(|i| (i % classes) as u16).collect();
        let found = network.gradients(images(), SHAPE, &labels, 3, 5);
        let nothing = vec![0.0; SHAPE[0] * *classes as usize];
        let logits = network.derivatives(images(), SHAPE, nothing, 3, 5).logits;
        let (loss, by_logits) = cross_entropy(&logits, &labels);
        assert!((found.loss_sum.value() - loss).abs() < tolerance(1e-4) * loss.max(1.0));
        let other = network.derivatives(images(), SHAPE, nudged(&by_logits), 3, 5);
        let expected = network.derivatives(images(), SHAPE, by_logits, 3, 5);
        assert_eq!(found.gradients.len(), expected.parameters.len());
        let pairs = expected.parameters.iter().zip(&other.parameters);
        for (gradient, (expected, other)) in found.gradients.iter().zip(pairs) {
            // A norm of a constant plane multiplies what rounding leaves by thousands.
            let noise = 10.0 * difference(other, expected);
            let largest = expected.iter().copied().map(f32::abs);
            let largest = largest.fold(SMALLEST, f32::max);
            let worst = (difference(&host(gradient), expected) - noise) / largest;
            if worst.is_nan() || f64::from(worst) > tolerance(TOLERANCE) {
                wrong.push(format!("model {i}: {worst:.1e}, {model:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {}", wrong.len(), wrong[0]);
}

#[test]
fn frozen_parameters_have_no_gradients() {
    let (model, classes) = models().swap_remove(3);
    let mut network = network(&model, classes);
    let first = network.tensors().next().expect("a parameter").name.clone();
    let layer = first.split('.').next().expect("a layer").to_string();
    network.freeze(&[layer]);
    let images = numbers("images", SHAPE.iter().product());
    let found = network.gradients(images, SHAPE, &[0; SHAPE[0]], 3, 5);
    assert_eq!(host(&found.gradients[0]), [0.0]);
    let last = found.gradients.last().expect("gradients");
    assert!(host(last).iter().any(|value| *value != 0.0));
}
