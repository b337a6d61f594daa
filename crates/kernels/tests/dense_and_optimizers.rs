//! Dense layers and optimiser steps against their definitions in f64.

mod common;

use common::{close, numbers};
use convsweep_kernels::{Adam, DenseShape, Sgd, dense_backward, dense_forward};

#[test]
fn dense_equals_the_definition() {
    for (rows, features, units) in [
        (1, 1, 1),
        (3, 5, 7),
        (7, 33, 17),
        (64, 100, 10),
        (13, 16, 64),
        (5, 130, 31),
    ] {
        for relu in [false, true] {
            let shape = DenseShape {
                rows,
                features,
                units,
            };
            let (x, w, b) = (
                numbers(1, rows * features),
                numbers(2, units * features),
                numbers(3, units),
            );
            let y = dense_forward(&shape, &x, &w, Some(&b), relu);
            let dot = |r: usize, u: usize| -> f64 {
                (0..features)
                    .map(|k| f64::from(x[r * features + k]) * f64::from(w[u * features + k]))
                    .sum()
            };
            let bare: Vec<f64> = (0..rows * units)
                .map(|i| dot(i / units, i % units) + f64::from(b[i % units]))
                .collect();
            let expected: Vec<f64> = bare
                .iter()
                .map(|&v| if relu { v.max(0.0) } else { v })
                .collect();
            close("output", &y, &expected);
            let gradient = numbers(4, rows * units);
            let g: Vec<f64> = gradient
                .iter()
                .zip(&y)
                .map(|(&g, &y)| if relu && y <= 0.0 { 0.0 } else { g.into() })
                .collect();
            let found = dense_backward(&shape, &x, &w, &y, &gradient, relu, true);
            let dw = |u: usize, k: usize| {
                (0..rows)
                    .map(|r| g[r * units + u] * f64::from(x[r * features + k]))
                    .sum()
            };
            let dx = |r: usize, k: usize| {
                (0..units)
                    .map(|u| g[r * units + u] * f64::from(w[u * features + k]))
                    .sum()
            };
            let all = |rows: usize, f: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
                (0..rows * features)
                    .map(|i| f(i / features, i % features))
                    .collect()
            };
            close("weight", &found.weight, &all(units, &dw));
            close("input", &found.input, &all(rows, &dx));
            let db: Vec<f64> = (0..units)
                .map(|u| (0..rows).map(|r| g[r * units + u]).sum())
                .collect();
            close("bias", &found.bias, &db);
        }
    }
}

#[test]
fn optimiser_steps_equal_the_definition() {
    let n = 21;
    let (mut w, mut m, mut v) = (numbers(1, n), vec![0.0f32; n], vec![0.0f32; n]);
    let mut expected: Vec<[f64; 3]> = w.iter().map(|&w| [w.into(), 0.0, 0.0]).collect();
    for step in 1..=5 {
        let g = numbers(step as usize + 5, n);
        let adam = Adam {
            lr: 0.05,
            beta1: 0.8,
            beta2: 0.99,
            epsilon: 1e-3,
            weight_decay: 0.03,
            shrink: 0.999,
            step,
        };
        adam.step(&mut w, &g, &mut m, &mut v);
        for (e, &g) in expected.iter_mut().zip(&g) {
            let g = f64::from(g) + 0.03 * e[0];
            e[1] = 0.8 * e[1] + 0.2 * g;
            e[2] = 0.99 * e[2] + 0.01 * g * g;
            let (c1, c2) = (
                1.0 - 0.8f64.powf(step as f64),
                1.0 - 0.99f64.powf(step as f64),
            );
            e[0] = 0.999 * e[0] - 0.05 * (e[1] / c1) / ((e[2] / c2).sqrt() + 1e-3);
        }
    }
    close(
        "adam",
        &w,
        &expected.iter().map(|e| e[0]).collect::<Vec<_>>(),
    );

    for nesterov in [false, true] {
        let (mut w, mut v) = (numbers(1, n), vec![0.0f32; n]);
        let mut expected: Vec<[f64; 2]> = w.iter().map(|&w| [w.into(), 0.0]).collect();
        for step in 1..=5 {
            let g = numbers(step + 5, n);
            Sgd {
                lr: 0.1,
                momentum: 0.9,
                nesterov,
                weight_decay: 0.02,
                shrink: 0.99,
            }
            .step(&mut w, &g, &mut v);
            for (e, &g) in expected.iter_mut().zip(&g) {
                let g = f64::from(g) + 0.02 * e[0];
                e[1] = 0.9 * e[1] + g;
                e[0] = 0.99 * e[0] - 0.1 * if nesterov { g + 0.9 * e[1] } else { e[1] };
            }
        }
        close(
            "sgd",
            &w,
            &expected.iter().map(|e| e[0]).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn tests_pass_with_narrower_instruction_sets() {
    common::on_narrower_instruction_sets();
}
