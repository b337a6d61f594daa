//! Winograd convolution (see `winograd_transform`): 36 small matrix products where the definition has 144.
//!
//! The input is cut into overlapping 6×6 tiles, the output into 4×4 tiles. Transformed tiles lie in 36 planes
//! `[tile, channel]`; each plane is multiplied by its own transformed weights. The gradients are the transposed steps in
//! reverse order, so that input and weight gradients share the transformed output gradient.

use super::winograd_transform::{self as transform, four, six};
use super::{ConvShape, Follow, Gradients, used};
use crate::block::{Finish, Pixels, Rows, dots, outer};
use crate::buffer::Buffer;
use crate::pool::largest;
use crate::simd::{Kernel, Vector, panel};

/// Products of a tile.
const PLANES: usize = 36;

/// Tiles that are gone through together, at most: the weights are read once for all of them, and their planes stay in the cache.
const TILES: usize = 36;

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

    /// Images that are gone through together: their tiles are to fill register blocks of six rows.
    fn images(&self) -> usize {
        let most = (TILES / self.of_image()).max(1);
        (1..=most).rev().find(|n| (n * self.of_image()).is_multiple_of(6)).unwrap_or(most)
    }
}

/// Distance of two planes of `tiles` tiles: not a multiple of a page, so that the planes do not all fall into the same cache sets.
fn plane(tiles: usize, channels: usize) -> usize {
    tiles * channels + 16
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
    let plane = rows * columns.div_ceil(width) * width;
    let mut out = Buffer::new(PLANES * plane);
    // The nine taps of one row for a vector of columns.
    let mut taps = [[0.0; 64]; 9];
    for column in (0..columns).step_by(V::LANES) {
        let to = out.as_mut_ptr().add(column / width * width * rows + column % width);
        for row_at in 0..rows {
            for lane in 0..V::LANES {
                let (filter, channel) = if transposed { (row_at, column + lane) } else { (column + lane, row_at) };
                let from = weight.as_ptr().add((filter * c + channel) * 9);
                for (t, tap) in taps.iter_mut().enumerate() {
                    tap[lane] = *from.add(t);
                }
            }
            let tap = |y: usize, x: usize| taps[3 * y + x].as_ptr();
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
    let plane = c * f.div_ceil(width) * width;
    let mut weight = vec![0.0; c * f * 9];
    let mut taps = [[0.0; 64]; 9];
    for column in (0..f).step_by(V::LANES) {
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
                    value.store(taps[3 * y + x].as_mut_ptr());
                }
            }
            for lane in 0..V::LANES {
                let to = &mut weight[((column + lane) * c + row) * 9..][..9];
                for (to, tap) in to.iter_mut().zip(&taps) {
                    *to = tap[lane];
                }
            }
        }
    }
    weight
}

/// Where the pixels of a 6×6 tile are: in the image, or, outside of it, all at one place of the caller's.
#[inline(always)]
unsafe fn pixels(tiles: &Tiles, tile: usize, image: *mut f32, outside: *mut f32) -> [[*mut f32; 6]; 6] {
    let [h, w] = tiles.input;
    let (ty, tx) = (tile / tiles.grid[1], tile % tiles.grid[1]);
    let mut at = [[outside; 6]; 6];
    for (j, row) in at.iter_mut().enumerate() {
        let Some(y) = inside(ty, j, tiles.before[0], h) else { continue };
        for (i, pixel) in row.iter_mut().enumerate() {
            if let Some(x) = inside(tx, i, tiles.before[1], w) {
                *pixel = image.add((y * w + x) * tiles.channels);
            }
        }
    }
    at
}

