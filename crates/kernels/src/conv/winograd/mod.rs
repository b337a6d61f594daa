//! Winograd convolution (see `transform`): 36 small matrix products where the definition has 144
//! (3×3) or 100 (5×5).
//!
//! The input is cut into overlapping 6×6 tiles, the output into tiles of 4×4 or 2×2. Transformed
//! tiles lie in 36 planes `[panel of channels, tile, channel of the panel]`; each plane is
//! multiplied by its own transformed weights. The gradients are the transposed steps in reverse
//! order, so that input and weight gradients share the transformed output gradient.

mod tiles;
mod transform;
mod weights;

use super::{
    BackwardTask, ConvMethod, ConvOutput, ConvShape, Epilogue, LayerGradients, NeedsGradient,
    OutputPointers, UpstreamGradient, backward_in_parts, forward_in_parts,
};
use crate::block::{DotsTarget, Finish, LeftRows, OuterTarget, dots, outer_panels};
use crate::buffer::Buffer;
use crate::norm::accumulate_moments;
use crate::simd::{Kernel, PANEL, Vector};
use std::marker::PhantomData;
use std::ops::Range;
use tiles::{PLANES, Planes, Tiles, plane_stride};
use transform::{Five, Form, Three};

/// The planes of a block of tiles and how its products go through them.
struct TileBlock {
    channels: usize,
    filters: usize,
    /// Tiles of a whole block.
    most: usize,
    v: Buffer,
    m: Buffer,
    /// Offsets of the tiles in a panel.
    tiles: Vec<usize>,
}

/// Which of a block's planes.
#[derive(Clone, Copy)]
enum Side {
    Input,
    Output,
}

impl TileBlock {
    fn new<F: Form>(shape: &ConvShape, tiles: &Tiles<F>) -> TileBlock {
        let most = tiles.images().min(shape.images.max(1)) * tiles.per_image();
        let (channels, filters) = (shape.channels, shape.filters);
        TileBlock {
            channels,
            filters,
            most,
            v: Buffer::new(PLANES * plane_stride(most * channels)),
            m: Buffer::new(PLANES * plane_stride(most * filters)),
            tiles: (0..most).map(|t| t * PANEL).collect(),
        }
    }

    /// Planes of so many tiles.
    fn planes(&mut self, side: Side, tiles: usize) -> Planes {
        let (at, channels) = match side {
            Side::Input => (self.v.as_mut_ptr(), self.channels),
            Side::Output => (self.m.as_mut_ptr(), self.filters),
        };
        Planes {
            at,
            plane: plane_stride(self.most * channels),
            panel: tiles * PANEL,
        }
    }

    /// Offsets of the panels of a plane.
    fn panels(&self, side: Side, tiles: usize) -> Vec<usize> {
        let channels = if let Side::Input = side {
            self.channels
        } else {
            self.filters
        };
        (0..channels / PANEL).map(|p| p * tiles * PANEL).collect()
    }

    /// Plane by plane, `tiles` tiles of `from` times weights, to the other side.
    #[inline(always)]
    unsafe fn multiply<V: Vector>(&mut self, from: Side, weights: &[f32], tiles: usize) {
        let (other, channels, columns) = match from {
            Side::Input => (Side::Output, self.channels, self.filters),
            Side::Output => (Side::Input, self.filters, self.channels),
        };
        let (x, y) = (self.planes(from, tiles), self.planes(other, tiles));
        let panels = self.panels(from, tiles);
        let offsets = &self.tiles[..tiles];
        let rows = LeftRows {
            inputs: offsets,
            taps: &panels,
            run: PANEL,
            fresh: channels,
        };
        for z in 0..PLANES {
            let target = DotsTarget {
                y: y.at.add(z * y.plane),
                outputs: offsets,
                panel: y.panel,
            };
            let weights = weights.as_ptr().add(z * plane_stride(channels * columns));
            dots::<V>(
                x.at.add(z * x.plane),
                rows,
                weights,
                columns,
                Finish::NONE,
                target,
            );
        }
    }

