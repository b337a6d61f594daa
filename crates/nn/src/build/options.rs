//! Options of the tensors' operations from those of the layers.

use crate::operation::{Pooling, Windows};
use crate::ops::{ConvUnit, TransposedUnit};
use burn::tensor::ops::{AvgPoolOptions, ConvTransposeOptions, MaxPoolOptions};
use convsweep_spec::model::{Conv, LocallyConnected, Pool, PoolKind, Transposed};
use convsweep_spec::shape::{Shape, padding_pixels, transposed_cut};

pub(super) fn conv(conv: &Conv, input: Shape) -> ConvUnit {
    ConvUnit {
        channels: input.channels() as usize,
        input: plane(input).map(|n| n as usize),
        filters: conv.filters as usize,
        kernel: conv.kernel.map(|k| k as usize),
        stride: conv.stride.map(|s| s as usize),
        dilation: conv.dilation.map(|d| d as usize),
        padding: pairs(padding_pixels(
            conv.padding,
            plane(input),
            conv.kernel,
            conv.stride,
            conv.dilation,
        )),
        groups: conv.groups as usize,
        relu: false,
        pool: false,
    }
}

/// Burn cuts equally at both ends: what must go at one end only is left over.
pub(super) fn transposed(layer: &Transposed, input: Shape, output: Shape) -> TransposedUnit {
    let cut = transposed_cut(
        layer.padding,
        layer.kernel,
        layer.stride,
        layer.dilation,
        layer.output_padding,
    );
    let options = ConvTransposeOptions {
        stride: layer.stride.map(|s| s as usize),
        padding: cut.map(|[before, _]| before as usize),
        padding_out: cut.map(|[before, after]| (before - after).max(0) as usize),
        dilation: layer.dilation.map(|d| d as usize),
        groups: layer.groups as usize,
    };
    let [from, to] = [input, output].map(|shape| plane(shape).map(|n| n as usize));
    let (stride, dilation, kernel) = (
        options.stride,
        options.dilation,
        layer.kernel.map(|k| k as usize),
    );
    let padding = [0, 1].map(|d| {
        let (before, span) = (options.padding[d], (kernel[d] - 1) * dilation[d] + 1);
        (
            before,
            ((from[d] - 1) * stride[d] + span).saturating_sub(to[d] + before),
        )
    });
    let conv = ConvUnit {
        channels: output.channels() as usize,
        input: to,
        filters: input.channels() as usize,
        kernel,
        stride,
        dilation,
        padding,
        groups: options.groups,
        relu: false,
        pool: false,
    };
    TransposedUnit {
        conv,
        input: from,
        options,
        extra: cut.map(|[before, after]| (after - before).max(0) as usize),
    }
}

pub(super) fn windows(layer: &LocallyConnected, input: Shape, count: [u32; 2]) -> Windows {
    Windows {
        kernel: layer.kernel.map(|k| k as usize),
        stride: layer.stride.map(|s| s as usize),
        padding: pairs(padding_pixels(
            layer.padding,
            plane(input),
            layer.kernel,
            layer.stride,
            [1, 1],
        )),
        count: count.map(|c| c as usize),
    }
}

pub(super) fn pooling(pool: &Pool, input: Shape) -> Pooling {
    let window = pool.size.map(|s| s as usize);
    let stride = pool.stride.map(|s| s as usize);
    let padding = || {
        pairs(padding_pixels(
            pool.padding,
            plane(input),
            pool.size,
            pool.stride,
            [1, 1],
        ))
    };
    match pool.kind {
        PoolKind::Max => {
            let options = MaxPoolOptions::new(window).with_stride(stride);
            Pooling::Max(MaxPoolOptions {
                padding: padding(),
                ..options
            })
        }
        PoolKind::Average => {
            let options = AvgPoolOptions::new(window).with_stride(stride);
            Pooling::Average(AvgPoolOptions {
                padding: padding(),
                count_include_pad: false,
                ..options
            })
        }
        PoolKind::GlobalAverage => Pooling::GlobalAverage,
        PoolKind::GlobalMax => Pooling::GlobalMax,
        PoolKind::AdaptiveAverage => Pooling::AdaptiveAverage(window),
        PoolKind::AdaptiveMax => Pooling::AdaptiveMax(window),
    }
}

/// `[height, width]`
///
/// Panics on flat features: `spec::shape` has refused such a model before.
fn plane(shape: Shape) -> [u32; 2] {
    match shape {
        Shape::Image { height, width, .. } => [height, width],
        Shape::Flat(_) => panic!("a layer for images got flat features"),
    }
}

/// `(before, after)` pixels for each dimension.
fn pairs(pixels: [[u32; 2]; 2]) -> [(usize, usize); 2] {
    pixels.map(|[before, after]| (before as usize, after as usize))
}
