//! What the layers compute that have no kernels of our own ([`crate::ops`]), by Burn's operations:
//! tensors in, tensor out.

use crate::operation::{Batch, Windows};
use burn::tensor::ops::PadMode;
use burn::tensor::{Slice, Tensor, TensorData};
use convsweep_spec::augment::Fill;
use convsweep_spec::model::Interpolation;
use convsweep_spec::shape::adaptive_window;

/// A convolution with weights of its own at each position: `weight`
/// `[positions, filters, channels·height·width]`, `bias` `[filters, rows, columns]`.
pub(crate) fn locally_connected(
    x: Tensor<4>,
    weight: Tensor<3>,
    bias: Option<Tensor<3>>,
    windows: &Windows,
) -> Tensor<4> {
    let [n, c, ..] = x.dims();
    let [rows, columns] = windows.count;
    let taps = windows.kernel[0] * windows.kernel[1];
    let x = pad(x, windows.padding, Fill::Zero);
    let tap = |i: usize| {
        let first = [i / windows.kernel[1], i % windows.kernel[1]];
        strided(x.clone(), first, windows.stride, windows.count).unsqueeze_dim::<5>(2)
    };
    let patches =
        Tensor::cat((0..taps).map(tap).collect(), 2).reshape([n, c * taps, rows * columns]);
    let y = patches.permute([2, 0, 1]).matmul(weight.swap_dims(1, 2));
    let [_, _, filters] = y.dims();
    let y = y.permute([1, 2, 0]).reshape([n, filters, rows, columns]);
    match bias {
        Some(b) => y + b.unsqueeze(),
        None => y,
    }
}

/// `count` rows and columns from `first` on, `stride` apart.
pub(crate) fn strided(
    x: Tensor<4>,
    first: [usize; 2],
    stride: [usize; 2],
    count: [usize; 2],
) -> Tensor<4> {
    let range = |d: usize| {
        let end = first[d] + (count[d] - 1) * stride[d] + 1;
        Slice::new(first[d] as isize, Some(end as isize), stride[d] as isize)
    };
    x.slice([
        Slice::new(0, None, 1),
        Slice::new(0, None, 1),
        range(0),
        range(1),
    ])
}

/// `[batch, channels]`: largest value of each plane.
pub(crate) fn global_max(x: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).max_dim(2).reshape([n, c])
}

/// Means of windows as wide as it takes to make planes of `size`.
pub(crate) fn adaptive_average(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    resample(x, size, |i, count, size| {
        let [from, to] = adaptive_window(i, count, size);
        let share = 1.0 / f64::from(to - from);
        (from..to).map(|pixel| (pixel, share)).collect()
    })
}

/// Largest values of the same windows: of the rows, then of the columns.
pub(crate) fn adaptive_max(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    [2, 3].into_iter().fold(x, |x, dim| {
        let (have, want) = (x.dims()[dim], size[dim - 2]);
        let largest = |i: usize| {
            let [from, to] =
                adaptive_window(i as u32, want as u32, have as u32).map(|p| p as usize);
            x.clone().narrow(dim, from, to - from).max_dim(dim)
        };
        Tensor::cat((0..want).map(largest).collect(), dim)
    })
}

/// Planes `factor` times as large.
pub(crate) fn upsample(x: Tensor<4>, factor: [usize; 2], method: Interpolation) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    match method {
        Interpolation::Nearest => {
            let spread = x
                .reshape([n, c, h, 1, w, 1])
                .expand([n, c, h, factor[0], w, factor[1]]);
            spread.reshape([n, c, h * factor[0], w * factor[1]])
        }
        Interpolation::Bilinear => resample(x, [h * factor[0], w * factor[1]], |i, count, size| {
            let place = ((f64::from(i) + 0.5) * f64::from(size) / f64::from(count) - 0.5).max(0.0);
            let first = (place as u32).min(size - 1);
            let share = place - f64::from(first);
            vec![(first, 1.0 - share), ((first + 1).min(size - 1), share)]
        }),
    }
}

/// Planes of `size`, each pixel a weighted sum of pixels in its row and column:
/// `weights(i, count, size)` are those of pixel `i` of `count` over `size`. Two products with
/// matrices, so that the gradient is one too.
fn resample(
    x: Tensor<4>,
    size: [usize; 2],
    weights: impl Fn(u32, u32, u32) -> Vec<(u32, f64)>,
) -> Tensor<4> {
    let device = x.device();
    let [_, _, h, w] = x.dims();
    let matrix = |have: usize, want: usize| {
        let mut values = vec![0.0f32; have * want];
        for i in 0..want {
            for (pixel, share) in weights(i as u32, want as u32, have as u32) {
                values[i * have + pixel as usize] += share as f32;
            }
        }
        Tensor::<2>::from_data(TensorData::new(values, [want, have]), &device).unsqueeze::<4>()
    };
    matrix(h, size[0])
        .matmul(x)
        .matmul(matrix(w, size[1]).swap_dims(2, 3))
}

/// `pixels` `[(top, bottom), (left, right)]` more.
pub(crate) fn pad(x: Tensor<4>, pixels: [(usize, usize); 2], fill: Fill) -> Tensor<4> {
    if pixels == [(0, 0); 2] {
        return x;
    }
    match fill {
        Fill::Zero => x.pad(pixels, PadMode::Constant(0.0)),
        Fill::Nearest => x.pad(pixels, PadMode::Edge),
        Fill::Reflect => [0, 1]
            .into_iter()
            .fold(x, |x, d| mirrored(x, d + 2, pixels[d])),
    }
}

/// Mirrored at its border, the border pixel repeated.
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

/// Every `stride`th pixel, and channels of zeros behind up to `channels`.
pub(crate) fn pad_shortcut(batch: Batch, stride: [usize; 2], channels: usize) -> Batch {
    let every = |d: usize| Slice::new(0, None, stride[d] as isize);
    let all = || Slice::new(0, None, 1);
    let (slices, dim) = match &batch {
        Batch::Last(_) => ([all(), every(0), every(1), all()], 3),
        _ => ([all(), all(), every(0), every(1)], 1),
    };
    let pad = |x: Tensor<4>| {
        let x = if stride == [1, 1] { x } else { x.slice(slices) };
        let mut more = [(0, 0); 4];
        more[dim].1 = channels - x.dims()[dim];
        if more[dim].1 == 0 {
            x
        } else {
            x.pad(more, PadMode::Constant(0.0))
        }
    };
    match batch {
        Batch::Last(x) => Batch::Last(pad(x)),
        other => Batch::Image(pad(other.image())),
    }
}

/// Each row of `[batch·groups, values]` by its own mean and biased variance.
pub(crate) fn standardize(x: Tensor<2>, epsilon: f64) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + epsilon).sqrt()
}
