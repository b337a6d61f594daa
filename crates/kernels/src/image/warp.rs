//! Affine warps with bilinear interpolation.
//!
//! Pixel `(x, y)` covers the unit square around its centre. The origin of an [`Affine`] is the
//! centre of the image, which lies between two pixels if the width is even (PyTorch's
//! `align_corners = false`).

use super::affine::Affine;
use super::types::{BorderMode, Pixel, Size};
use crate::simd::{Kernel, Vector, dispatch};
use std::cell::Cell;
use std::hint::black_box;

/// Warps all channels of `source` into `out`, both of `size`, with bilinear interpolation.
///
/// # Panics
/// If the length of `source` or `out` does not match `size`, or a side is longer than 2^14 pixels.
pub fn warp<T: Pixel>(source: &[T], size: Size, map: &Affine, border: BorderMode, out: &mut [f32]) {
    size.check("source", source.len());
    size.check("out", out.len());
    assert!(
        size.height.max(size.width) <= 1 << 14,
        "{size:?} is too large to warp"
    );
    // SAFETY: the sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(Warp {
            source,
            size,
            map,
            border,
            out,
        })
    }
}

/// Columns that are processed together: their coordinates and weights stay in registers and the L1
/// cache.
const CHUNK: usize = 32;

/// The four source pixels around each of a chunk of output pixels, and the interpolation weights.
struct Taps {
    /// Index of the upper left pixel.
    at: [u32; CHUNK],
    /// Weight of the right pixels, from 0 to 1.
    across: [f32; CHUNK],
    /// Weight of the lower pixels, from 0 to 1.
    down: [f32; CHUNK],
}

/// Channels of a pixel, stored side by side. Two adjacent pixels make one vector.
const LANES: usize = 4;

struct Warp<'a, T> {
    source: &'a [T],
    size: Size,
    map: &'a Affine,
    border: BorderMode,
    out: &'a mut [f32],
}

impl<T: Pixel> Kernel for Warp<'_, T> {
    type Output = ();

    /// Plain code that the compiler vectorises.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Warp {
            source,
            size,
            map,
            border,
            out,
        } = self;
        if size.is_empty() {
            return;
        }
        let mut pixels = PIXELS.take();
        let planes = source
            .chunks(LANES * size.plane())
            .zip(out.chunks_mut(LANES * size.plane()));
        for (source, out) in planes {
            frame(source, size, border, &mut pixels);
            match border {
                BorderMode::Zero => warp_pixels(&pixels, size, map, inside_zero, out),
                BorderMode::Nearest => warp_pixels(&pixels, size, map, inside_nearest, out),
                BorderMode::Reflect => warp_pixels(&pixels, size, map, inside_reflect, out),
            }
        }
        PIXELS.set(pixels);
    }
}

thread_local! {
    static PIXELS: Cell<Vec<[f32; LANES]>> = const { Cell::new(Vec::new()) };
}

/// Interleaves up to [`LANES`] planes into pixels, with a frame of one pixel that holds what lies
/// beyond the border, so that interpolation needs no bounds checks.
#[inline(always)]
fn frame<T: Pixel>(planes: &[T], size: Size, border: BorderMode, pixels: &mut Vec<[f32; LANES]>) {
    let (plane, width, framed_width) = (size.plane(), size.width, size.width + 2);
    pixels.resize(framed_width * (size.height + 2), [0.0; LANES]);
    let channels = planes.len() / plane;
    for (y, row) in pixels[framed_width..]
        .chunks_exact_mut(framed_width)
        .take(size.height)
        .enumerate()
    {
        let inner = &mut row[1..=width];
        if channels == 3 {
            let [red, green, blue] = [0, 1, 2].map(|c| &planes[c * plane + y * width..][..width]);
            for (((pixel, r), g), b) in inner.iter_mut().zip(red).zip(green).zip(blue) {
                *pixel = [r.float(), g.float(), b.float(), 0.0];
            }
        } else {
            for (c, values) in planes.chunks_exact(plane).enumerate() {
                for (pixel, value) in inner.iter_mut().zip(&values[y * width..]) {
                    pixel[c] = value.float();
                }
            }
        }
        let [left, right] = [row[1], row[width]];
        [row[0], row[width + 1]] = if border == BorderMode::Zero {
            [[0.0; LANES]; 2]
        } else {
            [left, right]
        };
    }
    let last = framed_width * size.height;
    if border == BorderMode::Zero {
        pixels[..framed_width].fill([0.0; LANES]);
        pixels[last + framed_width..].fill([0.0; LANES]);
    } else {
        // A mirrored image, too, continues with a repetition of its border pixel.
        pixels.copy_within(framed_width..2 * framed_width, 0);
        pixels.copy_within(last..last + framed_width, last + framed_width);
    }
}