    /// Adds the products of both sides to the transformed weights' gradient.
    #[inline(always)]
    unsafe fn sum<V: Vector>(&mut self, sums: &mut [f32], tiles: usize) {
        let (v, m) = (
            self.planes(Side::Input, tiles),
            self.planes(Side::Output, tiles),
        );
        let width = PANEL;
        let panels = self.panels(Side::Input, tiles);
        let offsets: Vec<usize> = panels
            .iter()
            .flat_map(|p| (0..width).map(move |c| p + c))
            .collect();
        for z in 0..PLANES {
            let c = sums
                .as_mut_ptr()
                .add(z * plane_stride(self.channels * self.filters));
            let sums = OuterTarget {
                c,
                row: width,
                panel: self.channels * width,
                right: std::ptr::null_mut(),
            };
            let (v, m) = (v.at.add(z * v.plane), m.at.add(z * m.plane));
            outer_panels::<V>([v, m], &self.tiles[..tiles], &offsets, self.filters, sums);
        }
    }
}

/// LeftRows and columns of an output tile for a kernel of this size, if there are tiles for it.
pub(super) fn tile(kernel: [usize; 2]) -> Option<usize> {
    match kernel {
        [3, 3] => Some(Three::OUT),
        [5, 5] => Some(Five::OUT),
        _ => None,
    }
}

pub(super) struct WinogradForward<'a> {
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
        let (images, n) = (tiles.images(), tiles.per_image());
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
                let place = if epilogue.pool {
                    to.argmax.add(at)
                } else {
                    std::ptr::null_mut()
                };
                let output = to.output.add(at);
                tiles.output::<V>(m.from(i * n), bias, epilogue, output, place);
                if epilogue.moments {
                    let (filters, found) = (shape.filters, &mut *to.moments.add(first + i));
                    found.resize(filters, [0.0; 2]);
                    accumulate_moments::<V>(
                        (output, std::ptr::null_mut()),
                        [0, y_image / filters],
                        filters,
                        found,
                    );
                }
            }
        }
    }
}

pub(super) struct WinogradBackward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: UpstreamGradient<'a>,
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
            backward,
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
        let (found, sums) = backward_in_parts(
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
                    backward,
                    epilogue,
                    part,
                });
            },
        );
        LayerGradients {
            weight: weights::gradient::<V, F>(shape, &sums),
            ..found
        }
    }
}

/// Some of the images: their part of the gradients of the weights and the bias.
struct WinogradBackwardPart<'a, F> {
    form: PhantomData<F>,
    shape: &'a ConvShape,
    x: &'a [f32],
    /// Transformed weights, where the input's gradient is wanted.
    u: Option<&'a [f32]>,
    backward: UpstreamGradient<'a>,
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
            backward,
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
        let (images, n) = (tiles.images(), tiles.per_image());
        let mut block = TileBlock::new(shape, &tiles);
        let zeros = vec![0.0; shape.input[1] * shape.channels];
        let (x_image, y_image) = (
            x.len() / shape.images.max(1),
            shape.output_len(epilogue) / shape.images.max(1),
        );
        let (gradient, output, place) = (
            backward.gradient.as_ptr(),
            backward.output.as_ptr(),
            backward.argmax.as_ptr(),
        );
        let mut bare = Buffer::new(if backward.norm.is_some() { y_image } else { 0 });
        for first in range.clone().step_by(images) {
            let count = images.min(range.end - first);
            let (v, m) = (
                block.planes(Side::Input, count * n),
                block.planes(Side::Output, count * n),
            );
            for i in 0..count {
                let at = (first + i) * y_image;
                let mut from = [gradient, output].map(|p| p.wrapping_add(at));
                if let Some(norm) = &backward.norm {
                    norm.input_gradient::<V>(
                        &backward.gradient[at..at + y_image],
                        at / shape.filters,
                        &mut bare,
                    );
                    from[0] = bare.as_ptr();
                }
                tiles.input::<V>(x.as_ptr().add((first + i) * x_image), &zeros, v.from(i * n));
                tiles.output_gradient::<V>(
                    from,
                    place.wrapping_add(at),
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
