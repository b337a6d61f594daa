//! What LibTorch computes, and differentiates, in one piece.

use crate::activation::PRELU_INITIAL_SLOPE;
use crate::ops::fused::{FusedConv, FusedNorm, TransposedConv};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn_tch::TchTensor;
use convsweep_spec::model::Activation;
use std::sync::{Arc, OnceLock};
use tch::Tensor;

/// Images come and go as `[batch, height, width, channels]` without gaps, which LibTorch calls
/// channels last and has its fastest kernels for. It sees them as
/// `[batch, channels, height, width]` with other strides.
const TO_PLANES: [i64; 4] = [0, 3, 1, 2];
const TO_PIXELS: [i64; 4] = [0, 2, 3, 1];
/// Share of the old running statistics: they are kept elsewhere.
const NO_MOMENTUM: f64 = 0.0;

/// The mean and variance of each channel that a batch normalisation found.
pub(super) type FoundMoments = Arc<OnceLock<[TchTensor; 2]>>;

/// A function of tensors.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    /// Of pixels, weights, and biases if there are any.
    Conv(FusedConv),
    /// Of pixels, weights, and biases if there are any.
    Transposed(TransposedConv),
    /// Of features `[batch, features]`, weights `[units, features]`, and biases if there are any.
    Dense { units: i64, relu: bool },
    /// Of pixels or features, scale, shift, and a summand if there is one.
    BatchNorm(FusedNorm, FoundMoments),
    /// Of pixels, weights, scale, shift, and a summand if there is one.
    ConvNorm(FusedConv, FusedNorm, FoundMoments),
    /// Of pixels.
    MaxPool(MaxPoolOptions<2>),
    /// Of pixels.
    AveragePool(AvgPoolOptions<2>),
    /// Of pixels; `[batch, channels]`.
    GlobalAverage,
    /// Of any tensor.
    Activation(Activation),
    /// Of a tensor of four dimensions: first index, end if it is not the last, and step of each.
    Strided([(i64, Option<i64>, i64); 4]),
}

impl Unit {
    /// Computes it.
    pub(super) fn of(&self, inputs: &[Tensor]) -> Tensor {
        let x = &inputs[0];
        match self {
            Unit::Conv(conv) => pixels(&convolve(&planes(x), &inputs[1..], conv)),
            Unit::Transposed(conv) => pixels(&transpose(&planes(x), &inputs[1..], conv)),
            Unit::Dense { units, relu } => {
                let weight = inputs[1].view([*units, -1]);
                rectify(x.linear(&weight, inputs.get(2)), *relu)
            }
            Unit::BatchNorm(norm, moments) => match x.dim() {
                4 => {
                    let y = normalize(&planes(x), &inputs[1..3], norm, moments);
                    add_and_rectify(pixels(&y), inputs.get(3), norm)
                }
                _ => {
                    let y = normalize(x, &inputs[1..3], norm, moments);
                    add_and_rectify(y, inputs.get(3), norm)
                }
            },
            Unit::ConvNorm(conv, norm, moments) => {
                let y = convolve(&planes(x), &inputs[1..2], conv);
                let y = normalize(&y, &inputs[2..4], norm, moments);
                add_and_rectify(pixels(&y), inputs.get(4), norm)
            }
            Unit::MaxPool(options) => pixels(&max_pool(&planes(x), options)),
            Unit::AveragePool(options) => pixels(&average_pool(&planes(x), options)),
            Unit::Activation(activation) => activate(x, *activation),
            Unit::Strided(slices) => {
                let mut y = x.shallow_clone();
                for (dim, (start, end, step)) in (0..).zip(*slices) {
                    y = y.slice(dim, start, end, step);
                }
                y.contiguous()
            }
            Unit::GlobalAverage => x.mean_dim([1i64, 2].as_slice(), false, None),
        }
    }
}

/// Pixels as LibTorch's operations for images see them.
fn planes(pixels: &Tensor) -> Tensor {
    pixels.contiguous().permute(TO_PLANES)
}

fn pixels(planes: &Tensor) -> Tensor {
    planes.permute(TO_PIXELS).contiguous()
}

fn pair(values: [usize; 2]) -> [i64; 2] {
    values.map(|value| value as i64)
}

fn rectify(mut y: Tensor, is_rectified: bool) -> Tensor {
    match is_rectified {
        true => y.relu_(),
        false => y,
    }
}

