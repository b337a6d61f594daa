//! The loss against its definition, and its gradient against finite differences.

mod common;

use common::numbers;
use convsweep_kernels::cross_entropy;

fn loss(logits: &[f64], targets: &[f32], classes: usize, focal: f64) -> f64 {
    let mut sum = 0.0;
    for (z, t) in logits.chunks(classes).zip(targets.chunks(classes)) {
        let total: f64 = z.iter().map(|z| z.exp()).sum();
        for (z, &t) in z.iter().zip(t) {
            let p = z.exp() / total;
            sum -= f64::from(t) * (1.0 - p).powf(focal) * p.ln();
        }
    }
    sum
}

#[test]
fn gradients_equal_finite_differences() {
    for classes in [2, 3, 10, 101] {
        let rows = 7;
        let logits: Vec<f32> = numbers(1, rows * classes).iter().map(|z| 5.0 * z).collect();
        let hard: Vec<f32> = (0..rows * classes)
            .map(|i| f32::from(u8::from(i % classes == (i / classes * 5) % classes)))
            .collect();
        let soft: Vec<f32> = numbers(2, rows * classes).iter().map(|t| t.abs()).collect();
        for targets in [hard, soft] {
            for focal in [0.0, 0.5, 2.0] {
                let found = cross_entropy(&logits, &targets, classes, focal);
                let wide: Vec<f64> = logits.iter().map(|&z| z.into()).collect();
                let expected = loss(&wide, &targets, classes, focal);
                assert!(
                    (found.loss_sum - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{} {expected}",
                    found.loss_sum
                );
                for i in 0..logits.len() {
                    let at = |step: f64| {
                        let mut moved = wide.clone();
                        moved[i] += step;
                        loss(&moved, &targets, classes, focal)
                    };
                    let slope = (at(1e-5) - at(-1e-5)) / 2e-5 / rows as f64;
                    let gradient = f64::from(found.gradient[i]);
                    assert!(
                        (gradient - slope).abs() < 1e-6,
                        "{classes} classes, focal {focal}, {i}: {gradient} {slope}"
                    );
                }
            }
        }
    }
}

#[test]
fn extreme_and_nan_logits() {
    let found = cross_entropy(&[1000.0, 0.0, -1000.0], &[0.0, 1.0, 0.0], 3, 0.0);
    assert_eq!(
        (
            found.loss_sum,
            found.predicted.as_slice(),
            found.gradient.as_slice()
        ),
        (1000.0, &[0u16][..], &[1.0, -1.0, 0.0][..])
    );
    let found = cross_entropy(&[1000.0, 0.0], &[1.0, 0.0], 2, 0.5);
    assert_eq!(
        (found.loss_sum, found.gradient.as_slice()),
        (0.0, &[0.0, 0.0][..])
    );
    let found = cross_entropy(&[f32::NAN, 0.0], &[1.0, 0.0], 2, 0.0);
    assert!(found.loss_sum.is_nan() && found.gradient.iter().all(|g| g.is_nan()));
}

#[test]
fn tests_pass_with_narrower_instruction_sets() {
    common::on_narrower_instruction_sets();
}
