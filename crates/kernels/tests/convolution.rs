//! Convolutions of drawn shapes, forward and backward, against the definition in f64.

mod common;

use convsweep_kernels::{
    ConvMethod, ConvShape, Epilogue, FollowingNorm, LayerGradients, NeedsGradient, NormParameters,
    UpstreamGradient, batch_norm_backward, batch_norm_sums, conv_backward, conv_forward,
    conv_method, moments, transposed_backward, transposed_forward,
};
use proptest::prelude::*;

/// Reproducible numbers in ±1.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Calls `visit(output, input, weight)` with the places of each product of the convolution.
fn products(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let [oh, ow] = s.output();
    let (c, f) = (s.channels / s.groups, s.filters / s.groups);
    for n in 0..s.images {
        for (y, x) in (0..oh).flat_map(|y| (0..ow).map(move |x| (y, x))) {
            for (ky, kx) in (0..s.kernel[0]).flat_map(|ky| (0..s.kernel[1]).map(move |kx| (ky, kx)))
            {
                let row = (y * s.stride[0] + ky * s.dilation[0]).checked_sub(s.padding[0][0]);
                let column = (x * s.stride[1] + kx * s.dilation[1]).checked_sub(s.padding[1][0]);
                let (Some(row), Some(column)) = (row, column) else {
                    continue;
                };
                if row >= s.input[0] || column >= s.input[1] {
                    continue;
                }
                for (filter, channel) in
                    (0..s.filters).flat_map(|filter| (0..c).map(move |channel| (filter, channel)))
                {
                    let output = ((n * oh + y) * ow + x) * s.filters + filter;
                    let input = ((n * s.input[0] + row) * s.input[1] + column) * s.channels
                        + filter / f * c
                        + channel;
                    let weight = ((filter * c + channel) * s.kernel[0] + ky) * s.kernel[1] + kx;
                    visit(output, input, weight);
                }
            }
        }
    }
}

fn close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len(), "{}", what);
    let scale = expected.iter().fold(1.0, |a: f64, b| a.max(b.abs()));
    for (i, (&f, &e)) in found.iter().zip(expected).enumerate() {
        prop_assert!(
            (f64::from(f) - e).abs() <= tolerance * scale,
            "{what} {i}: {f}, expected {e} (of {scale})"
        );
    }
    Ok(())
}

/// The used pixels and blocks of pooling: for each pooled value the four places it is the largest
/// of.
fn blocks(s: &ConvShape) -> Vec<[usize; 4]> {
    let [oh, ow] = s.output();
    let mut all = Vec::new();
    for n in 0..s.images {
        for (y, x) in (0..oh / 2).flat_map(|y| (0..ow / 2).map(move |x| (y, x))) {
            for f in 0..s.filters {
                all.push(
                    [0, 1, 2, 3]
                        .map(|i| ((n * oh + 2 * y + i / 2) * ow + 2 * x + i % 2) * s.filters + f),
                );
            }
        }
    }
    all
}

