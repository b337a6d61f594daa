//! The backward pass of the direct method, one block of images at a time.

use super::bordered_images::{BorderedImages, image_block};
use super::input_gradient::InputGradient;
use super::packed_conv::vector_channels;
use super::weight_sums::WeightSums;
use crate::buffer::Buffer;
use crate::conv::epilogue::Epilogue;
use crate::conv::gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
use crate::conv::method::ConvMethod;
use crate::conv::pack::{PassDirection, packed_len};
use crate::conv::parts::{BackwardTask, backward_in_parts};
use crate::conv::pool2x2::unpool_image;
use crate::conv::pooled_weight_sums::{PooledSums, pooled_len, pooled_weights};
use crate::conv::shape::ConvShape;
use crate::conv::windows::{forward_border, forward_windows};
use crate::elementwise::{add_active_rows, mask_by_output};
use crate::matrix::Finish;
use crate::simd::{Kernel, Vector, should_stream};

pub(crate) struct DirectBackward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub upstream: UpstreamGradient<'a>,
    pub epilogue: Epilogue,
    pub needs: NeedsGradient,
}

impl Kernel for DirectBackward<'_> {
    type Output = LayerGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LayerGradients {
        let DirectBackward {
            shape,
            x,
            weight,
            upstream,
            epilogue,
            needs,
        } = self;
        let size = shape.used_output(epilogue);
        let block = image_block(shape, size);
        let pooled = epilogue.pool && shape.groups == 1 && !needs.input;
        let image = size[0] * size[1] * shape.filters;
        let repeated = if pooled { 1 } else { block };
        let windows = forward_windows(shape, size).repeat(
            repeated,
            forward_border(shape).values(shape.channels),
            image,
        );
        let sums = WeightSums::new(shape, windows);
        let inputs = needs
            .input
            .then(|| InputGradient::new::<V>(shape, weight, size, block));
        let len = match pooled {
            true => pooled_len(shape, &sums.windows),
            false => packed_len(shape, PassDirection::Forward, sums.windows.kernel.len()),
        };
        let (gradients, mut partial_sums) = backward_in_parts(
            shape,
            ConvMethod::Direct,
            epilogue,
            needs,
            len,
            |part| match pooled {
                true => V::outlined(PooledPart {
                    sums: &sums,
                    x,
                    upstream,
                    needs,
                    part,
                }),
                false => {
                    let inputs = inputs.as_ref();
                    V::outlined(DirectBackwardPart {
                        sums: &sums,
                        inputs,
                        x,
                        upstream,
                        epilogue,
                        needs,
                        block,
                        part,
                    });
                }
            },
        );
        let weight = match pooled {
            true => pooled_weights(shape, &sums.windows, partial_sums.total()),
            false => sums.weights::<V>(partial_sums.total()),
        };
        LayerGradients {
            weight,
            ..gradients
        }
    }
}

/// Some of the images: their part of the packed weight gradient and of the bias gradient, and their
/// input gradient.
struct DirectBackwardPart<'a> {
    sums: &'a WeightSums<'a>,
    inputs: Option<&'a InputGradient<'a>>,
    x: &'a [f32],
    upstream: UpstreamGradient<'a>,
    epilogue: Epilogue,
    needs: NeedsGradient,
    block: usize,
    part: BackwardTask<'a>,
}

impl Kernel for DirectBackwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DirectBackwardPart {
            sums,
            inputs,
            x,
            upstream,
            epilogue,
            needs,
            block,
            part,
        } = self;
        let BackwardTask {
            images: range,
            sums: packed,
            bias,
            dx,
        } = part;
        let shape = sums.shape;
        let [h, w] = shape.used_output(epilogue);
        let image = shape.input[0] * shape.input[1] * shape.channels;
        let bias = if needs.bias { bias } else { &mut [] };
        let stream = should_stream::<V>(
            dx,
            shape.input_len(),
            vector_channels(shape, shape.channels),
        );
        let mut scratch = Buffer::new(block * h * w * shape.filters);
        let mut images = BorderedImages::new(
            x,
            shape.input,
            shape.channels,
            forward_border(shape),
            block,
            range.end,
        );
        for first in range.step_by(block) {
            let (x, count) = images.block_from(first);
            let n = count * h * w * shape.filters;
            let gradient = convolution_gradient::<V>(
                shape,
                &upstream,
                epilogue,
                first,
                count,
                &mut scratch[..n],
            );
            sums.add::<V>(x, gradient, count * h * w, packed, bias);
            if let Some(inputs) = inputs {
                inputs.compute::<V>(
                    gradient,
                    dx.add(first * image),
                    count,
                    Finish {
                        stream,
                        ..Finish::NONE
                    },
                );
            }
        }
        V::stream_fence();
    }
}

/// The same for a layer with pooling whose input gradient is not needed: the first one of a
/// network.
struct PooledPart<'a> {
    sums: &'a WeightSums<'a>,
    x: &'a [f32],
    upstream: UpstreamGradient<'a>,
    needs: NeedsGradient,
    part: BackwardTask<'a>,
}

impl Kernel for PooledPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let PooledPart {
            sums: &WeightSums {
                shape, ref windows, ..
            },
            x,
            upstream,
            needs,
            part,
        } = self;
        let size = shape.used_output(Epilogue {
            pool: true,
            ..Epilogue::default()
        });
        let mut sums = PooledSums::new(shape, windows, size[1], part.sums);
        let mut images = BorderedImages::new(
            x,
            shape.input,
            shape.channels,
            forward_border(shape),
            1,
            part.images.end,
        );
        let image = size[0] * size[1] / 4 * shape.filters;
        for i in part.images {
            let (x, _) = images.block_from(i);
            let at = i * image..(i + 1) * image;
            let (gradient, argmax) = (&upstream.gradient[at.clone()], &upstream.argmax[at]);
            sums.add::<V>(x, gradient, argmax);
            if needs.bias {
                add_active_rows::<V>(gradient, argmax, part.bias);
            }
        }
    }
}

/// The gradient of the convolution's own output, before the epilogue, for the used pixels of some
/// images.
#[inline(always)]
unsafe fn convolution_gradient<'a, V: Vector>(
    shape: &ConvShape,
    upstream: &UpstreamGradient<'a>,
    epilogue: Epilogue,
    first: usize,
    count: usize,
    scratch: &'a mut [f32],
) -> &'a [f32] {
    let [h, w] = shape.output_after(epilogue);
    let image = h * w * shape.filters;
    let part = first * image..(first + count) * image;
    if let Some(norm) = &upstream.norm {
        norm.input_gradient::<V>(&upstream.gradient[part], first * h * w, scratch);
        scratch
    } else if epilogue.pool {
        let parts = upstream.gradient[part.clone()]
            .chunks(image)
            .zip(upstream.argmax[part].chunks(image));
        for ((gradient, argmax), out) in parts.zip(scratch.chunks_exact_mut(4 * image)) {
            unpool_image::<V>(gradient, argmax, [h, w], shape.filters, out);
        }
        scratch
    } else if epilogue.relu {
        mask_by_output::<V>(
            &upstream.gradient[part.clone()],
            &upstream.output[part],
            scratch,
        );
        scratch
    } else {
        &upstream.gradient[part]
    }
}
