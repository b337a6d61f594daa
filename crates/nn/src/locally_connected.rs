//! A convolution with weights of its own at each position, by Burn's operations.

use crate::function::pad;
use crate::ops::Ops;
use burn::tensor::{Slice, Tensor};
use convsweep_spec::augment::Fill;

/// Windows of a locally connected layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// `[(top, bottom), (left, right)]`
    pub padding: [(usize, usize); 2],
    /// Number of windows vertically and horizontally.
    pub count: [usize; 2],
}

/// `weight` is `[positions, filters, channels·height·width]`, `bias` `[filters, rows, columns]`,
/// both flat.
pub(crate) fn locally_connected(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    windows: &Windows,
    ops: &dyn Ops,
) -> Tensor<4> {
    let [n, c, ..] = x.dims();
    let [rows, columns] = windows.count;
    let taps = windows.kernel[0] * windows.kernel[1];
    let x = pad(x, windows.padding, Fill::Zero);
    let mut patches = Vec::with_capacity(taps);
    for i in 0..taps {
        let first = [i / windows.kernel[1], i % windows.kernel[1]];
        let pixels = ops.strided(x.clone(), strided(first, windows.stride, windows.count));
        patches.push(pixels.unsqueeze_dim::<5>(2));
    }
    let positions = rows * columns;
    let filters = weight.dims()[0] / (positions * c * taps);
    let weight = weight.reshape([positions, filters, c * taps]);
    let patches = Tensor::cat(patches, 2).reshape([n, c * taps, positions]);
    let y = patches.permute([2, 0, 1]).matmul(weight.swap_dims(1, 2));
    let y = y.permute([1, 2, 0]).reshape([n, filters, rows, columns]);
    match bias {
        Some(b) => y + b.reshape([1, filters, rows, columns]),
        None => y,
    }
}

/// `count` rows and columns, `stride` apart, from `first` on.
fn strided(first: [usize; 2], stride: [usize; 2], count: [usize; 2]) -> [Slice; 4] {
    let range = |d: usize| {
        let end = first[d] + (count[d] - 1) * stride[d] + 1;
        Slice::new(first[d] as isize, Some(end as isize), stride[d] as isize)
    };
    let all = || Slice::new(0, None, 1);
    [all(), all(), range(0), range(1)]
}
