//! The definition of a convolution in f64, and checks of the kernels against it.

use convsweep_kernels::{
    ChannelMoments, ConvMethod, ConvOutput, ConvShape, Epilogue, FollowingNorm, LayerGradients,
    NeedsGradient, NormParameters, UpstreamGradient, batch_norm_backward, batch_norm_sums,
    conv_backward, conv_forward, moments, transposed_backward, transposed_forward,
};
use proptest::prelude::*;

pub const ALL_GRADIENTS: NeedsGradient = NeedsGradient {
    input: true,
    bias: true,
};
const WITHOUT_INPUT: NeedsGradient = NeedsGradient {
    input: false,
    bias: true,
};
const WEIGHT_ONLY: NeedsGradient = NeedsGradient {
    input: false,
    bias: false,
};

/// Reproducible pseudo-random numbers from −1 to 1.
pub fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn input_values(s: &ConvShape) -> Vec<f32> {
    numbers(1, s.images * s.input[0] * s.input[1] * s.channels)
}

fn weight_values(s: &ConvShape) -> Vec<f32> {
    let taps = s.kernel[0] * s.kernel[1];
    numbers(2, s.filters * s.channels / s.groups * taps)
}

/// Calls `visit(output, input, weight)` with the offsets of each product of the convolution.
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

/// The 2×2 blocks of pooling: for each pooled value the offsets of its four candidates.
fn blocks(s: &ConvShape) -> Vec<[usize; 4]> {
    let [oh, ow] = s.output();
    let mut all = Vec::new();
    for n in 0..s.images {
        for (y, x) in (0..oh / 2).flat_map(|y| (0..ow / 2).map(move |x| (y, x))) {
            for f in 0..s.filters {
                let pixel = |i: usize| (n * oh + 2 * y + i / 2) * ow + 2 * x + i % 2;
                all.push([0, 1, 2, 3].map(|i| pixel(i) * s.filters + f));
            }
        }
    }
    all
}

/// `count` values of the bias of each of `channels`, or zeros.
fn initial_values(bias: Option<&[f32]>, channels: usize, count: usize) -> Vec<f64> {
    let start = |i: usize| bias.map_or(0.0, |b| f64::from(b[i % channels]));
    (0..count).map(start).collect()
}

/// Adds up the gradient of each channel's bias.
fn bias_gradient(gradient: &[f64], channels: usize) -> Vec<f64> {
    let mut sums = vec![0.0; channels];
    for (i, g) in gradient.iter().enumerate() {
        sums[i % channels] += g;
    }
    sums
}

/// Checks forward and backward pass against the definition.
pub fn check(
    s: &ConvShape,
    method: ConvMethod,
    epilogue: Epilogue,
    with_bias: bool,
) -> Result<(), TestCaseError> {
    let [oh, ow] = s.output();
    // A single row or column contains no 2×2 block.
    let epilogue = Epilogue {
        pool: epilogue.pool && oh > 1 && ow > 1,
        ..epilogue
    };
    let (x, w, b) = (input_values(s), weight_values(s), numbers(3, s.filters));
    let bias = with_bias.then_some(&b[..]);
    let mut y = initial_values(bias, s.filters, s.images * oh * ow * s.filters);
    products(s, |o, i, k| y[o] += f64::from(x[i]) * f64::from(w[k]));
    let tolerance = if method == ConvMethod::Winograd {
        4e-5
    } else {
        4e-6
    };

    let found = conv_forward(s, method, &x, &w, bias, epilogue);
    close(
        "output",
        &found.output,
        &apply_epilogue(s, epilogue, &y),
        tolerance,
    )?;
    let gradient = numbers(4, found.output.len());
    let dy = gradient_before_epilogue(s, epilogue, &found, &gradient)?;
    let upstream = UpstreamGradient {
        gradient: &gradient,
        norm: None,
        output: &found.output,
        argmax: &found.argmax,
    };
    let backward = |needs| conv_backward(s, method, &x, &w, upstream, epilogue, needs);
    check_gradients(s, backward, &[&x, &w], &dy, tolerance)
}

