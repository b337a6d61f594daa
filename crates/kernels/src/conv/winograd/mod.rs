//! Winograd convolution (see `transform`): 36 small matrix products where the definition has 144.
//!
//! The input is cut into overlapping 6×6 tiles, the output into 4×4 tiles. Transformed tiles lie in 36 planes
//! `[panel of channels, tile, channel of the panel]`; each plane is multiplied by its own transformed weights. The gradients are
//! the transposed steps in reverse order, so that input and weight gradients share the transformed output gradient.

mod tiles;
mod transform;

use super::{ConvShape, Follow, Gradients, Method, Wanted, backward_in_parts, forward_in_parts};
use crate::block::{PLAIN, Rows, Sums, Target, dots, outer_panels};
use crate::buffer::Buffer;
use crate::simd::{Kernel, PANEL, Vector};
use crate::transpose::{from_lanes, to_lanes};
use std::ops::Range;
use tiles::{PLANES, Planes, Tiles, apart};
use transform::six;

/// Transformed weights `[plane][panel of columns][row][column of the panel]`; rows are channels and columns filters, or, for the
/// input gradient, the other way round.
#[inline(always)]
unsafe fn weights<V: Vector>(shape: &ConvShape, weight: &[f32], transposed: bool) -> Buffer {
    let (c, f) = (shape.channels, shape.filters);
    let (rows, columns) = if transposed { (f, c) } else { (c, f) };
    let width = PANEL;
    let plane = apart(rows * columns);
    let mut out = Buffer::new(PLANES * plane);
    // For each row the nine taps of a vector of columns.
    let mut lined = Buffer::new(rows * 9 * V::LANES);
    let row_offsets: Vec<usize> = (0..9 * rows).map(|q| q * V::LANES).collect();
    for column in (0..columns).step_by(V::LANES) {
        let to = out.as_mut_ptr().add(column / width * width * rows + column % width);
        let lined = lined.as_mut_ptr();
        if transposed {
            for row in 0..rows {
                let (from, to) = (weight.as_ptr().add((row * c + column) * 9), lined.add(row * 9 * V::LANES));
                to_lanes::<V>(from, 9, V::LANES, to, &row_offsets[..9]);
            }
        } else {
            to_lanes::<V>(weight.as_ptr().add(column * c * 9), c * 9, V::LANES, lined, &row_offsets);
        }
        for row_at in 0..rows {
            let taps = lined.add(row_at * 9 * V::LANES);
            let tap = |y: usize, x: usize| taps.add((3 * y + x) * V::LANES).cast_const();
            let columns = [0, 1, 2].map(|x| [tap(0, x), tap(1, x), tap(2, x)]);
            let [a, b, c] = columns;
            let columns = [
                transform::weight([V::load(a[0]), V::load(a[1]), V::load(a[2])]),
                transform::weight([V::load(b[0]), V::load(b[1]), V::load(b[2])]),
                transform::weight([V::load(c[0]), V::load(c[1]), V::load(c[2])]),
            ];
            six!(J => {
                let row = transform::weight([columns[0][J], columns[1][J], columns[2][J]]);
                six!(I => row[I].store(to.add((6 * J + I) * plane + row_at * width)));
            });
        }
    }
    out
}

/// Weight gradient from its transform, in the layout of [`weights`] (not transposed).
#[inline(always)]
unsafe fn weights_gradient<V: Vector>(shape: &ConvShape, sums: &[f32]) -> Vec<f32> {
    let (c, f, width) = (shape.channels, shape.filters, PANEL);
    let plane = apart(c * f);
    let mut weight = vec![0.0; c * f * 9];
    let mut lined = Buffer::new(c * 9 * V::LANES);
    let offsets: Vec<usize> = (0..9 * c).map(|q| q * V::LANES).collect();
    for column in (0..f).step_by(V::LANES) {
        let lined = lined.as_mut_ptr();
        let from = sums.as_ptr().add(column / width * width * c + column % width);
        for row in 0..c {
            let mut half = [[V::splat(0.0); 6]; 3];
            for x in 0..6 {
                let mut u = [V::splat(0.0); 6];
                for (y, u) in u.iter_mut().enumerate() {
                    *u = V::load(from.add((6 * y + x) * plane + row * width));
                }
                let column = transform::weight_transposed(u);
                for y in 0..3 {
                    half[y][x] = column[y];
                }
            }
            for (y, half) in half.into_iter().enumerate() {
                for (x, value) in transform::weight_transposed(half).into_iter().enumerate() {
                    value.store(lined.add((9 * row + 3 * y + x) * V::LANES));
                }
            }
        }
        from_lanes::<V>(lined, &offsets, weight.as_mut_ptr().add(column * c * 9), c * 9, V::LANES);
    }
    weight
}

