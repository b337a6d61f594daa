//! Convolutions of large batches, of special values and of the tutorial's layers.

use crate::definition::{check, check_norm, numbers};
use convsweep_kernels::{
    ConvMethod, ConvShape, Epilogue, NeedsGradient, UpstreamGradient, conv_backward, conv_forward,
    conv_method,
};

fn plain(images: usize, side: usize, channels: usize, filters: usize) -> ConvShape {
    ConvShape {
        images,
        input: [side; 2],
        channels,
        filters,
        kernel: [3; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: [[0; 2]; 2],
        groups: 1,
    }
}

const RELU: Epilogue = Epilogue {
    relu: true,
    pool: false,
    moments: false,
};
const RELU_AND_POOL: Epilogue = Epilogue { pool: true, ..RELU };

#[test]
fn layers_of_the_tutorial_equal_the_definition() {
    for (side, channels, filters, epilogue) in [
        (32, 3, 32, RELU_AND_POOL),
        (15, 32, 64, RELU_AND_POOL),
        (6, 64, 64, RELU),
    ] {
        let shape = plain(3, side, channels, filters);
        check(&shape, conv_method(&shape, epilogue).0, epilogue, true).expect("equal");
    }
}

#[test]
fn nan_inputs_reach_the_output() {
    for (channels, method) in [
        (3, ConvMethod::Direct),
        (16, ConvMethod::Direct),
        (16, ConvMethod::Winograd),
    ] {
        let shape = plain(1, 6, channels, 16);
        for epilogue in [Epilogue::default(), RELU, RELU_AND_POOL] {
            let mut x = numbers(1, 36 * channels);
            x[14 * channels] = f32::NAN;
            let w = numbers(2, 16 * channels * 9);
            let found = conv_forward(&shape, method, &x, &w, None, epilogue);
            assert!(
                found.output.iter().any(|v| v.is_nan()),
                "{method:?} {epilogue:?}"
            );
        }
    }
}

#[test]
fn results_do_not_depend_on_what_ran_before() {
    let shape = plain(5, 15, 32, 64);
    let (x, w) = (numbers(1, 5 * 225 * 32), numbers(2, 64 * 32 * 9));
    let epilogue = RELU_AND_POOL;
    let first = conv_forward(&shape, ConvMethod::Winograd, &x, &w, None, epilogue);
    let other = plain(2, 9, 48, 16);
    conv_forward(
        &other,
        ConvMethod::Winograd,
        &numbers(3, 2 * 81 * 48),
        &numbers(4, 16 * 48 * 9),
        None,
        epilogue,
    );
    assert_eq!(
        first,
        conv_forward(&shape, ConvMethod::Winograd, &x, &w, None, epilogue)
    );
}

/// Output and input gradient of a convolution without an epilogue, starting from the output itself.
fn output_and_input_gradient(shape: &ConvShape, x: &[f32], w: &[f32]) -> [Vec<f32>; 2] {
    let (method, epilogue) = (ConvMethod::Direct, Epilogue::default());
    let y = conv_forward(shape, method, x, w, None, epilogue).output;
    let upstream = UpstreamGradient {
        gradient: &y,
        norm: None,
        output: &[],
        argmax: &[],
    };
    let needs = NeedsGradient {
        input: true,
        bias: false,
    };
    let dx = conv_backward(shape, method, x, w, upstream, epilogue, needs).input;
    [y, dx]
}

/// Large outputs are stored past the caches.
#[test]
fn large_batches_equal_their_halves() {
    for (channels, filters, groups, kernel) in [
        (1, 16, 1, 1),
        (16, 16, 16, 3),
        (16, 16, 2, 1),
        (40, 40, 2, 1),
        (17, 17, 17, 1),
    ] {
        let whole = ConvShape {
            kernel: [kernel; 2],
            groups,
            ..plain(2, 258, channels, filters)
        };
        let half = ConvShape { images: 1, ..whole };
        let x = numbers(1, 2 * 258 * 258 * channels);
        let w = numbers(2, filters * channels / groups * kernel * kernel);
        let [y, dx] = output_and_input_gradient(&whole, &x, &w);
        let (first, second) = x.split_at(x.len() / 2);
        let [first_y, first_dx] = output_and_input_gradient(&half, first, &w);
        let [second_y, second_dx] = output_and_input_gradient(&half, second, &w);
        assert!(y == [first_y, second_y].concat(), "{whole:?}");
        assert!(dx == [first_dx, second_dx].concat(), "{whole:?}");
    }
}

#[test]
#[should_panic(expected = "weights of")]
fn wrong_sizes_panic() {
    let shape = plain(1, 6, 16, 16);
    conv_forward(
        &shape,
        ConvMethod::Direct,
        &[0.0; 576],
        &[0.0; 9],
        None,
        Epilogue::default(),
    );
}

/// Here the outputs are stored past the caches.
#[test]
fn fused_moments_of_large_outputs_equal_separate_ones() {
    let shape = ConvShape {
        images: 70,
        input: [32; 2],
        channels: 8,
        filters: 32,
        kernel: [1; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: [[0; 2]; 2],
        groups: 1,
    };
    check_norm(&shape, ConvMethod::Direct, true).expect("equal");
    check_norm(
        &ConvShape {
            filters: 8,
            groups: 8,
            images: 260,
            ..shape
        },
        ConvMethod::Direct,
        true,
    )
    .expect("equal");
}
