//! The forward pass of Winograd's method, one block of tiles at a time.

use super::tile_block::{Side, TileBlock};
use super::tiles::Tiles;
use super::transform::{Five, Form, Three};
use super::weights;
use crate::conv::epilogue::{ConvOutput, Epilogue};
use crate::conv::parts::{OutputPointers, forward_in_parts};
use crate::conv::shape::ConvShape;
use crate::norm::accumulate_moments;
use crate::simd::{Kernel, Vector};
use std::marker::PhantomData;
use std::ops::Range;

pub(crate) struct WinogradForward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub epilogue: Epilogue,
}

impl Kernel for WinogradForward<'_> {
    type Output = ConvOutput;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ConvOutput {
        if self.shape.kernel == [5, 5] {
            self.run_as::<V, Five>()
        } else {
            self.run_as::<V, Three>()
        }
    }
}

impl WinogradForward<'_> {
    #[inline(always)]
    unsafe fn run_as<V: Vector, F: Form>(self) -> ConvOutput {
        let WinogradForward {
            shape,
            x,
            weight,
            bias,
            epilogue,
        } = self;
        let u = weights::transformed::<V, F>(shape, weight, false);
        forward_in_parts(shape, epilogue, |images, to| {
            V::outlined(WinogradForwardPart::<F> {
                form: PhantomData,
                shape,
                x,
                u: &u,
                bias,
                epilogue,
                images,
                to,
            });
        })
    }
}

/// Some of the images.
struct WinogradForwardPart<'a, F> {
    form: PhantomData<F>,
    shape: &'a ConvShape,
    x: &'a [f32],
    /// Transformed weights.
    u: &'a [f32],
    bias: Option<&'a [f32]>,
    epilogue: Epilogue,
    images: Range<usize>,
    to: OutputPointers,
}

impl<F: Form> Kernel for WinogradForwardPart<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let WinogradForwardPart {
            shape,
            x,
            u,
            bias,
            epilogue,
            images: range,
            to,
            ..
        } = self;
        let tiles = Tiles::<F>::new(shape, epilogue);
        let (images, n) = (tiles.images_per_block(), tiles.per_image());
        let mut block = TileBlock::new(shape, &tiles);
        let zeros = vec![0.0; shape.input[1] * shape.channels];
        let (x_image, y_image) = (
            x.len() / shape.images.max(1),
            shape.output_len(epilogue) / shape.images.max(1),
        );
        for first in range.clone().step_by(images) {
            let count = images.min(range.end - first);
            let v = block.planes(Side::Input, count * n);
            for i in 0..count {
                tiles.input::<V>(x.as_ptr().add((first + i) * x_image), &zeros, v.from(i * n));
            }
            block.multiply::<V>(Side::Input, u, count * n);
            let m = block.planes(Side::Output, count * n);
            for i in 0..count {
                let at = (first + i) * y_image;
                let argmax = if epilogue.pool {
                    to.argmax.add(at)
                } else {
                    std::ptr::null_mut()
                };
                let output = to.output.add(at);
                tiles.output::<V>(m.from(i * n), bias, epilogue, output, argmax);
                if epilogue.moments {
                    let (filters, moments) = (shape.filters, &mut *to.moments.add(first + i));
                    moments.resize(filters, [0.0; 2]);
                    accumulate_moments::<V>(
                        (output, std::ptr::null_mut()),
                        [0, y_image / filters],
                        filters,
                        moments,
                    );
                }
            }
        }
    }
}
