//! Windows that move over planes: their padding, and how far they reach.

use crate::model::Padding;

/// Padding in pixels `[[top, bottom], [left, right]]` for an input of `size` `[height, width]`.
pub fn padding_pixels(
    padding: Padding,
    size: [u32; 2],
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
) -> [[u32; 2]; 2] {
    [0, 1].map(|d| match padding {
        Padding::Valid => [0, 0],
        Padding::Pixels(p) => [p[d], p[d]],
        Padding::Same => {
            let outputs = u64::from(size[d].div_ceil(stride[d].max(1)));
            let needed =
                (outputs.max(1) - 1) * u64::from(stride[d]) + extent(kernel[d], dilation[d]);
            let total = needed
                .saturating_sub(u64::from(size[d]))
                .min(u64::from(u32::MAX)) as u32;
            [total / 2, total - total / 2]
        }
    })
}

/// Number of pixels from the first to the last tap of a kernel.
pub(super) fn extent(kernel: u32, dilation: u32) -> u64 {
    u64::from(dilation) * u64::from(kernel.max(1) - 1) + 1
}

/// What a transposed convolution cuts off from its full output `(input − 1)·stride + extent`,
/// `[[top, bottom], [left, right]]`; below zero where rows or columns of zeros (before the bias)
/// are added.
pub fn transposed_cut(
    padding: Padding,
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
    output_padding: [u32; 2],
) -> [[i64; 2]; 2] {
    [0, 1].map(|d| {
        let more = i64::from(output_padding[d]);
        match padding {
            Padding::Valid => [0, -more],
            Padding::Pixels(p) => [i64::from(p[d]), i64::from(p[d]) - more],
            Padding::Same => {
                let total = extent(kernel[d], dilation[d]) as i64 - i64::from(stride[d]);
                let before = total.max(0) / 2;
                [before, total - before - more]
            }
        }
    })
}

/// First and last (exclusive) pixel of window `i` of `count` over `size` pixels, in adaptive
/// pooling.
pub fn adaptive_window(i: u32, count: u32, size: u32) -> [u32; 2] {
    let [i, count, size] = [i, count.max(1), size].map(u64::from);
    [
        (i * size / count) as u32,
        ((i + 1) * size).div_ceil(count) as u32,
    ]
}
