//! Functions of a batch that have no parameters and no kernels of ours, by Burn's operations.

use crate::batch::Batch;
use crate::ops::Ops;
use burn::tensor::ops::PadMode;
use burn::tensor::{Slice, Tensor, TensorData};
use convsweep_spec::augment::Fill;
use convsweep_spec::model::Interpolation;
use convsweep_spec::shape::adaptive_window;

/// A function of a batch. A layer without parameters is a variant here.
#[derive(Clone, Debug)]
pub(crate) enum Function {
    GlobalMax,
    /// Averages to planes of this size.
    AdaptiveAverage([usize; 2]),
    /// Maxima, to planes of this size.
    AdaptiveMax([usize; 2]),
    Upsample {
        factor: [usize; 2],
        method: Interpolation,
    },
    /// Pixels around the planes, `[(top, bottom), (left, right)]`.
    Pad {
        pixels: [(usize, usize); 2],
        fill: Fill,
    },
    /// Takes every `stride`-th pixel and appends channels of zeros up to `channels`.
    PadShortcut {
        stride: [usize; 2],
        channels: usize,
    },
}

impl Function {
    /// Computes the function.
    ///
    /// Panics on flat features: `spec::shape` has rejected such a model before.
    pub(crate) fn apply(&self, batch: Batch, ops: &dyn Ops) -> Batch {
        let batch = match self {
            Function::PadShortcut { .. } => batch,
            _ => ops.widened(batch),
        };
        let image = match *self {
            Function::PadShortcut { stride, channels } => {
                return pad_shortcut(batch, stride, channels, ops);
            }
            Function::GlobalMax => return Batch::Flat(global_max(batch.channels_first())),
            Function::AdaptiveAverage(size) => adaptive_average(batch.channels_first(), size),
            Function::AdaptiveMax(size) => adaptive_max(batch.channels_first(), size),
            Function::Upsample { factor, method } => {
                upsample(batch.channels_first(), factor, method)
            }
            Function::Pad { pixels, fill } => pad(batch.channels_first(), pixels, fill),
        };
        Batch::ChannelsFirst(image)
    }
}

/// `[batch, channels]`: the maximum of each plane.
fn global_max(x: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).max_dim(2).reshape([n, c])
}

/// Averages over windows that divide the planes into `size`.
fn adaptive_average(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    resample(x, size, adaptive_weights)
}

fn adaptive_weights(i: u32, count: u32, size: u32) -> Vec<(u32, f64)> {
    let [from, to] = adaptive_window(i, count, size);
    let share = 1.0 / f64::from(to - from);
    (from..to).map(|pixel| (pixel, share)).collect()
}

/// Maxima over the same windows: first along the rows' dimension, then along the columns'.
fn adaptive_max(mut x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    for (dim, count) in [(2, size[0]), (3, size[1])] {
        let pixels = x.dims()[dim] as u32;
        let mut maxima = Vec::with_capacity(count);
        for i in 0..count {
            let window = adaptive_window(i as u32, count as u32, pixels);
            let [from, to] = window.map(|pixel| pixel as usize);
            maxima.push(x.clone().narrow(dim, from, to - from).max_dim(dim));
        }
        x = Tensor::cat(maxima, dim);
    }
    x
}

/// Planes `factor` times as large.
fn upsample(x: Tensor<4>, factor: [usize; 2], method: Interpolation) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    match method {
        Interpolation::Nearest => {
            let spread = x
                .reshape([n, c, h, 1, w, 1])
                .expand([n, c, h, factor[0], w, factor[1]]);
            spread.reshape([n, c, h * factor[0], w * factor[1]])
        }
        Interpolation::Bilinear => resample(x, [h * factor[0], w * factor[1]], bilinear_weights),
    }
}