/// The output after the epilogue, from the convolution's own output.
fn apply_epilogue(s: &ConvShape, epilogue: Epilogue, y: &[f64]) -> Vec<f64> {
    let relu = |v: f64| if epilogue.relu { v.max(0.0) } else { v };
    if !epilogue.pool {
        return y.iter().map(|&v| relu(v)).collect();
    }
    let largest = |b: &[usize; 4]| b.iter().fold(f64::NEG_INFINITY, |a, &i| a.max(y[i]));
    blocks(s).iter().map(|b| relu(largest(b))).collect()
}

/// The gradient of the convolution's own output, from that of the output after the epilogue.
fn gradient_before_epilogue(
    s: &ConvShape,
    epilogue: Epilogue,
    found: &ConvOutput,
    gradient: &[f32],
) -> Result<Vec<f64>, TestCaseError> {
    if epilogue.pool {
        let [oh, ow] = s.output();
        let mut dy = vec![0.0; s.images * oh * ow * s.filters];
        for ((block, &index), &g) in blocks(s).iter().zip(&found.argmax).zip(gradient) {
            prop_assert!(index < 4 || epilogue.relu && index == 4, "argmax {index}");
            if index < 4 {
                dy[block[usize::from(index)]] = f64::from(g);
            }
        }
        return Ok(dy);
    }
    let is_cut = |output: f32| epilogue.relu && output <= 0.0;
    let pairs = gradient.iter().zip(&found.output);
    Ok(pairs
        .map(|(&g, &o)| if is_cut(o) { 0.0 } else { f64::from(g) })
        .collect())
}

/// Checks the gradients that `backward` computes against the definition, for all sets of needed
/// gradients. `dy` is the gradient of the convolution's own output.
fn check_gradients(
    s: &ConvShape,
    backward: impl Fn(NeedsGradient) -> LayerGradients,
    [x, w]: &[&[f32]; 2],
    dy: &[f64],
    tolerance: f64,
) -> Result<(), TestCaseError> {
    let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    products(s, |o, i, k| {
        dx[i] += dy[o] * f64::from(w[k]);
        dw[k] += dy[o] * f64::from(x[i]);
    });
    let db = bias_gradient(dy, s.filters);
    let all = backward(ALL_GRADIENTS);
    close("input gradient", &all.input, &dx, tolerance)?;
    close("weight gradient", &all.weight, &dw, tolerance)?;
    close("bias gradient", &all.bias, &db, 1e-5)?;
    let without = backward(WITHOUT_INPUT);
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
    let weight_only = backward(WEIGHT_ONLY);
    prop_assert!(weight_only.input.is_empty() && weight_only.bias.is_empty());
    prop_assert_eq!(weight_only.weight, without.weight);
    Ok(())
}

/// Checks the transpose of a convolution against the definition.
pub fn check_transposed(s: &ConvShape, with_bias: bool) -> Result<(), TestCaseError> {
    let [oh, ow] = s.output();
    let x = numbers(1, s.images * oh * ow * s.filters);
    let (w, b) = (weight_values(s), numbers(3, s.channels));
    let bias = with_bias.then_some(&b[..]);
    let len = s.images * s.input[0] * s.input[1] * s.channels;
    let mut y = initial_values(bias, s.channels, len);
    products(s, |o, i, k| y[i] += f64::from(x[o]) * f64::from(w[k]));
    close("output", &transposed_forward(s, &x, &w, bias), &y, 4e-6)?;
    let dy = numbers(4, len);
    let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    products(s, |o, i, k| {
        dx[o] += f64::from(dy[i]) * f64::from(w[k]);
        dw[k] += f64::from(dy[i]) * f64::from(x[o]);
    });
    let wide: Vec<f64> = dy.iter().map(|&g| f64::from(g)).collect();
    let all = transposed_backward(s, &x, &w, &dy, ALL_GRADIENTS);
    close("input gradient", &all.input, &dx, 4e-5)?;
    close("weight gradient", &all.weight, &dw, 4e-5)?;
    close(
        "bias gradient",
        &all.bias,
        &bias_gradient(&wide, s.channels),
        1e-5,
    )?;
    let weight_only = transposed_backward(s, &x, &w, &dy, WEIGHT_ONLY);
    prop_assert!(weight_only.input.is_empty() && weight_only.bias.is_empty());
    prop_assert_eq!(weight_only.weight, all.weight);
    Ok(())
}

