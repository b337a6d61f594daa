//! Pooling against its definition, for odd sizes, strides and paddings.

mod common;

use common::numbers;
use convsweep_kernels::{
    PoolShape, average_pool, average_pool_backward, global_average, global_average_backward,
    max_pool, max_pool_backward,
};
use proptest::prelude::*;

fn close(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&f, &e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(f) - e).abs() < 2e-6 * e.abs().max(1.0),
            "{what} {i}: {f}, expected {e}"
        );
    }
}

/// The offsets of the inputs in the window of each output value.
fn windows(s: &PoolShape) -> Vec<Vec<usize>> {
    let [oh, ow] = s.output();
    let mut all = vec![];
    for i in 0..s.images * oh * ow * s.channels {
        let (c, x, y) = (
            i % s.channels,
            i / s.channels % ow,
            i / s.channels / ow % oh,
        );
        let image = i / s.channels / ow / oh;
        let mut inputs = vec![];
        for (wy, wx) in (0..s.window[0]).flat_map(|wy| (0..s.window[1]).map(move |wx| (wy, wx))) {
            let (py, px) = (y * s.stride[0] + wy, x * s.stride[1] + wx);
            let inside =
                |p: usize, d: usize| p >= s.padding[d][0] && p - s.padding[d][0] < s.input[d];
            if inside(py, 0) && inside(px, 1) {
                let (py, px) = (py - s.padding[0][0], px - s.padding[1][0]);
                inputs.push(((image * s.input[0] + py) * s.input[1] + px) * s.channels + c);
            }
        }
        all.push(inputs);
    }
    all
}

fn check(shape: &PoolShape) {
    let n = shape.images * shape.input[0] * shape.input[1] * shape.channels;
    let (x, all) = (numbers(1, n), windows(shape));
    let g = numbers(2, all.len());
    let (y, argmax) = max_pool(shape, &x);
    let largest = |inputs: &Vec<usize>| {
        inputs
            .iter()
            .copied()
            .fold(inputs[0], |a, b| if x[b] > x[a] { b } else { a })
    };
    close(
        "largest",
        &y,
        &all.iter().map(|w| x[largest(w)].into()).collect::<Vec<_>>(),
    );
    let mut by_x = vec![0.0f64; n];
    all.iter()
        .zip(&g)
        .for_each(|(w, &g)| by_x[largest(w)] += f64::from(g));
    close(
        "gradient of the largest",
        &max_pool_backward(shape, &g, &argmax),
        &by_x,
    );

    let mean = |w: &Vec<usize>| w.iter().map(|&i| f64::from(x[i])).sum::<f64>() / w.len() as f64;
    close(
        "mean",
        &average_pool(shape, &x),
        &all.iter().map(mean).collect::<Vec<_>>(),
    );
    let mut by_x = vec![0.0f64; n];
    for (w, &g) in all.iter().zip(&g) {
        w.iter()
            .for_each(|&i| by_x[i] += f64::from(g) / w.len() as f64);
    }
    close(
        "gradient of the mean",
        &average_pool_backward(shape, &g),
        &by_x,
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn poolings_equal_the_definition(
        images in 1usize..3,
        input in [1usize..9, 1usize..9],
        channels in 1usize..20,
        window in [1usize..4, 1usize..4],
        stride in [1usize..4, 1usize..4],
        padding in [[0usize..3, 0usize..3], [0usize..3, 0usize..3]],
    ) {
        let shape = PoolShape { images, input, channels, window, stride, padding };
        prop_assume!(shape.is_supported());
        check(&shape);
    }
}

#[test]
fn whole_vectors_with_and_without_overlap_equal_the_definition() {
    let plain = PoolShape {
        images: 2,
        input: [8, 6],
        channels: 32,
        window: [2; 2],
        stride: [2; 2],
        padding: [[0; 2]; 2],
    };
    check(&plain);
    check(&PoolShape {
        window: [3; 2],
        padding: [[1; 2]; 2],
        ..plain
    });
    check(&PoolShape {
        window: [4, 3],
        stride: [4, 3],
        ..plain
    });
}

#[test]
fn global_average_equals_the_definition() {
    for (images, pixels, channels) in [(1, 1, 1), (3, 7, 5), (2, 64, 64), (5, 9, 17)] {
        let x = numbers(1, images * pixels * channels);
        let at = |i: usize, p: usize, c: usize| f64::from(x[(i * pixels + p) * channels + c]);
        let mean = |k: usize| {
            (0..pixels)
                .map(|p| at(k / channels, p, k % channels))
                .sum::<f64>()
                / pixels as f64
        };
        close(
            "mean",
            &global_average(&x, pixels, channels),
            &(0..images * channels).map(mean).collect::<Vec<_>>(),
        );
        let g = numbers(2, images * channels);
        let by_x = |k: usize| {
            f64::from(g[k / channels / pixels * channels + k % channels]) / pixels as f64
        };
        let expected: Vec<f64> = (0..x.len()).map(by_x).collect();
        close(
            "gradient",
            &global_average_backward(&g, pixels, channels),
            &expected,
        );
    }
}

#[test]
fn nan_counts_as_the_largest() {
    let shape = PoolShape {
        images: 1,
        input: [2, 4],
        channels: 9,
        window: [2; 2],
        stride: [2; 2],
        padding: [[0; 2]; 2],
    };
    let mut x = numbers(1, 72);
    x[4] = f32::NAN;
    x[18..27].fill(f32::NEG_INFINITY);
    let (y, argmax) = max_pool(&shape, &x);
    assert!(y[4].is_nan() && argmax[4] == 0);
    assert!(y.iter().enumerate().all(|(i, y)| i == 4 || y.is_finite()));
}

#[test]
fn tests_pass_with_narrower_instruction_sets() {
    common::on_narrower_instruction_sets();
}