fn bilinear_weights(i: u32, count: u32, size: u32) -> Vec<(u32, f64)> {
    let position = (f64::from(i) + 0.5) * f64::from(size) / f64::from(count) - 0.5;
    let position = position.max(0.0);
    let first = (position as u32).min(size - 1);
    let share = position - f64::from(first);
    vec![(first, 1.0 - share), ((first + 1).min(size - 1), share)]
}

/// Planes of `size`, separably: output pixel `i` of `count` along a dimension is a sum over the
/// `size` input pixels with the weights `weights(i, count, size)`. These are two matrix products,
/// whose gradients are matrix products too.
fn resample(
    x: Tensor<4>,
    size: [usize; 2],
    weights: impl Fn(u32, u32, u32) -> Vec<(u32, f64)>,
) -> Tensor<4> {
    let device = x.device();
    let [_, _, h, w] = x.dims();
    let rows = weight_matrix(h, size[0], &weights);
    let columns = weight_matrix(w, size[1], &weights);
    let matrix = |values, shape| Tensor::<2>::from_data(TensorData::new(values, shape), &device);
    let rows = matrix(rows, [size[0], h]).unsqueeze::<4>();
    let columns = matrix(columns, [size[1], w]).unsqueeze::<4>();
    rows.matmul(x).matmul(columns.swap_dims(2, 3))
}

/// `[want, have]`: the weights of each output pixel over the input pixels.
fn weight_matrix(
    have: usize,
    want: usize,
    weights: &impl Fn(u32, u32, u32) -> Vec<(u32, f64)>,
) -> Vec<f32> {
    let mut values = vec![0.0f32; have * want];
    for i in 0..want {
        for (pixel, share) in weights(i as u32, want as u32, have as u32) {
            values[i * have + pixel as usize] += share as f32;
        }
    }
    values
}

/// Adds `pixels`, `[(top, bottom), (left, right)]`.
pub(crate) fn pad(x: Tensor<4>, pixels: [(usize, usize); 2], fill: Fill) -> Tensor<4> {
    if pixels == [(0, 0); 2] {
        return x;
    }
    match fill {
        Fill::Zero => x.pad(pixels, PadMode::Constant(0.0)),
        Fill::Nearest => x.pad(pixels, PadMode::Edge),
        Fill::Reflect => mirrored(mirrored(x, 2, pixels[0]), 3, pixels[1]),
    }
}

/// Mirrors at the border; the border pixel is repeated.
fn mirrored(x: Tensor<4>, dim: usize, (before, after): (usize, usize)) -> Tensor<4> {
    let size = x.dims()[dim];
    let mut parts = vec![x.clone()];
    if before > 0 {
        parts.insert(0, x.clone().narrow(dim, 0, before).flip([dim as isize]));
    }
    if after > 0 {
        parts.push(x.narrow(dim, size - after, after).flip([dim as isize]));
    }
    Tensor::cat(parts, dim)
}

/// Every `stride`-th pixel, with channels of zeros appended up to `channels`.
fn pad_shortcut(batch: Batch, stride: [usize; 2], channels: usize, ops: &dyn Ops) -> Batch {
    let all = || Slice::new(0, None, 1);
    let every = |d: usize| Slice::new(0, None, stride[d] as isize);
    match batch {
        Batch::ChannelsLast(x) => {
            let x = ops.strided(x, [all(), every(0), every(1), all()]);
            Batch::ChannelsLast(with_zeros(x, 3, channels))
        }
        other => {
            let slices = [all(), all(), every(0), every(1)];
            let x = ops.strided(other.channels_first(), slices);
            Batch::ChannelsFirst(with_zeros(x, 1, channels))
        }
    }
}

/// Appends zeros up to `size` along a dimension.
fn with_zeros(x: Tensor<4>, dim: usize, size: usize) -> Tensor<4> {
    let missing = size - x.dims()[dim];
    if missing == 0 {
        return x;
    }
    let mut pixels = [(0, 0); 4];
    pixels[dim].1 = missing;
    x.pad(pixels, PadMode::Constant(0.0))
}
