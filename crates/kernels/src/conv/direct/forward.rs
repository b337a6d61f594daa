//! The forward pass of the direct method, one block of images at a time.

use super::bordered_images::{BorderedImages, image_block};
use super::conv_moments::ConvMoments;
use super::packed_conv::{PackedConv, vector_channels};
use crate::buffer::Buffer;
use crate::conv::epilogue::{ConvOutput, Epilogue};
use crate::conv::pack::{PassDirection, pack, packed_len};
use crate::conv::parts::{OutputPointers, forward_in_parts};
use crate::conv::pool2x2::pool_rows;
use crate::conv::shape::ConvShape;
use crate::conv::windows::{Border, forward_border, forward_windows};
use crate::matrix::Finish;
use crate::simd::{Kernel, Vector, should_stream};
use std::ops::Range;

pub(crate) struct DirectForward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub epilogue: Epilogue,
}

impl Kernel for DirectForward<'_> {
    type Output = ConvOutput;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ConvOutput {
        let DirectForward {
            shape,
            x,
            weight,
            bias,
            epilogue,
        } = self;
        let size = shape.used_output(epilogue);
        let border = forward_border(shape);
        let image = size[0] * size[1] * shape.filters;
        let block = if epilogue.pool {
            1
        } else {
            image_block(shape, size)
        };
        let windows =
            forward_windows(shape, size).repeat(block, border.values(shape.channels), image);
        let mut packed = Buffer::new(packed_len(
            shape,
            PassDirection::Forward,
            windows.kernel.len(),
        ));
        pack::<V>(
            shape,
            PassDirection::Forward,
            &windows.kernel,
            weight,
            &mut packed,
        );
        let finish = Finish {
            bias: bias.map_or(std::ptr::null(), |b| b.as_ptr()),
            relu: epilogue.relu && !epilogue.pool,
            stream: false,
        };
        let len = shape.output_len(epilogue);
        forward_in_parts(shape, epilogue, |images, to| {
            let stream = !epilogue.pool
                && should_stream::<V>(to.output, len, vector_channels(shape, shape.filters));
            let finish = Finish { stream, ..finish };
            let conv = PackedConv {
                shape,
                direction: PassDirection::Forward,
                windows: &windows,
                packed: &packed,
                finish,
            };
            V::outlined(DirectForwardPart {
                conv: &conv,
                x,
                border,
                epilogue,
                block,
                images,
                to,
            });
        })
    }
}

/// Some of the images.
struct DirectForwardPart<'a> {
    conv: &'a PackedConv<'a>,
    x: &'a [f32],
    border: Border,
    epilogue: Epilogue,
    block: usize,
    images: Range<usize>,
    to: OutputPointers,
}

impl Kernel for DirectForwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DirectForwardPart {
            conv,
            x,
            border,
            epilogue,
            block,
            images: range,
            to,
        } = self;
        let shape = conv.shape;
        let size = shape.used_output(epilogue);
        let mut images =
            BorderedImages::new(x, shape.input, shape.channels, border, block, range.end);
        let pixels = size[0] * size[1];
        if !epilogue.pool {
            let mut moments = epilogue.moments.then(|| ConvMoments::new(conv, pixels, to));
            for first in range.step_by(block) {
                let (x, count) = images.block_from(first);
                let y = to.output.add(first * pixels * shape.filters);
                match &mut moments {
                    Some(moments) => moments.compute::<V>(x, [first, count], y),
                    None => conv.compute::<V>(x, 0..count * pixels, y),
                }
            }
            V::stream_fence();
            return;
        }
        let row = size[1] * shape.filters;
        let mut rows = Buffer::new(2 * row);
        for first in range {
            let (x, _) = images.block_from(first);
            for pooled in 0..size[0] / 2 {
                conv.compute::<V>(
                    x,
                    2 * pooled * size[1]..(2 * pooled + 2) * size[1],
                    rows.as_mut_ptr(),
                );
                let at = (first * (size[0] / 2) + pooled) * row / 2;
                let (y, argmax) = (to.output.add(at), to.argmax.add(at));
                pool_rows::<V>(
                    rows.as_ptr(),
                    size[1],
                    shape.filters,
                    epilogue.relu,
                    y,
                    argmax,
                );
            }
        }
    }
}