/// The planes of a block of tiles and how its products go through them.
struct Block {
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

impl Block {
    fn new<V: Vector>(shape: &ConvShape, tiles: &Tiles) -> Block {
        let most = tiles.images().min(shape.images.max(1)) * tiles.of_image();
        let (channels, filters) = (shape.channels, shape.filters);
        Block {
            channels,
            filters,
            most,
            v: Buffer::new(PLANES * apart(most * channels)),
            m: Buffer::new(PLANES * apart(most * filters)),
            tiles: (0..most).map(|t| t * PANEL).collect(),
        }
    }

    /// Planes of so many tiles.
    fn planes<V: Vector>(&mut self, side: Side, tiles: usize) -> Planes {
        let (at, channels) = match side {
            Side::Input => (self.v.as_mut_ptr(), self.channels),
            Side::Output => (self.m.as_mut_ptr(), self.filters),
        };
        Planes { at, plane: apart(self.most * channels), panel: tiles * PANEL }
    }

    /// Offsets of the panels of a plane.
    fn panels<V: Vector>(&self, side: Side, tiles: usize) -> Vec<usize> {
        let channels = if let Side::Input = side { self.channels } else { self.filters };
        (0..channels / PANEL).map(|p| p * tiles * PANEL).collect()
    }

    /// Plane by plane, `tiles` tiles of `from` times weights, to the other side.
    #[inline(always)]
    unsafe fn multiply<V: Vector>(&mut self, from: Side, weights: &[f32], tiles: usize) {
        let (other, channels, columns) = match from {
            Side::Input => (Side::Output, self.channels, self.filters),
            Side::Output => (Side::Input, self.filters, self.channels),
        };
        let (x, y) = (self.planes::<V>(from, tiles), self.planes::<V>(other, tiles));
        let panels = self.panels::<V>(from, tiles);
        let places = &self.tiles[..tiles];
        let rows = Rows { inputs: places, taps: &panels, run: PANEL, fresh: channels };
        for z in 0..PLANES {
            let target = Target { y: y.at.add(z * y.plane), outputs: places, panel: y.panel };
            let weights = weights.as_ptr().add(z * apart(channels * columns));
            dots::<V>(x.at.add(z * x.plane), rows, weights, columns, PLAIN, target);
        }
    }

    /// Adds the products of both sides to the transformed weights' gradient.
    #[inline(always)]
    unsafe fn sum<V: Vector>(&mut self, sums: &mut [f32], tiles: usize) {
        let (v, m) = (self.planes::<V>(Side::Input, tiles), self.planes::<V>(Side::Output, tiles));
        let width = PANEL;
        let panels = self.panels::<V>(Side::Input, tiles);
        let places: Vec<usize> = panels.iter().flat_map(|p| (0..width).map(move |c| p + c)).collect();
        for z in 0..PLANES {
            let c = sums.as_mut_ptr().add(z * apart(self.channels * self.filters));
            let sums = Sums { c, row: width, panel: self.channels * width, right: std::ptr::null_mut() };
            let (v, m) = (v.at.add(z * v.plane), m.at.add(z * m.plane));
            outer_panels::<V>([v, m], &self.tiles[..tiles], &places, self.filters, sums);
        }
    }
}

pub(super) struct Forward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub follow: Follow,
}

impl Kernel for Forward<'_> {
    type Output = super::Forward;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> super::Forward {
        let Forward { shape, x, weight, bias, follow } = self;
        let u = weights::<V>(shape, weight, false);
        forward_in_parts(shape, follow, |images, to| {
            V::apart(ForwardPart { shape, x, u: &u, bias, follow, images, to });
        })
    }
}

