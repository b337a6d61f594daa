//! Batch normalisation against its definition in f64, for odd sizes.

mod common;

use common::{close, close_at_scale, numbers};
use convsweep_kernels::{NormParameters, batch_norm, batch_norm_backward, moments};

/// The values of channel `c`.
fn channel(x: &[f32], channels: usize, c: usize) -> Vec<f64> {
    x.iter()
        .skip(c)
        .step_by(channels)
        .map(|&v| v.into())
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Rows and channels; the last case is summed in several parts.
const SIZES: [(usize, usize); 10] = [
    (1, 1),
    (2, 3),
    (5, 8),
    (7, 13),
    (64, 16),
    (33, 33),
    (1025, 4),
    (700, 24),
    (9, 515),
    (9001, 13),
];

#[test]
fn moments_equal_the_definition_far_from_zero() {
    for (rows, channels) in SIZES {
        for far in [0.0f32, 100.0] {
            let x: Vec<f32> = numbers(1, rows * channels)
                .iter()
                .map(|v| v + far)
                .collect();
            let found = moments(&x, channels);
            for c in 0..channels {
                let values = channel(&x, channels, c);
                let middle = mean(&values);
                let variance = mean(
                    &values
                        .iter()
                        .map(|v| (v - middle).powi(2))
                        .collect::<Vec<_>>(),
                );
                assert!(
                    (f64::from(found.mean[c]) - middle).abs() <= 1e-6 * middle.abs().max(1.0),
                    "{rows} × {channels}"
                );
                // The resolution of f32 around 100 is 4e-6.
                let allowed = if far == 0.0 { 1e-6 } else { 2e-5 };
                assert!(
                    (f64::from(found.variance[c]) - variance).abs() < allowed,
                    "{rows} × {channels}"
                );
            }
        }
    }
}

#[test]
fn forward_and_backward_equal_the_definition() {
    for (rows, channels) in SIZES {
        for (relu, with_summand) in [(false, false), (true, false), (false, true), (true, true)] {
            let what = format!("{rows} × {channels}, relu {relu}, residual {with_summand}");
            let n = rows * channels;
            let (x, residual, g) = (numbers(1, n), numbers(2, n), numbers(3, n));
            let (scale, shift) = (numbers(4, channels), numbers(5, channels));
            let epsilon = 0.01;
            let found = moments(&x, channels);
            let norm = NormParameters {
                moments: &found,
                scale: &scale,
                shift: &shift,
                epsilon,
                relu,
            };
            let y = batch_norm(&norm, &x, with_summand.then_some(&residual));
            let mut by_x = g.clone();
            let by = batch_norm_backward(&norm, &x, with_summand.then_some(&y), &mut by_x);
            if !with_summand {
                let mut seen = g.clone();
                let seen_by = batch_norm_backward(&norm, &x, Some(&y), &mut seen);
                assert_eq!(
                    (seen_by.scale, seen_by.shift),
                    (by.scale.clone(), by.shift.clone()),
                    "{what}"
                );
                assert_eq!(seen, by_x, "{what}");
            }
            let (mut out, mut dx, mut ds) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
            let (mut dscale, mut dshift) = (vec![], vec![]);
            for c in 0..channels {
                let values = channel(&x, channels, c);
                let middle = mean(&values);
                let variance = mean(
                    &values
                        .iter()
                        .map(|v| (v - middle).powi(2))
                        .collect::<Vec<_>>(),
                );
                let inverse = 1.0 / (variance + epsilon).sqrt();
                let normal: Vec<f64> = values.iter().map(|v| (v - middle) * inverse).collect();
                let (scale, shift) = (f64::from(scale[c]), f64::from(shift[c]));
                let mut masked = channel(&g, channels, c);
                for (r, g) in masked.iter_mut().enumerate() {
                    let i = r * channels + c;
                    let bare = normal[r] * scale
                        + shift
                        + if with_summand {
                            f64::from(residual[i])
                        } else {
                            0.0
                        };
                    out[i] = if relu { bare.max(0.0) } else { bare };
                    // Rounding decides about the gradient of values close to zero, so the reference
                    // uses the mask that the kernel found.
                    *g = if relu && y[i] <= 0.0 { 0.0 } else { *g };
                    ds[i] = *g;
                }
                let product = masked.iter().zip(&normal).map(|(g, n)| g * n).sum::<f64>();
                dscale.push(product);
                dshift.push(masked.iter().sum::<f64>());
                let (m1, m2) = (mean(&masked), product / rows as f64);
                for (r, g) in masked.iter().enumerate() {
                    dx[r * channels + c] = scale * inverse * (g - m1 - normal[r] * m2);
                }
            }
            close(&what, &y, &out);
            close(&format!("{what}: x"), &by_x, &dx);
            // Sums of values with both signs grow with the square root of their number.
            let walk = (rows as f64).sqrt();
            close_at_scale(walk, &format!("{what}: scale"), &by.scale, &dscale);
            close_at_scale(walk, &format!("{what}: shift"), &by.shift, &dshift);
            if with_summand && relu {
                close(&format!("{what}: residual"), &by.residual, &ds);
            } else {
                assert!(by.residual.is_empty());
            }
        }
    }
}

#[test]
fn nan_stays_within_its_channel() {
    let mut x = numbers(1, 40 * 11);
    x[5 * 11 + 3] = f32::NAN;
    x[7 * 11 + 9] = f32::INFINITY;
    let found = moments(&x, 11);
    let ones = [1.0; 11];
    let norm = NormParameters {
        moments: &found,
        scale: &ones,
        shift: &ones,
        epsilon: 1e-5,
        relu: true,
    };
    let y = batch_norm(&norm, &x, None);
    for (i, y) in y.iter().enumerate() {
        assert_eq!(y.is_nan(), matches!(i % 11, 3 | 9), "{i}: {y}");
    }
}

#[test]
fn tests_pass_with_narrower_instruction_sets() {
    common::on_narrower_instruction_sets();
}
