//! The backward pass, image block by image block.

use super::bordered_images::{BorderedImages, image_block};
use super::input_gradient::InputGradient;
use super::packed_conv::aligned;
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
use crate::elementwise::{add_placed_rows, mask};
use crate::matrix::Finish;
use crate::simd::{Kernel, Vector, should_stream};

pub(crate) struct DirectBackward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: UpstreamGradient<'a>,
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
            backward,
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
        let (found, mut total) = backward_in_parts(
            shape,
            ConvMethod::Direct,
            epilogue,
            needs,
            len,
            |part| match pooled {
                true => V::outlined(PooledPart {
                    sums: &sums,
                    x,
                    backward,
                    needs,
                    part,
                }),
                false => {
                    let inputs = inputs.as_ref();
                    V::outlined(DirectBackwardPart {
                        sums: &sums,
                        inputs,
                        x,
                        backward,
                        epilogue,
                        needs,
                        block,
                        part,
                    });
                }
            },
        );
        let weight = match pooled {
            true => pooled_weights(shape, &sums.windows, total.total()),
            false => sums.weights::<V>(total.total()),
        };
        LayerGradients { weight, ..found }
    }
}

/// Some of the images: their part of the weights' gradient, packed, and of the bias'.
struct DirectBackwardPart<'a> {
    sums: &'a WeightSums<'a>,
    inputs: Option<&'a InputGradient<'a>>,
    x: &'a [f32],
    backward: UpstreamGradient<'a>,
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
            backward,
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
        let stream = should_stream::<V>(dx, shape.input_len(), aligned(shape, shape.channels));
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
            let (x, count) = images.from(first);
            let n = count * h * w * shape.filters;
            let gradient =
                before_following::<V>(shape, &backward, epilogue, first, count, &mut scratch[..n]);
            sums.add::<V>(x, gradient, count * h * w, packed, bias);
            if let Some(inputs) = inputs {
                inputs.block::<V>(
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

/// The same for a first layer with pooling.
struct PooledPart<'a> {
    sums: &'a WeightSums<'a>,
    x: &'a [f32],
    backward: UpstreamGradient<'a>,
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
            backward,
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
            let (x, _) = images.from(i);
            let at = i * image..(i + 1) * image;
            let (gradient, argmax) = (&backward.gradient[at.clone()], &backward.argmax[at]);
            sums.add::<V>(x, gradient, argmax);
            if needs.bias {
                add_placed_rows::<V>(gradient, argmax, part.bias);
            }
        }
    }
}

/// The gradient of the bare convolution's used pixels for some images, from the gradient behind
/// what follows.
#[inline(always)]
unsafe fn before_following<'a, V: Vector>(
    shape: &ConvShape,
    backward: &UpstreamGradient<'a>,
    epilogue: Epilogue,
    first: usize,
    count: usize,
    scratch: &'a mut [f32],
) -> &'a [f32] {
    let [h, w] = shape.output_after(epilogue);
    let image = h * w * shape.filters;
    let part = first * image..(first + count) * image;
    if let Some(norm) = &backward.norm {
        norm.input_gradient::<V>(&backward.gradient[part], first * h * w, scratch);
        scratch
    } else if epilogue.pool {
        let parts = backward.gradient[part.clone()]
            .chunks(image)
            .zip(backward.argmax[part].chunks(image));
        for ((gradient, argmax), out) in parts.zip(scratch.chunks_exact_mut(4 * image)) {
            unpool_image::<V>(gradient, argmax, [h, w], shape.filters, out);
        }
        scratch
    } else if epilogue.relu {
        mask::<V>(
            &backward.gradient[part.clone()],
            &backward.output[part],
            scratch,
        );
        scratch
    } else {
        &backward.gradient[part]
    }
}