#[inline(always)]
unsafe fn warp_pixels(
    pixels: &[[f32; LANES]],
    size: Size,
    map: &Affine,
    inside: Inside,
    out: &mut [f32],
) {
    let centre = [
        (size.width - 1) as f64 / 2.0,
        (size.height - 1) as f64 / 2.0,
    ];
    let mut taps = Taps {
        at: [0; CHUNK],
        across: [0.0; CHUNK],
        down: [0.0; CHUNK],
    };
    let mut values = [[0.0; LANES]; CHUNK];
    for y in 0..size.height {
        let dy = y as f64 - centre[1];
        for first in (0..size.width).step_by(CHUNK) {
            let dx = first as f64 - centre[0];
            let start_x = map.x[0] * dx + map.x[1] * dy + map.shift[0] + centre[0];
            let start_y = map.y[0] * dx + map.y[1] * dy + map.shift[1] + centre[1];
            let start = [start_x as f32, start_y as f32];
            let step = [map.x[0] as f32, map.y[0] as f32];
            locate(&mut taps, size, start, step, inside);
            interpolate(pixels, size.width + 2, &taps, &mut values);
            let columns = CHUNK.min(size.width - first);
            for (c, plane) in out.chunks_exact_mut(size.plane()).enumerate() {
                let row = &mut plane[y * size.width + first..][..columns];
                for (out, values) in row.iter_mut().zip(&values) {
                    *out = values[c];
                }
            }
        }
    }
}

/// Maps a position along a side of length `n` to the position from −1 to `n` that is shown there.
type Inside = fn(f32, f32) -> f32;

#[inline(always)]
fn inside_zero(v: f32, n: f32) -> f32 {
    // `max` comes first because it turns NaN into a number.
    v.max(-1.0).min(n)
}

#[inline(always)]
fn inside_nearest(v: f32, n: f32) -> f32 {
    v.max(0.0).min(n - 1.0)
}

#[inline(always)]
fn inside_reflect(v: f32, n: f32) -> f32 {
    // The mirrored image repeats every 2n pixels: fold the position into one period, then into one
    // half of it.
    let period = 2.0 * n;
    let t = (v + 0.5) / period;
    let whole = t as i32 as f32;
    let t = t - whole;
    let t = if t < 0.0 { t + 1.0 } else { t } * period;
    let t = if t > n { period - t } else { t };
    inside_nearest(t - 0.5, n)
}

/// Finds the source pixels of a chunk of columns in the framed image.
#[inline(always)]
unsafe fn locate(taps: &mut Taps, size: Size, start: [f32; 2], step: [f32; 2], inside: Inside) {
    let (width, height, framed_width) =
        (size.width as f32, size.height as f32, size.width as i32 + 2);
    for i in 0..CHUNK {
        let x = inside(start[0] + step[0] * i as f32, width) + 1.0;
        let y = inside(start[1] + step[1] * i as f32, height) + 1.0;
        // The values lie between 0 and the length of the side plus one, so the unchecked conversion
        // is safe.
        let left = x.to_int_unchecked::<i32>().min(size.width as i32);
        let top = y.to_int_unchecked::<i32>().min(size.height as i32);
        taps.at[i] = (top * framed_width + left) as u32;
        taps.across[i] = x - left as f32;
        taps.down[i] = y - top as f32;
    }
}

/// Interpolates between the four source pixels; rows of the framed image are `framed_width` pixels
/// long.
#[inline(always)]
unsafe fn interpolate(
    pixels: &[[f32; LANES]],
    framed_width: usize,
    taps: &Taps,
    out: &mut [[f32; LANES]; CHUNK],
) {
    for (i, out) in out.iter_mut().enumerate() {
        // The channels of a pair of pixels are one vector. Without `black_box`, LLVM may vectorise over the pairs instead, and
        // gather the channels one by one, which takes two to seven times as long.
        let upper = pixels.as_ptr().add(black_box(taps.at[i]) as usize);
        let [upper, lower] = [upper, upper.add(framed_width)]
            .map(|pair| pair.cast::<[f32; 2 * LANES]>().read_unaligned());
        let (across, down) = (taps.across[i], taps.down[i]);
        let mut pair = [0.0; 2 * LANES];
        for c in 0..2 * LANES {
            pair[c] = upper[c] + (lower[c] - upper[c]) * down;
        }
        for c in 0..LANES {
            out[c] = pair[c] + (pair[LANES + c] - pair[c]) * across;
        }
    }
}