/// Some of the images.
struct ForwardPart<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    /// Transformed weights.
    u: &'a [f32],
    bias: Option<&'a [f32]>,
    follow: Follow,
    images: Range<usize>,
    /// The whole batch's output and places.
    to: (*mut f32, *mut u8),
}

impl Kernel for ForwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let ForwardPart { shape, x, u, bias, follow, images: range, to: (output, places) } = self;
        let tiles = Tiles::new(shape, follow);
        let (images, n) = (tiles.images(), tiles.of_image());
        let mut block = Block::new::<V>(shape, &tiles);
        let zeros = vec![0.0; shape.input[1] * shape.channels];
        let (x_image, y_image) = (x.len() / shape.images.max(1), shape.output_len(follow) / shape.images.max(1));
        for first in range.clone().step_by(images) {
            let count = images.min(range.end - first);
            let v = block.planes::<V>(Side::Input, count * n);
            for i in 0..count {
                tiles.input::<V>(x.as_ptr().add((first + i) * x_image), &zeros, v.from::<V>(i * n));
            }
            block.multiply::<V>(Side::Input, u, count * n);
            let m = block.planes::<V>(Side::Output, count * n);
            for i in 0..count {
                let at = (first + i) * y_image;
                let place = if follow.pool { places.add(at) } else { std::ptr::null_mut() };
                tiles.output::<V>(m.from::<V>(i * n), bias, follow, output.add(at), place);
            }
        }
    }
}

pub(super) struct Backward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: super::Backward<'a>,
    pub follow: Follow,
    pub want: Wanted,
}

impl Kernel for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Gradients {
        let Backward { shape, x, weight, backward, follow, want } = self;
        let u = if want.input { weights::<V>(shape, weight, true) } else { Buffer::new(0) };
        let u = want.input.then_some(&u[..]);
        backward_in_parts(shape, Method::Winograd, follow, want, |images, dx| {
            V::apart(BackwardPart { shape, x, u, backward, follow, images, dx })
        })
    }
}

/// Some of the images: their part of the gradients of the weights and the bias.
struct BackwardPart<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    /// Transformed weights, where the input's gradient is wanted.
    u: Option<&'a [f32]>,
    backward: super::Backward<'a>,
    follow: Follow,
    images: Range<usize>,
    /// The whole batch's input gradient.
    dx: *mut f32,
}

impl Kernel for BackwardPart<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> (Vec<f32>, Vec<f32>) {
        let BackwardPart { shape, x, u, backward, follow, images: range, dx } = self;
        let tiles = Tiles::new(shape, follow);
        let (images, n) = (tiles.images(), tiles.of_image());
        let mut block = Block::new::<V>(shape, &tiles);
        let zeros = vec![0.0; shape.input[1] * shape.channels];
        let mut sums = Buffer::zeros(PLANES * apart(shape.channels * shape.filters));
        let mut bias = vec![0.0; shape.filters];
        let (x_image, y_image) = (x.len() / shape.images.max(1), shape.output_len(follow) / shape.images.max(1));
        let (gradient, output, place) =
            (backward.gradient.as_ptr(), backward.output.as_ptr(), backward.places.as_ptr());
        for first in range.clone().step_by(images) {
            let count = images.min(range.end - first);
            let (v, m) = (block.planes::<V>(Side::Input, count * n), block.planes::<V>(Side::Output, count * n));
            for i in 0..count {
                let at = (first + i) * y_image;
                let from = [gradient, output].map(|p| p.wrapping_add(at));
                tiles.input::<V>(x.as_ptr().add((first + i) * x_image), &zeros, v.from::<V>(i * n));
                tiles.output_gradient::<V>(from, place.wrapping_add(at), follow, m.from::<V>(i * n), &mut bias);
            }
            block.sum::<V>(&mut sums, count * n);
            if let Some(u) = u {
                block.multiply::<V>(Side::Output, u, count * n);
                let v = block.planes::<V>(Side::Input, count * n);
                for i in 0..count {
                    let dx = dx.add((first + i) * x_image);
                    dx.write_bytes(0, x_image);
                    tiles.input_gradient::<V>(v.from::<V>(i * n), dx);
                }
            }
        }
        (weights_gradient::<V>(shape, &sums), bias)
    }
}