fn check(
    s: &ConvShape,
    method: ConvMethod,
    epilogue: Epilogue,
    with_bias: bool,
) -> Result<(), TestCaseError> {
    let [oh, ow] = s.output();
    // A single row or column has no 2×2 block.
    let epilogue = Epilogue {
        pool: epilogue.pool && oh > 1 && ow > 1,
        ..epilogue
    };
    let x = numbers(1, s.images * s.input[0] * s.input[1] * s.channels);
    let w = numbers(
        2,
        s.filters * s.channels / s.groups * s.kernel[0] * s.kernel[1],
    );
    let b = numbers(3, s.filters);
    let mut y: Vec<f64> = (0..s.images * oh * ow * s.filters)
        .map(|i| {
            if with_bias {
                f64::from(b[i % s.filters])
            } else {
                0.0
            }
        })
        .collect();
    products(s, |o, i, k| y[o] += f64::from(x[i]) * f64::from(w[k]));
    let tolerance = if method == ConvMethod::Winograd {
        4e-5
    } else {
        4e-6
    };

    let found = conv_forward(s, method, &x, &w, with_bias.then_some(&b[..]), epilogue);
    let relu = |v: f64| if epilogue.relu { v.max(0.0) } else { v };
    let blocks = if epilogue.pool { blocks(s) } else { vec![] };
    let expected: Vec<f64> = match epilogue.pool {
        true => blocks
            .iter()
            .map(|b| relu(b.iter().fold(f64::NEG_INFINITY, |a, &i| a.max(y[i]))))
            .collect(),
        false => y.iter().map(|&v| relu(v)).collect(),
    };
    close("output", &found.output, &expected, tolerance)?;

    let gradient = numbers(4, found.output.len());
    let mut dy = vec![0.0; y.len()];
    if epilogue.pool {
        for ((block, &place), &g) in blocks.iter().zip(&found.argmax).zip(&gradient) {
            prop_assert!(place < 4 || epilogue.relu && place == 4, "place {place}");
            if place < 4 {
                dy[block[usize::from(place)]] = f64::from(g);
            }
        }
    } else {
        for ((dy, &g), &o) in dy.iter_mut().zip(&gradient).zip(&found.output) {
            *dy = if epilogue.relu && o <= 0.0 {
                0.0
            } else {
                f64::from(g)
            };
        }
    }
    let (mut dx, mut dw, mut db) = (vec![0.0; x.len()], vec![0.0; w.len()], vec![0.0; b.len()]);
    products(s, |o, i, k| {
        dx[i] += dy[o] * f64::from(w[k]);
        dw[k] += dy[o] * f64::from(x[i]);
    });
    dy.iter()
        .enumerate()
        .for_each(|(i, g)| db[i % s.filters] += g);
    let backward = UpstreamGradient {
        gradient: &gradient,
        norm: None,
        output: &found.output,
        argmax: &found.argmax,
    };
    let LayerGradients {
        input,
        weight,
        bias,
    } = conv_backward(
        s,
        method,
        &x,
        &w,
        backward,
        epilogue,
        NeedsGradient {
            input: true,
            bias: true,
        },
    );
    close("input gradient", &input, &dx, tolerance)?;
    close("weight gradient", &weight, &dw, tolerance)?;
    close("bias gradient", &bias, &db, 1e-5)?;
    let without = conv_backward(
        s,
        method,
        &x,
        &w,
        backward,
        epilogue,
        NeedsGradient {
            input: false,
            bias: true,
        },
    );
    prop_assert!(without.input.is_empty());
    close(
        "weight gradient without the input's",
        &without.weight,
        &dw,
        tolerance,
    )?;
    close(
        "bias gradient without the input's",
        &without.bias,
        &db,
        1e-5,
    )?;
    let alone = conv_backward(
        s,
        method,
        &x,
        &w,
        backward,
        epilogue,
        NeedsGradient {
            input: false,
            bias: false,
        },
    );
    prop_assert!(alone.input.is_empty() && alone.bias.is_empty());
    prop_assert_eq!(alone.weight, without.weight);
    Ok(())
}

/// The transpose of a convolution.
fn check_transposed(s: &ConvShape, with_bias: bool) -> Result<(), TestCaseError> {
    let [oh, ow] = s.output();
    let x = numbers(1, s.images * oh * ow * s.filters);
    let w = numbers(
        2,
        s.filters * s.channels / s.groups * s.kernel[0] * s.kernel[1],
    );
    let b = numbers(3, s.channels);
    let len = s.images * s.input[0] * s.input[1] * s.channels;
    let mut y: Vec<f64> = (0..len)
        .map(|i| {
            if with_bias {
                f64::from(b[i % s.channels])
            } else {
                0.0
            }
        })
        .collect();
    products(s, |o, i, k| y[i] += f64::from(x[o]) * f64::from(w[k]));
    close(
        "output",
        &transposed_forward(s, &x, &w, with_bias.then_some(&b[..])),
        &y,
        4e-6,
    )?;
    let dy = numbers(4, len);
    let (mut dx, mut dw, mut db) = (vec![0.0; x.len()], vec![0.0; w.len()], vec![0.0; b.len()]);
    products(s, |o, i, k| {
        dx[o] += f64::from(dy[i]) * f64::from(w[k]);
        dw[k] += f64::from(dy[i]) * f64::from(x[o]);
    });
    dy.iter()
        .enumerate()
        .for_each(|(i, &g)| db[i % s.channels] += f64::from(g));
    let LayerGradients {
        input,
        weight,
        bias,
    } = transposed_backward(
        s,
        &x,
        &w,
        &dy,
        NeedsGradient {
            input: true,
            bias: true,
        },
    );
    close("input gradient", &input, &dx, 4e-5)?;
    close("weight gradient", &weight, &dw, 4e-5)?;
    close("bias gradient", &bias, &db, 1e-5)?;
    let alone = transposed_backward(
        s,
        &x,
        &w,
        &dy,
        NeedsGradient {
            input: false,
            bias: false,
        },
    );
    prop_assert!(alone.input.is_empty() && alone.bias.is_empty());
    prop_assert_eq!(alone.weight, weight);
    Ok(())
}

