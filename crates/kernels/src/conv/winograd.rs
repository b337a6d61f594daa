//! Winograd convolution (see `winograd_transform`): 36 small matrix products where the definition has 144.
//!
//! The input is cut into overlapping 6×6 tiles, the output into 4×4 tiles. Transformed tiles lie in 36 planes
//! `[panel of channels, tile, channel of the panel]`; each plane is multiplied by its own transformed weights. The gradients are
//! the transposed steps in reverse order, so that input and weight gradients share the transformed output gradient.

use super::winograd_transform::{self as transform, four, six};
use super::{ConvShape, Follow, Gradients, Method, Wanted, add_up, used};
use crate::block::{PLAIN, Rows, Sums, Target, dots, outer_panels};
use crate::buffer::Buffer;
use crate::pool::largest;
use crate::simd::{Kernel, Vector, panel};
use crate::threads;
use crate::transpose::{from_lanes, to_lanes};
use std::ops::Range;

/// Products of a tile.
const PLANES: usize = 36;

/// The tiles of an image.
#[derive(Clone, Copy)]
struct Tiles {
    input: [usize; 2],
    /// Zeros before rows and columns.
    before: [usize; 2],
    /// Output pixels that are used.
    output: [usize; 2],
    /// Tiles by rows and columns.
    grid: [usize; 2],
    channels: usize,
    filters: usize,
}

impl Tiles {
    fn new(shape: &ConvShape, follow: Follow) -> Tiles {
        let output = used(shape, follow);
        Tiles {
            input: shape.input,
            before: [shape.padding[0][0], shape.padding[1][0]],
            output,
            grid: output.map(|n| n.div_ceil(4)),
            channels: shape.channels,
            filters: shape.filters,
        }
    }

    fn of_image(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Images that are gone through together. With few channels their planes are to stay in the second-level cache; with many
    /// the weights do not fit there anyway, and are to be read for many tiles at once.
    fn images(&self) -> usize {
        let tiles = (self.channels.min(self.filters) / 2).max(36);
        (tiles / self.of_image()).max(1)
    }
}

/// Distance of two planes of so many values: not a multiple of a page, so that they do not all fall into the same cache sets.
fn apart(values: usize) -> usize {
    values + 16
}

/// The planes of transformed tiles.
#[derive(Clone, Copy)]
struct Planes {
    at: *mut f32,
    /// Distance of two planes.
    plane: usize,
    /// Distance of two panels of channels.
    panel: usize,
}

impl Planes {
    /// From the tile's number on.
    #[inline(always)]
    unsafe fn from<V: Vector>(self, tile: usize) -> Planes {
        Planes { at: self.at.add(tile * panel::<V>()), ..self }
    }

    /// A tile's first plane at a vector of channels.
    #[inline(always)]
    unsafe fn place<V: Vector>(self, tile: usize, channel: usize) -> *mut f32 {
        let width = panel::<V>();
        self.at.add(channel / width * self.panel + tile * width + channel % width)
    }
}

/// Where `i` of a tile's six rows (or columns) lies in an image of `size`; none outside.
#[inline(always)]
fn inside(tile: usize, i: usize, before: usize, size: usize) -> Option<usize> {
    (4 * tile + i).checked_sub(before).filter(|&at| at < size)
}

/// Transformed weights `[plane][panel of columns][row][column of the panel]`; rows are channels and columns filters, or, for the
/// input gradient, the other way round.
#[inline(always)]
unsafe fn weights<V: Vector>(shape: &ConvShape, weight: &[f32], transposed: bool) -> Buffer {
    let (c, f) = (shape.channels, shape.filters);
    let (rows, columns) = if transposed { (f, c) } else { (c, f) };
    let width = panel::<V>();
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
    let (c, f, width) = (shape.channels, shape.filters, panel::<V>());
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

/// Where a tile's six rows begin and its columns lie in a row, in values; none outside of the image.
#[derive(Clone, Copy)]
struct Window {
    rows: [Option<usize>; 6],
    columns: [Option<usize>; 6],
}

impl Tiles {
    #[inline(always)]
    fn window(&self, tile: usize) -> Window {
        let [h, w] = self.input;
        let (y, x) = (tile / self.grid[1], tile % self.grid[1]);
        Window {
            rows: six!(J => inside(y, J, self.before[0], h).map(|row| row * w * self.channels)),
            columns: six!(I => inside(x, I, self.before[1], w).map(|column| column * self.channels)),
        }
    }

    /// Transforms the input tiles of one image. `zeros` holds a row of zeros.
    #[inline(always)]
    unsafe fn input<V: Vector>(&self, x: *const f32, zeros: &[f32], v: Planes) {
        for tile in 0..self.of_image() {
            let Window { rows, columns } = self.window(tile);
            let rows = six!(J => rows[J].map_or(zeros.as_ptr(), |row| x.add(row)));
            for c in (0..self.channels).step_by(V::LANES) {
                let columns = six!(I => match columns[I] {
                    Some(column) => transform::input(six!(J => V::load(rows[J].add(column + c)))),
                    None => [V::splat(0.0); 6],
                });
                let to = v.place::<V>(tile, c);
                six!(J => {
                    let row = transform::input(six!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * v.plane)));
                });
            }
        }
    }

