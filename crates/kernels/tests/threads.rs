//! Results depend neither on the number of threads nor on which thread runs which task.

use convsweep_kernels::{
    Adam, ChannelMoments, ConvMethod, ConvShape, DenseShape, Epilogue, NeedsGradient,
    NormParameters, PoolShape, Sgd, UpstreamGradient, average_pool, average_pool_backward,
    batch_norm, batch_norm_backward, conv_backward, conv_forward, dense_backward, dense_forward,
    max_pool, max_pool_backward, moments, parallel_chunks, transpose, transposed_forward,
    use_threads,
};
use std::sync::Mutex;

fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + 13) % 2011) as f32 / 1005.0 - 1.0)
        .collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The bits of everything that a convolution computes.
fn convolution(shape: &ConvShape, method: ConvMethod, epilogue: Epilogue) -> Vec<Vec<u32>> {
    let x = numbers(shape.images * shape.input[0] * shape.input[1] * shape.channels);
    let w =
        numbers(shape.filters * shape.channels / shape.groups * shape.kernel[0] * shape.kernel[1]);
    let b = numbers(shape.filters);
    let y = conv_forward(shape, method, &x, &w, Some(&b), epilogue);
    let gradient = numbers(y.output.len());
    let backward = UpstreamGradient {
        gradient: &gradient,
        norm: None,
        output: &y.output,
        argmax: &y.argmax,
    };
    let ChannelMoments { mean, variance } = conv_forward(
        shape,
        method,
        &x,
        &w,
        None,
        Epilogue {
            moments: true,
            ..Epilogue::default()
        },
    )
    .moments;
    let plain = conv_forward(shape, method, &x, &w, None, Epilogue::default()).output;
    let transposed = transposed_forward(shape, &plain, &w, None);
    let mut all = vec![
        bits(&transposed),
        bits(&mean),
        bits(&variance),
        bits(&y.output),
        y.argmax.iter().map(|&p| u32::from(p)).collect(),
    ];
    for input in [true, false] {
        let found = conv_backward(
            shape,
            method,
            &x,
            &w,
            backward,
            epilogue,
            NeedsGradient { input, bias: true },
        );
        all.extend([found.input, found.weight, found.bias].map(|v| bits(&v)));
    }
    all
}

/// The bits of everything that a dense layer computes.
fn dense(shape: &DenseShape) -> Vec<Vec<u32>> {
    let (x, w) = (
        numbers(shape.rows * shape.features),
        numbers(shape.units * shape.features),
    );
    let y = dense_forward(shape, &x, &w, Some(&numbers(shape.units)), true);
    let found = dense_backward(shape, &x, &w, &y, &numbers(y.len()), true, true);
    [y, found.input, found.weight, found.bias]
        .map(|v| bits(&v))
        .into()
}

/// The bits of everything that a batch normalisation computes.
fn norm(rows: usize, channels: usize) -> Vec<Vec<u32>> {
    let (x, scale) = (numbers(rows * channels), numbers(channels));
    let moments = &moments(&x, channels);
    let norm = NormParameters {
        moments,
        scale: &scale,
        shift: &scale,
        epsilon: 1e-5,
        relu: true,
    };
    let y = batch_norm(&norm, &x, Some(&x));
    let mut by_x = y.clone();
    let found = batch_norm_backward(&norm, &x, Some(&y), &mut by_x);
    [
        &moments.mean,
        &moments.variance,
        &y,
        &by_x,
        &found.scale,
        &found.shift,
        &found.residual,
    ]
    .map(|v| bits(v))
    .into()
}

/// The bits of everything that poolings compute.
fn pools(shape: &PoolShape) -> Vec<Vec<u32>> {
    let x = numbers(shape.images * shape.input[0] * shape.input[1] * shape.channels);
    let (y, argmax) = max_pool(shape, &x);
    let back = [
        max_pool_backward(shape, &y, &argmax),
        average_pool_backward(shape, &y),
    ];
    let found = [
        y,
        average_pool(shape, &x),
        transpose(&x, shape.channels, shape.input[0] * shape.input[1]),
    ];
    found
        .into_iter()
        .chain(back)
        .map(|v| bits(&v))
        .chain([argmax.into_iter().map(u32::from).collect()])
        .collect()
}