fn convolve(x: &Tensor, parameters: &[Tensor], conv: &FusedConv) -> Tensor {
    let channels = (conv.channels / conv.groups) as i64;
    let [rows, columns] = pair(conv.kernel);
    let weight = parameters[0].view([conv.filters as i64, channels, rows, columns]);
    let [before, after] = [0, 1].map(|side| {
        let of = |(before, after): (usize, usize)| [before, after][side] as i64;
        conv.padding.map(of)
    });
    let padded;
    let (x, padding) = match before == after {
        true => (x, before),
        false => {
            let sides = [before[1], after[1], before[0], after[0]];
            padded = x.constant_pad_nd(sides);
            (&padded, [0, 0])
        }
    };
    let (stride, dilation) = (pair(conv.stride), pair(conv.dilation));
    let groups = conv.groups as i64;
    let bias = parameters.get(1);
    let y = x.conv2d(&weight, bias, stride, padding, dilation, groups);
    let y = rectify(y, conv.relu);
    match conv.pool {
        true => y.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false),
        false => y,
    }
}

fn transpose(x: &Tensor, parameters: &[Tensor], transposed: &TransposedConv) -> Tensor {
    let (conv, options) = (&transposed.conv, &transposed.options);
    let filters = (conv.channels / conv.groups) as i64;
    let [rows, columns] = pair(conv.kernel);
    let weight = parameters[0].view([conv.filters as i64, filters, rows, columns]);
    let y = x.conv_transpose2d(
        &weight,
        parameters.get(1),
        pair(options.stride),
        pair(options.padding),
        pair(options.padding_out),
        options.groups as i64,
        pair(options.dilation),
    );
    let [rows, columns] = pair(transposed.surplus);
    let size = y.size();
    y.narrow(2, 0, size[2] - rows)
        .narrow(3, 0, size[3] - columns)
}

/// Normalises each channel, the second dimension, by its own moments.
fn normalize(
    x: &Tensor,
    parameters: &[Tensor],
    norm: &FusedNorm,
    moments: &FoundMoments,
) -> Tensor {
    let none: Option<&Tensor> = None;
    let (y, mean, inverse) = x.native_batch_norm(
        parameters.first(),
        parameters.get(1),
        none,
        none,
        true,
        NO_MOMENTUM,
        norm.epsilon,
    );
    let variance = inverse.detach().pow_tensor_scalar(-2.0) - norm.epsilon;
    let variance = variance.clamp_min(0.0);
    // A copy, since the graph needs the mean and Burn may change its tensor in place. Whoever asks
    // for the moments of a batch asks once.
    let mean = mean.detach().copy();
    let _ = moments.set([TchTensor::new(mean), TchTensor::new(variance)]);
    y
}

fn add_and_rectify(y: Tensor, summand: Option<&Tensor>, norm: &FusedNorm) -> Tensor {
    let y = match summand {
        Some(summand) => y + summand,
        None => y,
    };
    rectify(y, norm.relu)
}

/// As `crate::activation` defines them.
fn activate(x: &Tensor, activation: Activation) -> Tensor {
    match activation {
        Activation::Relu => x.relu(),
        Activation::LeakyRelu => above_or(x, 0.01),
        Activation::Prelu => above_or(x, PRELU_INITIAL_SLOPE),
        Activation::Elu => x.elu(),
        Activation::Gelu => x.gelu("none"),
        Activation::Silu => x.silu(),
        Activation::Sigmoid => x.sigmoid(),
        Activation::Tanh => x.tanh(),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::HardSigmoid => x.hardsigmoid(),
        Activation::HardSwish => x.hardswish(),
        Activation::Mish => x.mish(),
        Activation::Selu => x.selu(),
        Activation::Softplus => x.softplus(),
    }
}

/// The value above 0, below it times the slope.
fn above_or(x: &Tensor, slope: f64) -> Tensor {
    x.relu() - (-x).relu() * slope
}

fn max_pool(x: &Tensor, options: &MaxPoolOptions<2>) -> Tensor {
    x.max_pool2d(
        pair(options.kernel_size),
        pair(options.stride),
        pair(options.padding.map(|(before, _)| before)),
        pair(options.dilation),
        options.ceil_mode,
    )
}

fn average_pool(x: &Tensor, options: &AvgPoolOptions<2>) -> Tensor {
    x.avg_pool2d(
        pair(options.kernel_size),
        pair(options.stride),
        pair(options.padding.map(|(before, _)| before)),
        options.ceil_mode,
        options.count_include_pad,
        None,
    )
}