    /// Adds the gradients of one image's input tiles, transposed, to `dx`.
    #[inline(always)]
    unsafe fn input_gradient<V: Vector>(&self, v: Planes, dx: *mut f32) {
        for tile in 0..self.of_image() {
            let Window { rows, columns: within } = self.window(tile);
            for c in (0..self.channels).step_by(V::LANES) {
                let from = v.place::<V>(tile, c);
                let columns =
                    six!(I => transform::input_transposed(six!(J => V::load(from.add((6 * J + I) * v.plane)))));
                six!(J => if let Some(row) = rows[J] {
                    let values = transform::input_transposed(six!(I => columns[I][J]));
                    six!(I => if let Some(column) = within[I] {
                        let to = dx.add(row + column + c);
                        V::load(to).add(values[I]).store(to);
                    });
                });
            }
        }
    }

    /// The output of one image from its tiles in `m`, with what follows.
    #[inline(always)]
    unsafe fn output<V: Vector>(&self, m: Planes, bias: Option<&[f32]>, follow: Follow, y: *mut f32, places: *mut u8) {
        for tile in 0..self.of_image() {
            let (ty, tx) = (tile / self.grid[1], tile % self.grid[1]);
            let size = [self.output[0] - 4 * ty, self.output[1] - 4 * tx].map(|n| n.min(4));
            for c in (0..self.filters).step_by(V::LANES) {
                let bias = match bias {
                    Some(bias) => V::load(bias.as_ptr().add(c)),
                    None => V::splat(0.0),
                };
                let from = m.place::<V>(tile, c);
                let columns = six!(I => transform::output(six!(J => V::load(from.add((6 * J + I) * m.plane)))));
                let values = four!(J => {
                    let row = transform::output(six!(I => columns[I][J]));
                    four!(I => row[I].add(bias))
                });
                if follow.pool {
                    let at = (ty * self.output[1] + 2 * tx) * self.filters + c;
                    self.pool::<V>(values, size, follow.relu, y.add(at), places.add(at));
                } else {
                    self.put::<V>(values, size, follow.relu, y.add(4 * (ty * self.output[1] + tx) * self.filters + c));
                }
            }
        }
    }

    /// Stores a tile, or its part that lies in the output.
    #[inline(always)]
    unsafe fn put<V: Vector>(&self, values: [[V; 4]; 4], size: [usize; 2], relu: bool, y: *mut f32) {
        let values = if relu { four!(J => four!(I => values[J][I].relu())) } else { values };
        if size == [4, 4] {
            four!(J => four!(I => values[J][I].store(y.add((J * self.output[1] + I) * self.filters))));
            return;
        }
        for (j, row) in values.iter().enumerate().take(size[0]) {
            for (i, &value) in row.iter().enumerate().take(size[1]) {
                value.store(y.add((j * self.output[1] + i) * self.filters));
            }
        }
    }

