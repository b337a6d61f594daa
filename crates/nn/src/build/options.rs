//! Options of operations on tensors, from those of the layers.

use crate::locally_connected::Windows;
use crate::operation::Pooling;
use crate::ops::{FusedConv, TransposedConv};
use burn::tensor::ops::{AvgPoolOptions, ConvTransposeOptions, MaxPoolOptions};
use convsweep_spec::model::{Conv, LocallyConnected, Pool, PoolKind, Transposed};
use convsweep_spec::shape::{Shape, padding_pixels, transposed_cut};

pub(super) fn conv(conv: &Conv, input: Shape) -> FusedConv {
    let padding = padding_pixels(
        conv.padding,
        plane(input),
        conv.kernel,
        conv.stride,
        conv.dilation,
    );
    FusedConv {
        channels: input.channels() as usize,
        input: sizes(plane(input)),
        filters: conv.filters as usize,
        kernel: sizes(conv.kernel),
        stride: sizes(conv.stride),
        dilation: sizes(conv.dilation),
        padding: pairs(padding),
        groups: conv.groups as usize,
        relu: false,
        pool: false,
    }
}

/// Burn cuts off the same number of pixels at both ends. Pixels that are to be cut off at one end
/// only remain as surplus.
pub(super) fn transposed(layer: &Transposed, input: Shape, output: Shape) -> TransposedConv {
    let cut = transposed_cut(
        layer.padding,
        layer.kernel,
        layer.stride,
        layer.dilation,
        layer.output_padding,
    );
    let options = ConvTransposeOptions {
        stride: sizes(layer.stride),
        padding: cut.map(|[before, _]| before as usize),
        padding_out: cut.map(|[before, after]| (before - after).max(0) as usize),
        dilation: sizes(layer.dilation),
        groups: layer.groups as usize,
    };
    let (from, to, kernel) = (
        sizes(plane(input)),
        sizes(plane(output)),
        sizes(layer.kernel),
    );
    // Padding of the convolution from the output back to the input.
    let mut padding = [(0, 0); 2];
    for d in [0, 1] {
        let before = options.padding[d];
        let span = (kernel[d] - 1) * options.dilation[d] + 1;
        let reach = (from[d] - 1) * options.stride[d] + span;
        padding[d] = (before, reach.saturating_sub(to[d] + before));
    }
    let conv = FusedConv {
        channels: output.channels() as usize,
        input: to,
        filters: input.channels() as usize,
        kernel,
        stride: options.stride,
        dilation: options.dilation,
        padding,
        groups: options.groups,
        relu: false,
        pool: false,
    };
    TransposedConv {
        conv,
        input: from,
        options,
        surplus: cut.map(|[before, after]| (after - before).max(0) as usize),
    }
}

pub(super) fn windows(layer: &LocallyConnected, input: Shape, count: [u32; 2]) -> Windows {
    let padding = padding_pixels(
        layer.padding,
        plane(input),
        layer.kernel,
        layer.stride,
        [1, 1],
    );
    Windows {
        kernel: sizes(layer.kernel),
        stride: sizes(layer.stride),
        padding: pairs(padding),
        count: sizes(count),
    }
}

/// Options of a maximum, average or global average pooling.
pub(super) fn pooling(pool: &Pool, input: Shape) -> Pooling {
    if pool.kind == PoolKind::GlobalAverage {
        return Pooling::GlobalAverage;
    }
    let (window, stride) = (sizes(pool.size), sizes(pool.stride));
    let padding = pairs(padding_pixels(
        pool.padding,
        plane(input),
        pool.size,
        pool.stride,
        [1, 1],
    ));
    if pool.kind == PoolKind::Max {
        return Pooling::Max(MaxPoolOptions {
            padding,
            ..MaxPoolOptions::new(window).with_stride(stride)
        });
    }
    Pooling::Average(AvgPoolOptions {
        padding,
        count_include_pad: false,
        ..AvgPoolOptions::new(window).with_stride(stride)
    })
}

/// `[height, width]`
///
/// Panics on flat features: `spec::shape` has rejected such a model before.
pub(super) fn plane(shape: Shape) -> [u32; 2] {
    match shape {
        Shape::Image { height, width, .. } => [height, width],
        Shape::Flat(_) => panic!("a layer for images got flat features"),
    }
}

fn sizes(values: [u32; 2]) -> [usize; 2] {
    values.map(|value| value as usize)
}

/// `(before, after)` pixels for each dimension.
pub(super) fn pairs(pixels: [[u32; 2]; 2]) -> [(usize, usize); 2] {
    pixels.map(|[before, after]| (before as usize, after as usize))
}