/// Checks mean and variance of each channel of `x` against the definition.
///
/// The kernels sum distances from the first row of a chunk, and their squares, in f32. Rounding is
/// relative to these sums: where such a row happens to be the farthest from the mean, its squared
/// distance `far²` is in each square and cancels afterwards, but its rounding stays. So the error
/// of a variance grows with `variance + far²`, not with the variance. The largest of 8 million
/// random channels was 7e-7 of that, and the largest of a mean was 4e-7 of `|mean| + far`.
fn check_moments(found: &ChannelMoments, x: &[f32]) -> Result<(), TestCaseError> {
    let channels = found.mean.len();
    for c in 0..channels {
        let values = || x[c..].iter().step_by(channels).map(|&v| f64::from(v));
        let rows = values().count() as f64;
        let mean = values().sum::<f64>() / rows;
        let variance = values().map(|v| (v - mean).powi(2)).sum::<f64>() / rows;
        let far = values().fold(0.0, |far: f64, v| far.max((v - mean).abs()));
        let (found_mean, found_variance) = (found.mean[c], found.variance[c]);
        prop_assert!(
            (f64::from(found_mean) - mean).abs() <= 1e-6 * (mean.abs() + far),
            "mean {c}: {found_mean}, expected {mean} (farthest {far})"
        );
        prop_assert!(
            (f64::from(found_variance) - variance).abs() <= 2e-6 * (variance + far * far),
            "variance {c}: {found_variance}, expected {variance} (farthest {far})"
        );
    }
    Ok(())
}

/// Checks that a batch normalisation fused into a convolution equals one computed separately.
pub fn check_norm(s: &ConvShape, method: ConvMethod, relu: bool) -> Result<(), TestCaseError> {
    let (x, w) = (input_values(s), weight_values(s));
    let (scale, shift) = (numbers(5, s.filters), numbers(6, s.filters));
    let plain = conv_forward(s, method, &x, &w, None, Epilogue::default());
    let with_moments = Epilogue {
        moments: true,
        ..Epilogue::default()
    };
    let found = conv_forward(s, method, &x, &w, None, with_moments);
    prop_assert_eq!(&found.output, &plain.output);
    check_moments(&found.moments, &plain.output)?;
    check_moments(&moments(&plain.output, s.filters), &plain.output)?;

    let norm = NormParameters {
        moments: &found.moments,
        scale: &scale,
        shift: &shift,
        epsilon: 1e-3,
        relu,
    };
    let gradient = numbers(4, plain.output.len());
    let mut conv_gradient = gradient.clone();
    let separate = batch_norm_backward(&norm, &plain.output, None, &mut conv_gradient);
    let (sums, coefficients) = batch_norm_sums(&norm, &plain.output, None, &gradient);
    prop_assert_eq!(sums, separate);
    let backward = |gradient, norm| {
        let upstream = UpstreamGradient {
            gradient,
            norm,
            output: &[],
            argmax: &[],
        };
        let epilogue = Epilogue::default();
        conv_backward(s, method, &x, &w, upstream, epilogue, ALL_GRADIENTS)
    };
    let following = FollowingNorm {
        norm,
        coefficients: &coefficients,
        x: &plain.output,
    };
    prop_assert_eq!(
        backward(&gradient, Some(following)),
        backward(&conv_gradient, None)
    );
    Ok(())
}