    /// Stores the largest values of a tile's 2×2 blocks, and which they were.
    #[inline(always)]
    unsafe fn pool<V: Vector>(&self, values: [[V; 4]; 4], size: [usize; 2], relu: bool, y: *mut f32, places: *mut u8) {
        four!(K => {
            let (j, i) = (K / 2, K % 2);
            if 2 * j < size[0] && 2 * i < size[1] {
                let [top, bottom] = [values[2 * j], values[2 * j + 1]];
                let four = [top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1]];
                let (best, place) = largest::<V>(four, relu);
                let at = (j * self.output[1] / 2 + i) * self.filters;
                best.store(y.add(at));
                place.store_bytes(places.add(at));
            }
        });
    }

    /// Transforms the output gradient of one image into `m` and adds its sum to `bias`.
    #[inline(always)]
    unsafe fn output_gradient<V: Vector>(
        &self,
        backward: [*const f32; 2],
        places: *const u8,
        follow: Follow,
        m: Planes,
        bias: &mut [f32],
    ) {
        for tile in 0..self.of_image() {
            let (ty, tx) = (tile / self.grid[1], tile % self.grid[1]);
            let size = [self.output[0] - 4 * ty, self.output[1] - 4 * tx].map(|n| n.min(4));
            for c in (0..self.filters).step_by(V::LANES) {
                let values = if follow.pool {
                    let at = (ty * self.output[1] + 2 * tx) * self.filters + c;
                    self.pooled_gradient::<V>(backward[0].add(at), places.add(at), size)
                } else {
                    let at = 4 * (ty * self.output[1] + tx) * self.filters + c;
                    self.plain_gradient::<V>(backward.map(|p| p.wrapping_add(at)), follow.relu, size)
                };
                let rows = four!(J => values[J][0].add(values[J][1]).add(values[J][2].add(values[J][3])));
                let sum = rows[0].add(rows[1]).add(rows[2].add(rows[3]));
                V::load(bias.as_ptr().add(c)).add(sum).store(bias.as_mut_ptr().add(c));
                let columns = four!(I => transform::output_transposed(four!(J => values[J][I])));
                let to = m.place::<V>(tile, c);
                six!(J => {
                    let row = transform::output_transposed(four!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * m.plane)));
                });
            }
        }
    }

    /// A tile of the gradient `[gradient, output]`, zero where ReLU was.
    #[inline(always)]
    unsafe fn plain_gradient<V: Vector>(&self, from: [*const f32; 2], relu: bool, size: [usize; 2]) -> [[V; 4]; 4] {
        if size == [4, 4] {
            let step = |j: usize, i: usize| (j * self.output[1] + i) * self.filters;
            return four!(J => four!(I => {
                let g = V::load(from[0].add(step(J, I)));
                if relu { g.keep(V::load(from[1].add(step(J, I))).greater(V::splat(0.0))) } else { g }
            }));
        }
        let mut values = [[V::splat(0.0); 4]; 4];
        for (j, row) in values.iter_mut().enumerate().take(size[0]) {
            for (i, value) in row.iter_mut().enumerate().take(size[1]) {
                let at = (j * self.output[1] + i) * self.filters;
                *value = V::load(from[0].add(at));
                if relu {
                    *value = value.keep(V::load(from[1].add(at)).greater(V::splat(0.0)));
                }
            }
        }
        values
    }

    /// A tile of the gradient before pooling, from the gradient behind it.
    #[inline(always)]
    unsafe fn pooled_gradient<V: Vector>(
        &self,
        gradient: *const f32,
        places: *const u8,
        size: [usize; 2],
    ) -> [[V; 4]; 4] {
        let blocks = four!(K => {
            let (j, i) = (K / 2, K % 2);
            if 2 * j < size[0] && 2 * i < size[1] {
                let at = (j * self.output[1] / 2 + i) * self.filters;
                let (g, place) = (V::load(gradient.add(at)), V::load_bytes(places.add(at)));
                four!(Q => g.keep(place.equal(V::splat(Q as f32))))
            } else {
                [V::splat(0.0); 4]
            }
        });
        four!(J => four!(I => blocks[J / 2 * 2 + I / 2][J % 2 * 2 + I % 2]))
    }
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
            tiles: (0..most).map(|t| t * panel::<V>()).collect(),
        }
    }

    /// Planes of so many tiles.
    fn planes<V: Vector>(&mut self, side: Side, tiles: usize) -> Planes {
        let (at, channels) = match side {
            Side::Input => (self.v.as_mut_ptr(), self.channels),
            Side::Output => (self.m.as_mut_ptr(), self.filters),
        };
        Planes { at, plane: apart(self.most * channels), panel: tiles * panel::<V>() }
    }

    /// Offsets of the panels of a plane.
    fn panels<V: Vector>(&self, side: Side, tiles: usize) -> Vec<usize> {
        let channels = if let Side::Input = side { self.channels } else { self.filters };
        (0..channels / panel::<V>()).map(|p| p * tiles * panel::<V>()).collect()
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
        let rows = Rows { inputs: places, taps: &panels, run: panel::<V>(), fresh: channels };
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
        let width = panel::<V>();
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
        let len = shape.output_len(follow);
        let mut output: Vec<f32> = Vec::with_capacity(len);
        let mut places: Vec<u8> = Vec::with_capacity(if follow.pool { len } else { 0 });
        let to = (output.as_mut_ptr(), places.as_mut_ptr());
        let tasks = threads::tasks(shape.images);
        threads::share(tasks, |i| {
            let images = threads::part(shape.images, tasks, i);
            V::apart(ForwardPart { shape, x, u: &u, bias, follow, images, to });
        });
        output.set_len(len);
        if follow.pool {
            places.set_len(len);
        }
        super::Forward { output, places }
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
        let len = if want.input { shape.input_len() } else { 0 };
        let mut input: Vec<f32> = Vec::with_capacity(len);
        let dx = input.as_mut_ptr();
        let parts = shape.parts(Method::Winograd, follow);
        let (mut weights, mut biases) = (vec![vec![]; parts], vec![vec![]; parts]);
        let to = (weights.as_mut_ptr(), biases.as_mut_ptr());
        threads::share(parts, |i| {
            let images = threads::part(shape.images, parts, i);
            let found = V::apart(BackwardPart { shape, x, u, backward, follow, images, dx });
            (*to.0.add(i), *to.1.add(i)) = found;
        });
        input.set_len(len);
        let bias = if want.bias { add_up(biases) } else { vec![] };
        Gradients { input, weight: add_up(weights), bias }
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
