//! The backward pass of Winograd's method, one block of tiles at a time.

use super::planes::{PLANES, plane_stride};
use super::tile_block::{Side, TileBlock};
use super::tiles::Tiles;
use super::transform::{Five, Form, Three};
use super::weights;
use crate::buffer::Buffer;
use crate::conv::epilogue::Epilogue;
use crate::conv::gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
use crate::conv::method::ConvMethod;
use crate::conv::parts::{BackwardTask, backward_in_parts};
use crate::conv::shape::ConvShape;
use crate::simd::{Kernel, Vector};
use std::marker::PhantomData;

pub(crate) struct WinogradBackward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub upstream: UpstreamGradient<'a>,
    pub epilogue: Epilogue,
    pub needs: NeedsGradient,
}

impl Kernel for WinogradBackward<'_> {
    type Output = LayerGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LayerGradients {
        if self.shape.kernel == [5, 5] {
            self.run_as::<V, Five>()
        } else {
            self.run_as::<V, Three>()
        }
    }
}

impl WinogradBackward<'_> {
    #[inline(always)]
    unsafe fn run_as<V: Vector, F: Form>(self) -> LayerGradients {
        let WinogradBackward {
            shape,
            x,
            weight,
            upstream,
            epilogue,
            needs,
        } = self;
        let u = needs
            .input
            .then(|| weights::transformed::<V, F>(shape, weight, true));
        let (u, planes) = (
            u.as_deref(),
            PLANES * plane_stride(shape.channels * shape.filters),
        );
        let (gradients, sums) = backward_in_parts(
            shape,
            ConvMethod::Winograd,
            epilogue,
            needs,
            planes,
            |part| {
                V::outlined(WinogradBackwardPart::<F> {
                    form: PhantomData,
                    shape,
                    x,
                    u,
                    upstream,
                    epilogue,
                    part,
                });
            },
        );
        LayerGradients {
            weight: weights::gradient::<V, F>(shape, &sums),
            ..gradients
        }
    }
}

/// Some of the images: their part of the gradients of weights and bias, and their input gradient.
struct WinogradBackwardPart<'a, F> {
    form: PhantomData<F>,
    shape: &'a ConvShape,
    x: &'a [f32],
    /// Transformed weights, if the input gradient is needed.
    u: Option<&'a [f32]>,
    upstream: UpstreamGradient<'a>,
    epilogue: Epilogue,
    part: BackwardTask<'a>,
}

impl<F: Form> Kernel for WinogradBackwardPart<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let WinogradBackwardPart {
            shape,
            x,
            u,
            upstream,
            epilogue,
            part,
            ..
        } = self;
        let BackwardTask {
            images: range,
            sums,
            bias,
            dx,
        } = part;
        let tiles = Tiles::<F>::new(shape, epilogue);
        let (images, n) = (tiles.images_per_block(), tiles.per_image());
        let mut block = TileBlock::new(shape, &tiles);
        let zeros = vec![0.0; shape.input[1] * shape.channels];
        let (x_image, y_image) = (
            x.len() / shape.images.max(1),
            shape.output_len(epilogue) / shape.images.max(1),
        );
        let (gradient, output, argmax) = (
            upstream.gradient.as_ptr(),
            upstream.output.as_ptr(),
            upstream.argmax.as_ptr(),
        );
        let mut conv_gradient = Buffer::new(if upstream.norm.is_some() { y_image } else { 0 });
        for first in range.clone().step_by(images) {
            let count = images.min(range.end - first);
            let (v, m) = (
                block.planes(Side::Input, count * n),
                block.planes(Side::Output, count * n),
            );
            for i in 0..count {
                let at = (first + i) * y_image;
                let mut from = [gradient, output].map(|p| p.wrapping_add(at));
                if let Some(norm) = &upstream.norm {
                    norm.input_gradient::<V>(
                        &upstream.gradient[at..at + y_image],
                        at / shape.filters,
                        &mut conv_gradient,
                    );
                    from[0] = conv_gradient.as_ptr();
                }
                tiles.input::<V>(x.as_ptr().add((first + i) * x_image), &zeros, v.from(i * n));
                tiles.output_gradient::<V>(
                    from,
                    argmax.wrapping_add(at),
                    epilogue,
                    m.from(i * n),
                    bias,
                );
            }
            block.sum::<V>(sums, count * n);
            if let Some(u) = u {
                block.multiply::<V>(Side::Output, u, count * n);
                let v = block.planes(Side::Input, count * n);
                for i in 0..count {
                    let dx = dx.add((first + i) * x_image);
                    dx.write_bytes(0, x_image);
                    tiles.input_gradient::<V>(v.from(i * n), dx);
                }
            }
        }
    }
}