impl Tiles {
    /// Transforms the input tiles of one image into `v`, planes `plane` apart. `zeros` holds a pixel of zeros.
    #[inline(always)]
    unsafe fn input<V: Vector>(&self, x: *const f32, zeros: &[f32], v: *mut f32, plane: usize) {
        for tile in 0..self.of_image() {
            let at = pixels(self, tile, x.cast_mut(), zeros.as_ptr().cast_mut());
            for c in (0..self.channels).step_by(V::LANES) {
                let columns = six!(I => transform::input(six!(J => V::load(at[J][I].add(c)))));
                let to = v.add(tile * self.channels + c);
                six!(J => {
                    let row = transform::input(six!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * plane)));
                });
            }
        }
    }

    /// Adds the gradients of one image's input tiles, transposed, to `dx`; what falls outside goes to `waste`.
    #[inline(always)]
    unsafe fn input_gradient<V: Vector>(&self, v: *const f32, plane: usize, dx: *mut f32, waste: &mut [f32]) {
        for tile in 0..self.of_image() {
            let at = pixels(self, tile, dx, waste.as_mut_ptr());
            for c in (0..self.channels).step_by(V::LANES) {
                let from = v.add(tile * self.channels + c);
                let columns = six!(I => transform::input_transposed(six!(J => V::load(from.add((6 * J + I) * plane)))));
                six!(J => {
                    let row = transform::input_transposed(six!(I => columns[I][J]));
                    six!(I => {
                        let to = at[J][I].add(c);
                        V::load(to).add(row[I]).store(to);
                    });
                });
            }
        }
    }

    /// The output of one image from its tiles in `m`, with what follows.
    #[inline(always)]
    unsafe fn output<V: Vector>(
        &self,
        m: *const f32,
        plane: usize,
        bias: Option<&[f32]>,
        follow: Follow,
        y: *mut f32,
        places: *mut u8,
    ) {
        for tile in 0..self.of_image() {
            let (ty, tx) = (tile / self.grid[1], tile % self.grid[1]);
            let size = [self.output[0] - 4 * ty, self.output[1] - 4 * tx].map(|n| n.min(4));
            for c in (0..self.filters).step_by(V::LANES) {
                let bias = match bias {
                    Some(bias) => V::load(bias.as_ptr().add(c)),
                    None => V::splat(0.0),
                };
                let from = m.add(tile * self.filters + c);
                let columns = six!(I => transform::output(six!(J => V::load(from.add((6 * J + I) * plane)))));
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
        m: *mut f32,
        plane: usize,
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
                let to = m.add(tile * self.filters + c);
                six!(J => {
                    let row = transform::output_transposed(four!(I => columns[I][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * plane)));
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

/// Offsets of the tiles of a plane.
fn offsets(tiles: usize, channels: usize) -> Vec<usize> {
    (0..tiles).map(|t| t * channels).collect()
}

const PLAIN: Finish = Finish { bias: std::ptr::null(), relu: false };

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
        let tiles = Tiles::new(shape, follow);
        let (c, f, n) = (shape.channels, shape.filters, tiles.of_image());
        let block = tiles.images();
        let outside = vec![0.0; c];
        let u = weights::<V>(shape, weight, false);
        let u_plane = c * f.div_ceil(panel::<V>()) * panel::<V>();
        let (v_plane, m_plane) = (plane(block * n, c), plane(block * n, f));
        let (mut v, mut m) = (Buffer::new(PLANES * v_plane), Buffer::new(PLANES * m_plane));
        let (inputs, outputs) = (offsets(block * n, c), offsets(block * n, f));
        let (x_image, y_image) = (shape.input[0] * shape.input[1] * c, shape.output_len(follow) / shape.images.max(1));
        let mut output: Vec<f32> = Vec::with_capacity(shape.output_len(follow));
        let mut places: Vec<u8> = Vec::with_capacity(if follow.pool { shape.output_len(follow) } else { 0 });
        for first in (0..shape.images).step_by(block) {
            let count = block.min(shape.images - first);
            for i in 0..count {
                tiles.input::<V>(
                    x.as_ptr().add((first + i) * x_image),
                    &outside,
                    v.as_mut_ptr().add(i * n * c),
                    v_plane,
                );
            }
            for z in 0..PLANES {
                let rows = Rows { inputs: &inputs[..count * n], taps: &[0], run: c };
                let (from, to) = (v.as_ptr().add(z * v_plane), m.as_mut_ptr().add(z * m_plane));
                dots::<V>(from, rows, u.as_ptr().add(z * u_plane), f, PLAIN, to, &outputs[..count * n]);
            }
            for i in 0..count {
                let at = (first + i) * y_image;
                let place = if follow.pool { places.as_mut_ptr().add(at) } else { std::ptr::null_mut() };
                let y = output.as_mut_ptr().add(at);
                tiles.output::<V>(m.as_ptr().add(i * n * f), m_plane, bias, follow, y, place);
            }
        }
        output.set_len(shape.output_len(follow));
        if follow.pool {
            places.set_len(shape.output_len(follow));
        }
        super::Forward { output, places }
    }
}

pub(super) struct Backward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: super::Backward<'a>,
    pub follow: Follow,
    pub want_input: bool,
}

impl Kernel for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Gradients {
        let Backward { shape, x, weight, backward, follow, want_input } = self;
        let tiles = Tiles::new(shape, follow);
        let (c, f, n) = (shape.channels, shape.filters, tiles.of_image());
        let (block, width) = (tiles.images(), panel::<V>());
        let (v_plane, m_plane) = (plane(block * n, c), plane(block * n, f));
        let (mut v, mut m) = (Buffer::new(PLANES * v_plane), Buffer::new(PLANES * m_plane));
        let (inputs, outputs, places) = (offsets(block * n, c), offsets(block * n, f), offsets(c, 1));
        let (outside, mut waste) = (vec![0.0; c], vec![0.0; c]);
        let u_plane = f * c.div_ceil(width) * width;
        let u = if want_input { weights::<V>(shape, weight, true) } else { Buffer::new(0) };
        let s_plane = c * f.div_ceil(width) * width;
        let mut sums = Buffer::zeros(PLANES * s_plane);
        let (x_image, y_image) = (shape.input[0] * shape.input[1] * c, shape.output_len(follow) / shape.images.max(1));
        let mut bias = vec![0.0; f];
        let mut input = vec![0.0f32; if want_input { shape.images * x_image } else { 0 }];
        let (gradient, output, place) =
            (backward.gradient.as_ptr(), backward.output.as_ptr(), backward.places.as_ptr());
        for first in (0..shape.images).step_by(block) {
            let count = block.min(shape.images - first);
            for i in 0..count {
                let at = (first + i) * y_image;
                let from = [gradient, output].map(|p| p.wrapping_add(at));
                let m = m.as_mut_ptr().add(i * n * f);
                tiles.input::<V>(
                    x.as_ptr().add((first + i) * x_image),
                    &outside,
                    v.as_mut_ptr().add(i * n * c),
                    v_plane,
                );
                tiles.output_gradient::<V>(from, place.wrapping_add(at), follow, m, m_plane, &mut bias);
            }
            for z in 0..PLANES {
                let (v, m) = (v.as_mut_ptr().add(z * v_plane), m.as_ptr().add(z * m_plane));
                for column in (0..f).step_by(width) {
                    let pixels =
                        Pixels { x: v, inputs: &inputs[..count * n], g: m.add(column), grads: &outputs[..count * n] };
                    let to = sums.as_mut_ptr().add(z * s_plane + column * c);
                    outer::<V>(pixels, &places, (f - column).min(width), to, width);
                }
                if want_input {
                    let rows = Rows { inputs: &outputs[..count * n], taps: &[0], run: f };
                    dots::<V>(m, rows, u.as_ptr().add(z * u_plane), c, PLAIN, v, &inputs[..count * n]);
                }
            }
            if want_input {
                for i in 0..count {
                    let dx = input.as_mut_ptr().add((first + i) * x_image);
                    tiles.input_gradient::<V>(v.as_ptr().add(i * n * c), v_plane, dx, &mut waste);
                }
            }
        }
        Gradients { input, weight: weights_gradient::<V>(shape, &sums), bias }
    }
}