/// Batch normalisation behind a convolution, computed with it and on its own.
fn check_norm(s: &ConvShape, method: ConvMethod, relu: bool) -> Result<(), TestCaseError> {
    let x = numbers(1, s.images * s.input[0] * s.input[1] * s.channels);
    let w = numbers(
        2,
        s.filters * s.channels / s.groups * s.kernel[0] * s.kernel[1],
    );
    let (scale, shift) = (numbers(5, s.filters), numbers(6, s.filters));
    let bare = conv_forward(s, method, &x, &w, None, Epilogue::default());
    let found = conv_forward(
        s,
        method,
        &x,
        &w,
        None,
        Epilogue {
            moments: true,
            ..Epilogue::default()
        },
    );
    prop_assert_eq!(&found.output, &bare.output);
    let expected = moments(&bare.output, s.filters);
    let wide = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    close("mean", &found.moments.mean, &wide(&expected.mean), 4e-6)?;
    close(
        "variance",
        &found.moments.variance,
        &wide(&expected.variance),
        4e-6,
    )?;

    let norm = NormParameters {
        moments: &found.moments,
        scale: &scale,
        shift: &shift,
        epsilon: 1e-3,
        relu,
    };
    let gradient = numbers(4, bare.output.len());
    let mut of_bare = gradient.clone();
    let others = batch_norm_backward(&norm, &bare.output, None, &mut of_bare);
    let (sums, coefficients) = batch_norm_sums(&norm, &bare.output, None, &gradient);
    prop_assert_eq!(sums, others);
    let backward = |gradient, norm| {
        let backward = UpstreamGradient {
            gradient,
            norm,
            output: &[],
            argmax: &[],
        };
        conv_backward(
            s,
            method,
            &x,
            &w,
            backward,
            Epilogue::default(),
            NeedsGradient {
                input: true,
                bias: true,
            },
        )
    };
    let behind = FollowingNorm {
        norm,
        coefficients: &coefficients,
        x: &bare.output,
    };
    prop_assert_eq!(backward(&gradient, Some(behind)), backward(&of_bare, None));
    Ok(())
}

prop_compose! {
    fn shapes()(
        images in 1..4usize,
        input in [1..13usize, 1..13usize],
        groups in 1..4usize,
        channels in 1..9usize,
        filters in 1..20usize,
        kernel in [1..5usize, 1..5usize],
        stride in [1..4usize, 1..4usize],
        dilation in [1..4usize, 1..4usize],
        padding in [[0..4usize, 0..4usize], [0..4usize, 0..4usize]],
    ) -> ConvShape {
        let mut padding = padding;
        for i in 0..2 {
            // As large as it takes for the kernel to fit.
            let span = (kernel[i] - 1) * dilation[i] + 1;
            padding[i][1] += span.saturating_sub(input[i] + padding[i][0] + padding[i][1]);
        }
        ConvShape { images, input, channels: groups * channels, filters: groups * filters, kernel, stride, dilation, padding, groups }
    }
}

