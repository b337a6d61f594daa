//! Affine warps with bilinear interpolation.
//!
//! Pixel `(x, y)` covers the unit square around its centre; `(0, 0)` of an [`Affine`] is the centre of the image, which for
//! an even width lies between two pixels (`align_corners = false` in PyTorch's words).

use crate::simd::{Kernel, Vector, dispatch};
use crate::{Fill, Pixel, Size};
use std::cell::Cell;

/// Columns handled together: coordinates and weights of a chunk stay in registers and L1.
const CHUNK: usize = 32;

/// Map from a place in the output to the place in the source that it shows, in pixels about the images' centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Source x from output x, source x from output y.
    pub x: [f64; 2],
    /// Source y from output x, source y from output y.
    pub y: [f64; 2],
    /// Added to source x and y.
    pub shift: [f64; 2],
}

impl Affine {
    /// Shows the source as it is.
    pub const IDENTITY: Affine = Affine { x: [1.0, 0.0], y: [0.0, 1.0], shift: [0.0, 0.0] };

    /// Turns the picture by `radians`, clockwise as seen on a screen (y points down).
    pub fn rotation(radians: f64) -> Affine {
        let (sin, cos) = radians.sin_cos();
        Affine { x: [cos, sin], y: [-sin, cos], shift: [0.0, 0.0] }
    }

    /// Enlarges the picture by `factor` (below 1: shrinks it).
    pub fn scaling(factor: f64) -> Affine {
        Affine { x: [1.0 / factor, 0.0], y: [0.0, 1.0 / factor], shift: [0.0, 0.0] }
    }

    /// Moves the picture by `(x, y)` pixels, right and down.
    pub fn translation(x: f64, y: f64) -> Affine {
        Affine { shift: [-x, -y], ..Affine::IDENTITY }
    }

    /// Slants the picture: rows move right by `slope` pixels for each pixel that they lie lower.
    pub fn shear(slope: f64) -> Affine {
        Affine { x: [1.0, -slope], ..Affine::IDENTITY }
    }

    /// Enlarges the part of `share` of each side, x and y, whose centre lies `centre` pixels right of and below the image's, to
    /// the whole.
    pub fn part(share: [f64; 2], centre: [f64; 2]) -> Affine {
        Affine { x: [share[0], 0.0], y: [0.0, share[1]], shift: centre }
    }

    /// The map that first makes `self` of a picture, then `next` of the result.
    pub fn then(self, next: Affine) -> Affine {
        let row = |r: [f64; 2]| [r[0] * next.x[0] + r[1] * next.y[0], r[0] * next.x[1] + r[1] * next.y[1]];
        let shift = |r: [f64; 2], s: f64| r[0] * next.shift[0] + r[1] * next.shift[1] + s;
        Affine { x: row(self.x), y: row(self.y), shift: [shift(self.x, self.shift[0]), shift(self.y, self.shift[1])] }
    }
}

/// Source places of a chunk of columns: the two rows' and two columns' offsets and the four weights.
struct Taps {
    at: [[u32; CHUNK]; 4],
    weight: [[f32; CHUNK]; 4],
}

/// Channels of a pixel side by side: one vector load for all of them.
const LANES: usize = 4;

/// Warps `source` into `out`, both of `size`, bilinearly; all channels alike.
///
/// # Panics
/// Where `source` or `out` is not of `size`, or a side is longer than 2^20 pixels.
pub fn warp<T: Pixel>(source: &[T], size: Size, map: &Affine, fill: Fill, out: &mut [f32]) {
    size.check("source", source.len());
    size.check("out", out.len());
    assert!(size.height.max(size.width) <= 1 << 20, "{size:?} is too large to warp");
    // SAFETY: the kernel is safe code; the instruction set is one that is here.
    unsafe { dispatch(Warp { source, size, map, fill, out }) }
}

struct Warp<'a, T> {
    source: &'a [T],
    size: Size,
    map: &'a Affine,
    fill: Fill,
    out: &'a mut [f32],
}

impl<T: Pixel> Kernel for Warp<'_, T> {
    type Output = ();

    /// Safe code for the compiler to make vectors of.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Warp { source, size, map, fill, out } = self;
        let mut pixels = PIXELS.take();
        let planes = source.chunks(LANES * size.plane()).zip(out.chunks_mut(LANES * size.plane()));
        for (source, out) in planes {
            interleave(source, size.plane(), &mut pixels);
            warp_pixels(&pixels, size, map, fill, out);
        }
        PIXELS.set(pixels);
    }
}

thread_local! {
    static PIXELS: Cell<Vec<[f32; LANES]>> = const { Cell::new(Vec::new()) };
}

/// Up to [`LANES`] planes as pixels.
#[inline(always)]
fn interleave<T: Pixel>(planes: &[T], plane: usize, pixels: &mut Vec<[f32; LANES]>) {
    pixels.resize(plane, [0.0; LANES]);
    let channels = planes.len() / plane;
    if channels == 3 {
        let ([red, green], blue) = ([&planes[..plane], &planes[plane..2 * plane]], &planes[2 * plane..]);
        for (((pixel, r), g), b) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
            *pixel = [r.float(), g.float(), b.float(), 0.0];
        }
        return;
    }
    for (c, values) in planes.chunks_exact(plane).enumerate() {
        for (pixel, value) in pixels.iter_mut().zip(values) {
            pixel[c] = value.float();
        }
    }
}

