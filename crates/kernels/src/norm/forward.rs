//! Moments, and the normalisation by them.

use super::{Moments, Norm, Pass, chunks, factors, over, parts, share_rows};
use crate::block::{load, store, streams};
use crate::buffer::Buffer;
use crate::simd::{Kernel, Vector};
use crate::threads::{self, part};
use std::ops::Range;

pub(super) struct Gather<'a> {
    pub x: &'a [f32],
    pub channels: usize,
}

/// Sums of a chunk, and of the squares, of the distances from its first row: one pass, and no
/// digits lost to a mean far from zero.
struct GatherPass {
    x: *const f32,
    /// Where the rows go past the caches, whole vectors that are aligned there; null for nowhere.
    to: *mut f32,
    channels: usize,
    /// The chunk's first row.
    from: *const f32,
    sums: *mut f32,
    squares: *mut f32,
}

impl Pass for GatherPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let from = load::<V>(self.from.add(c), n);
        let (mut sum, mut square) = (V::splat(0.0), V::splat(0.0));
        for r in row..row + R {
            let at = r * self.channels + c;
            let value = load::<V>(self.x.add(at), n);
            let apart = value.sub(from);
            sum = sum.add(apart);
            square = apart.fma(apart, square);
            if !self.to.is_null() {
                value.stream(self.to.add(at));
            }
        }
        for (to, new) in [(self.sums.add(c), sum), (self.squares.add(c), square)] {
            store::<V>(load::<V>(to, n).add(new), to, n);
        }
    }
}

impl Kernel for Gather<'_> {
    type Output = Moments;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Moments {
        let Gather { x, channels } = self;
        let rows = x.len() / channels;
        let parts = parts(rows, channels);
        let of_part = |i| {
            V::apart(GatherPart {
                x,
                channels,
                rows: part(rows, parts, i),
            })
        };
        let mut found = vec![[0.0; 2]; channels];
        for (i, new) in threads::collect(parts, of_part).into_iter().enumerate() {
            let Range { start, end } = part(rows, parts, i);
            found
                .iter_mut()
                .zip(new)
                .for_each(|(found, new)| join(found, new, [start, end - start]));
        }
        moments(&found, rows)
    }
}

/// Mean and summed squared distance of each channel over some rows.
struct GatherPart<'a> {
    x: &'a [f32],
    channels: usize,
    rows: Range<usize>,
}

impl Kernel for GatherPart<'_> {
    type Output = Vec<[f64; 2]>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<[f64; 2]> {
        let GatherPart { x, channels, rows } = self;
        let mut found = vec![[0.0; 2]; channels];
        let x = x.as_ptr().add(rows.start * channels);
        gather::<V>(
            (x, std::ptr::null_mut()),
            [0, rows.len()],
            channels,
            &mut found,
        );
        found
    }
}

/// Joins mean and summed squared distance of each channel over `[before, rows]` to what was `found`
/// in the rows before them. The rows begin at the first place and are copied past the caches to the
/// second, unless that is null; they are cut into chunks, so that what is found depends on where,
/// unless that is at a multiple of [`super::gather_step`].
///
/// # Safety
/// The rows are there, and what is given to copy them to has room and is aligned for vectors, of
/// which a row is a whole number.
#[inline(always)]
pub(crate) unsafe fn gather<V: Vector>(
    (x, to): (*const f32, *mut f32),
    [before, rows]: [usize; 2],
    channels: usize,
    found: &mut [[f64; 2]],
) {
    let mut of_chunk = Buffer::new(2 * channels);
    let (sums, squares) = of_chunk.split_at_mut(channels);
    for chunk in chunks(0..rows, channels) {
        let (first, count) = (chunk.start, chunk.len());
        sums.fill(0.0);
        squares.fill(0.0);
        let from = x.add(first * channels);
        let (sums_at, squares_at) = (sums.as_mut_ptr(), squares.as_mut_ptr());
        over::<V>(
            &mut GatherPass {
                x,
                to,
                channels,
                from,
                sums: sums_at,
                squares: squares_at,
            },
            chunk,
            channels,
        );
        let share = 1.0 / count as f64;
        for (c, found) in found.iter_mut().enumerate() {
            let [sum, square] = [sums[c], squares[c]].map(f64::from);
            let new = [
                f64::from(*from.add(c)) + sum * share,
                square - sum * sum * share,
            ];
            join(found, new, [before + first, count]);
        }
    }
}

/// The moments of all images from what was gathered of each, `rows` rows an image.
pub(crate) fn join_images(images: &[Vec<[f64; 2]>], rows: usize) -> Moments {
    let mut found = vec![[0.0; 2]; images.first().map_or(0, Vec::len)];
    for (i, image) in images.iter().enumerate() {
        found
            .iter_mut()
            .zip(image)
            .for_each(|(found, &new)| join(found, new, [i * rows, rows]));
    }
    moments(&found, images.len() * rows)
}

fn moments(found: &[[f64; 2]], rows: usize) -> Moments {
    let mean = found.iter().map(|m| m[0] as f32).collect();
    Moments {
        mean,
        variance: found.iter().map(|m| (m[1] / rows as f64) as f32).collect(),
    }
}

/// Joins mean and summed squared distance of `[before, new]` rows.
#[inline(always)]
fn join(found: &mut [f64; 2], new: [f64; 2], rows: [usize; 2]) {
    let [before, count] = rows.map(|n| n as f64);
    let (apart, share) = (new[0] - found[0], count / (before + count));
    found[0] += apart * share;
    found[1] += new[1] + apart * apart * before * share;
}

pub(super) struct Apply<'a> {
    pub norm: &'a Norm<'a>,
    pub x: &'a [f32],
    pub summand: Option<&'a [f32]>,
}

#[derive(Clone, Copy)]
struct ApplyPass {
    x: *const f32,
    /// Null for none.
    summand: *const f32,
    y: *mut f32,
    mean: *const f32,
    factor: *const f32,
    shift: *const f32,
    relu: bool,
    /// Whether the results go past the caches, whole vectors that are aligned there.
    stream: bool,
    channels: usize,
}

impl Pass for ApplyPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let [mean, factor, shift] =
            [self.mean, self.factor, self.shift].map(|values| load::<V>(values.add(c), n));
        let least = V::splat(if self.relu { 0.0 } else { f32::NEG_INFINITY });
        for r in row..row + R {
            let at = r * self.channels + c;
            let apart = load::<V>(self.x.add(at), n).sub(mean);
            let mut y = apart.fma(factor, shift);
            if !self.summand.is_null() {
                y = y.add(load::<V>(self.summand.add(at), n));
            }
            let (y, to) = (y.at_least(least), self.y.add(at));
            if self.stream {
                y.stream(to)
            } else {
                store::<V>(y, to, n)
            }
        }
    }
}

impl Kernel for Apply<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let Apply { norm, x, summand } = self;
        let channels = norm.scale.len();
        let factor: Vec<f32> = factors(norm);
        let mut y: Vec<f32> = Vec::with_capacity(x.len());
        let pass = ApplyPass {
            x: x.as_ptr(),
            summand: summand.map_or(std::ptr::null(), <[f32]>::as_ptr),
            y: y.as_mut_ptr(),
            mean: norm.moments.mean.as_ptr(),
            factor: factor.as_ptr(),
            shift: norm.shift.as_ptr(),
            relu: norm.relu,
            stream: streams::<V>(y.as_ptr(), x.len(), channels),
            channels,
        };
        share_rows::<V>(pass, x.len() / channels, channels);
        y.set_len(x.len());
        y
    }
}