fn epilogues() -> impl Strategy<Value = Epilogue> {
    (any::<bool>(), any::<bool>()).prop_map(|(relu, pool)| Epilogue {
        relu,
        pool,
        ..Epilogue::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn direct_equals_the_definition(shape in shapes(), epilogue in epilogues(), bias: bool) {
        check(&shape, ConvMethod::Direct, epilogue, bias)?;
    }

    #[test]
    fn transposed_equals_the_definition(shape in shapes(), depthwise: bool, bias: bool) {
        let groups = if depthwise { shape.channels } else { shape.groups };
        let filters = if depthwise { shape.channels } else { shape.filters };
        check_transposed(&ConvShape { groups, filters, ..shape }, bias)?;
    }

    #[test]
    fn a_norm_behind_equals_one_on_its_own(shape in shapes(), depthwise: bool, relu: bool) {
        let groups = if depthwise { shape.channels } else { shape.groups };
        let filters = if depthwise { shape.channels } else { shape.filters };
        check_norm(&ConvShape { groups, filters, ..shape }, ConvMethod::Direct, relu)?;
    }

    #[test]
    fn a_norm_behind_winograd_equals_one_on_its_own(shape in shapes(), channels in 1..3usize, relu: bool) {
        let (plain, channels) = ([1; 2], 16 * channels);
        let shape = ConvShape { kernel: [3; 2], stride: plain, dilation: plain, padding: [[1; 2]; 2], groups: 1, ..shape };
        check_norm(&ConvShape { channels, filters: 32, ..shape }, ConvMethod::Winograd, relu)?;
    }

    #[test]
    fn depthwise_equals_the_definition(shape in shapes(), channels in 1..21usize, epilogue in epilogues(), bias: bool) {
        let shape = ConvShape { channels, filters: channels, groups: channels, ..shape };
        check(&shape, ConvMethod::Direct, epilogue, bias)?;
    }

    #[test]
    fn winograd_equals_the_definition(
        images in 1..4usize,
        input in [3..15usize, 3..15usize],
        channels in 1..4usize,
        filters in 1..4usize,
        padding in [[0..3usize, 0..3usize], [0..3usize, 0..3usize]],
        epilogue in epilogues(),
        bias: bool,
        kernel in prop::sample::select(vec![3usize, 5]),
    ) {
        // The padded image is no smaller than the kernel.
        let input = input.map(|n| n.max(kernel));
        let shape = ConvShape {
            images, input, channels: 16 * channels, filters: 16 * filters, kernel: [kernel; 2], stride: [1, 1], dilation: [1, 1],
            padding, groups: 1,
        };
        check(&shape, ConvMethod::Winograd, epilogue, bias)?;
    }
}

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

#[test]
fn the_tutorials_layers_equal_the_definition() {
    for (side, channels, filters, epilogue) in [
        (
            32,
            3,
            32,
            Epilogue {
                relu: true,
                pool: true,
                ..Epilogue::default()
            },
        ),
        (
            15,
            32,
            64,
            Epilogue {
                relu: true,
                pool: true,
                ..Epilogue::default()
            },
        ),
        (
            6,
            64,
            64,
            Epilogue {
                relu: true,
                pool: false,
                ..Epilogue::default()
            },
        ),
    ] {
        let shape = plain(3, side, channels, filters);
        check(&shape, conv_method(&shape, epilogue).0, epilogue, true).expect("equal");
    }
}

#[test]
fn what_is_not_a_number_stays_seen() {
    for (channels, method) in [
        (3, ConvMethod::Direct),
        (16, ConvMethod::Direct),
        (16, ConvMethod::Winograd),
    ] {
        let shape = plain(1, 6, channels, 16);
        for epilogue in [(false, false), (true, false), (true, true)].map(|(relu, pool)| Epilogue {
            relu,
            pool,
            ..Epilogue::default()
        }) {
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
    let epilogue = Epilogue {
        relu: true,
        pool: true,
        ..Epilogue::default()
    };
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

/// Large outputs are written past the caches.
#[test]
fn large_images_equal_small_ones() {
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
        let run = |shape: &ConvShape, x: &[f32]| {
            let epilogue = Epilogue::default();
            let y = conv_forward(shape, ConvMethod::Direct, x, &w, None, epilogue).output;
            let backward = UpstreamGradient {
                gradient: &y,
                norm: None,
                output: &[],
                argmax: &[],
            };
            let needs = NeedsGradient {
                input: true,
                bias: false,
            };
            (
                conv_backward(shape, ConvMethod::Direct, x, &w, backward, epilogue, needs).input,
                y,
            )
        };
        let (dx, y) = run(&whole, &x);
        let halves = [&x[..x.len() / 2], &x[x.len() / 2..]].map(|x| run(&half, x));
        assert!(dx == [&halves[0].0[..], &halves[1].0].concat(), "{whole:?}");
        assert!(y == [&halves[0].1[..], &halves[1].1].concat(), "{whole:?}");
    }
}

#[test]
#[should_panic(expected = "weights of")]
fn wrong_sizes_are_refused() {
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

#[test]
fn narrower_instruction_sets_pass_too() {
    common::on_narrower_instruction_sets();
}

/// Outputs that go past the caches.
#[test]
fn the_moments_of_a_large_batch_are_those_of_its_output() {
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
    check_norm(&shape, ConvMethod::Direct, true).expect("they are");
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
    .expect("they are");
}