/// The bits of everything that optimiser steps compute.
fn steps(count: usize) -> Vec<Vec<u32>> {
    let gradient = numbers(count);
    let mut weights = [gradient.clone(), gradient.clone(), gradient.clone()];
    let mut moments = [numbers(count), vec![0.5; count], numbers(count)];
    let [adam, plain, heavy] = &mut weights;
    let [mean, square, velocity] = &mut moments;
    let numbers = Adam {
        lr: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.1,
        shrink: 0.9,
        step: 3,
    };
    numbers.step(adam, &gradient, mean, square);
    let sgd = Sgd {
        lr: 0.1,
        momentum: 0.9,
        nesterov: true,
        weight_decay: 0.1,
        shrink: 1.0,
    };
    Sgd {
        momentum: 0.0,
        nesterov: false,
        ..sgd
    }
    .step(plain, &gradient, &mut []);
    sgd.step(heavy, &gradient, velocity);
    weights.iter().chain(&moments).map(|v| bits(v)).collect()
}

/// The number of threads is global, so tests that set it must not run at the same time.
static THREAD_COUNT: Mutex<()> = Mutex::new(());

#[test]
fn every_chunk_is_processed_once() {
    let _guard = THREAD_COUNT.lock();
    for threads in [1, 3] {
        use_threads(threads);
        let mut values = vec![0u32; 70_000];
        parallel_chunks(
            &mut values,
            7,
            || 1,
            |one, i, chunk| chunk.iter_mut().for_each(|v| *v += *one + i as u32),
        );
        assert!(
            values
                .iter()
                .enumerate()
                .all(|(i, &v)| v as usize == i / 7 + 1),
            "{threads} threads"
        );
    }
    use_threads(1);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let _guard = THREAD_COUNT.lock();
    let plain = ConvShape {
        images: 37,
        input: [13, 10],
        channels: 16,
        filters: 32,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: [[1, 1]; 2],
        groups: 1,
    };
    let depthwise = ConvShape {
        channels: 24,
        filters: 24,
        groups: 24,
        ..plain
    };
    let first = ConvShape {
        channels: 3,
        ..plain
    };
    let pointwise = ConvShape {
        kernel: [1, 1],
        padding: [[0, 0]; 2],
        stride: [2, 2],
        ..plain
    };
    let cases = [
        (plain, ConvMethod::Direct),
        (plain, ConvMethod::Winograd),
        (depthwise, ConvMethod::Direct),
        (first, ConvMethod::Direct),
        (pointwise, ConvMethod::Direct),
    ];
    let epilogues = [(false, false), (true, false), (true, true)].map(|(relu, pool)| Epilogue {
        relu,
        pool,
        ..Epilogue::default()
    });
    let layer = DenseShape {
        rows: 32,
        features: 700,
        units: 90,
    };
    let overlapping = PoolShape {
        images: 37,
        input: [13, 10],
        channels: 20,
        window: [3, 3],
        stride: [2, 2],
        padding: [[1, 1]; 2],
    };
    let tiles = PoolShape {
        input: [12, 10],
        window: [2, 2],
        padding: [[0, 0]; 2],
        ..overlapping
    };
    let all = || -> Vec<_> {
        let layers = cases
            .iter()
            .flat_map(|(shape, method)| epilogues.map(|f| convolution(shape, *method, f)));
        let others = [
            dense(&layer),
            norm(9001, 20),
            norm(7, 3),
            pools(&overlapping),
            pools(&tiles),
            steps(100_003),
        ];
        layers.chain(others).collect()
    };
    use_threads(1);
    let one = all();
    for threads in [2, 3, 5, 2, 1] {
        use_threads(threads);
        for _ in 0..3 {
            assert!(all() == one, "{threads} threads");
        }
    }
}