#[inline(always)]
fn warp_pixels(pixels: &[[f32; LANES]], size: Size, map: &Affine, fill: Fill, out: &mut [f32]) {
    let centre = [(size.width - 1) as f64 / 2.0, (size.height - 1) as f64 / 2.0];
    let mut taps = Taps { at: [[0; CHUNK]; 4], weight: [[0.0; CHUNK]; 4] };
    let mut found = [[0.0; LANES]; CHUNK];
    for y in 0..size.height {
        let dy = y as f64 - centre[1];
        for first in (0..size.width).step_by(CHUNK) {
            let dx = first as f64 - centre[0];
            let start_x = map.x[0] * dx + map.x[1] * dy + map.shift[0] + centre[0];
            let start_y = map.y[0] * dx + map.y[1] * dy + map.shift[1] + centre[1];
            let start = [start_x as f32, start_y as f32];
            let step = [map.x[0] as f32, map.y[0] as f32];
            match fill {
                Fill::Zero => place(&mut taps, size, start, step, outside_zero),
                Fill::Nearest => place(&mut taps, size, start, step, outside_nearest),
                Fill::Reflect => place(&mut taps, size, start, step, outside_reflect),
            }
            gather(pixels, &taps, &mut found);
            let columns = CHUNK.min(size.width - first);
            for (c, plane) in out.chunks_exact_mut(size.plane()).enumerate() {
                let row = &mut plane[y * size.width + first..][..columns];
                for (out, found) in row.iter_mut().zip(&found) {
                    *out = found[c];
                }
            }
        }
    }
}

/// Two neighbours along one side of length `n`, and their weights, for a coordinate.
type Outside = fn(f32, f32) -> (i32, i32, f32, f32);

#[inline(always)]
fn outside_zero(v: f32, n: f32) -> (i32, i32, f32, f32) {
    // One pixel beyond the border everything is fill: clamping there changes nothing and keeps the numbers small.
    let v = v.clamp(-1.0, n) + 1.0;
    let low = v as i32;
    let high_weight = v - low as f32;
    let low = low - 1;
    let last = n as i32 - 1;
    let low_weight = if low < 0 || low > last { 0.0 } else { 1.0 - high_weight };
    let high_weight = if low >= last { 0.0 } else { high_weight };
    (low.clamp(0, last), (low + 1).clamp(0, last), low_weight, high_weight)
}

#[inline(always)]
fn outside_nearest(v: f32, n: f32) -> (i32, i32, f32, f32) {
    let v = v.clamp(0.0, n - 1.0);
    let low = v as i32;
    let high_weight = v - low as f32;
    (low, (low + 1).min(n as i32 - 1), 1.0 - high_weight, high_weight)
}

#[inline(always)]
fn outside_reflect(v: f32, n: f32) -> (i32, i32, f32, f32) {
    // The mirrored image repeats every 2n pixels; fold the coordinate into one period, then into one half of it.
    let period = 2.0 * n;
    let t = (v + 0.5) / period;
    let whole = t as i32 as f32;
    let t = t - whole;
    let t = if t < 0.0 { t + 1.0 } else { t } * period;
    let t = if t > n { period - t } else { t };
    outside_nearest(t - 0.5, n)
}

#[inline(always)]
fn place(taps: &mut Taps, size: Size, start: [f32; 2], step: [f32; 2], outside: Outside) {
    let (width, height, stride) = (size.width as f32, size.height as f32, size.width as u32);
    let [top_left, top_right, bottom_left, bottom_right] = &mut taps.at;
    let [w_top_left, w_top_right, w_bottom_left, w_bottom_right] = &mut taps.weight;
    for i in 0..CHUNK {
        let x = start[0] + step[0] * i as f32;
        let y = start[1] + step[1] * i as f32;
        let (left, right, w_left, w_right) = outside(x, width);
        let (top, bottom, w_top, w_bottom) = outside(y, height);
        let (top, bottom) = (top as u32 * stride, bottom as u32 * stride);
        top_left[i] = top + left as u32;
        top_right[i] = top + right as u32;
        bottom_left[i] = bottom + left as u32;
        bottom_right[i] = bottom + right as u32;
        w_top_left[i] = w_top * w_left;
        w_top_right[i] = w_top * w_right;
        w_bottom_left[i] = w_bottom * w_left;
        w_bottom_right[i] = w_bottom * w_right;
    }
}

#[inline(always)]
fn gather(pixels: &[[f32; LANES]], taps: &Taps, out: &mut [[f32; LANES]; CHUNK]) {
    let [top_left, top_right, bottom_left, bottom_right] = &taps.at;
    let [w_top_left, w_top_right, w_bottom_left, w_bottom_right] = &taps.weight;
    for (i, out) in out.iter_mut().enumerate() {
        let mix = |at: [&[u32; CHUNK]; 2], weight: [&[f32; CHUNK]; 2]| {
            let (a, b) = (pixels[at[0][i] as usize], pixels[at[1][i] as usize]);
            [0, 1, 2, 3].map(|c| a[c] * weight[0][i] + b[c] * weight[1][i])
        };
        let top = mix([top_left, top_right], [w_top_left, w_top_right]);
        let bottom = mix([bottom_left, bottom_right], [w_bottom_left, w_bottom_right]);
        *out = [0, 1, 2, 3].map(|c| top[c] + bottom[c]);
    }
}
