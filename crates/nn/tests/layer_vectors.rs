//! Every layer against PyTorch: outputs, and gradients with respect to the input and to each
//! parameter (from `tests/vectors/layers.py`).

mod common;

use common::tolerance;
use convsweep_nn::{build, first_device};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::shape::Shape;
use serde::Deserialize;

/// Largest difference on a CPU, as a share of the largest value of a result. PyTorch computed in f64 and
/// saved f32; our layers compute in f32 (unit roundoff 6e-8), with sums of at most a few hundred
/// products. Norms divide by standard deviations and lose one more digit.
const TOLERANCE: f64 = 5e-6;

const WEIGHTS: usize = 1000;
const INPUT: usize = 2000;

#[derive(Deserialize)]
struct Case {
    name: String,
    layers: Vec<Layer>,
    shape: [usize; 4],
    scale: f64,
    output: Vec<usize>,
    parameters: Vec<(String, Vec<usize>)>,
}

/// The formula of `layers.py`.
fn numbers(count: usize, k: usize, scale: f64, shift: f64) -> Vec<f32> {
    (0..count)
        .map(|i| ((((i * 7919 + 13 + 31 * k) % 211) as f64 / 105.5 - 1.0) * scale + shift) as f32)
        .collect()
}

/// Cases that differ too much, and the largest difference of all.
#[derive(Default)]
struct Comparison {
    wrong: Vec<String>,
    largest: f64,
}

fn compare(found: &[f32], kept: &mut &[f32], what: &str, comparison: &mut Comparison) {
    let (expected, rest) = kept.split_at(found.len());
    *kept = rest;
    let largest = expected
        .iter()
        .fold(1.0, |a: f64, b| a.max(f64::from(b.abs())));
    let error = found
        .iter()
        .zip(expected)
        .map(|(f, e)| f64::from((f - e).abs()))
        .fold(0.0, f64::max)
        / largest;
    if error > tolerance(TOLERANCE) || found.iter().any(|f| !f.is_finite()) {
        comparison.wrong.push(format!("{what}: {error:.1e}"));
    }
    comparison.largest = comparison.largest.max(error);
}

#[test]
fn every_layer_agrees_with_pytorch() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests/vectors/layers.json")).expect("cases");
    let bytes = include_bytes!("../../../tests/vectors/layers.f32");
    let kept: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    let mut kept = kept.as_slice();
    let mut comparison = Comparison::default();
    for case in &cases {
        let [n, c, h, w] = case.shape;
        let input = Shape::Image {
            channels: c as u32,
            height: h as u32,
            width: w as u32,
        };
        let outputs: usize = case.output.iter().product();
        let mut layers = case.layers.clone();
        layers.push(Layer::Flatten);
        let device = first_device().expect("a device");
        let mut network = build(&ModelSpec { layers }, input, outputs as u32, 0, &device)
            .unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let have: Vec<_> = network
            .parameters()
            .iter()
            .map(|p| (p.name.clone(), p.shape.clone()))
            .collect();
        assert_eq!(have, case.parameters, "{}", case.name);
        let value = |name: &str| {
            let Some(k) = case.parameters.iter().position(|(p, _)| p == name) else {
                let channels = case.output[0];
                return Some(vec![
                    if name.ends_with("var") { 1.0 } else { 0.0 };
                    channels
                ]);
            };
            let scale = name.contains("norm") && name.ends_with("weight");
            Some(numbers(
                case.parameters[k].1.iter().product(),
                k,
                0.5,
                if scale { 1.0 } else { 0.0 },
            ))
        };
        network.restore(&value).expect("all are there");
        let images = numbers(n * c * h * w, INPUT, case.scale, 0.0);
        let found = network.derivatives(
            images,
            case.shape,
            numbers(n * outputs, WEIGHTS, 1.0, 0.0),
            0,
            0,
        );
        compare(
            &found.logits,
            &mut kept,
            &format!("{}: output", case.name),
            &mut comparison,
        );
        compare(
            &found.images,
            &mut kept,
            &format!("{}: by the input", case.name),
            &mut comparison,
        );
        for (values, (name, _)) in found.parameters.iter().zip(&case.parameters) {
            compare(
                values,
                &mut kept,
                &format!("{}: by {name}", case.name),
                &mut comparison,
            );
        }
    }
    assert!(kept.is_empty(), "{} numbers are left over", kept.len());
    let Comparison { wrong, largest } = comparison;
    println!("largest difference: {largest:.1e}");
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
