//! Mean and variance of each channel, in one pass over the values.

use super::parameters::{ChannelMoments, check_rows};
use super::row_pass::{RowPass, chunks, parts, run_pass};
use crate::buffer::Buffer;
use crate::simd::{Kernel, Vector, dispatch, load, store};
use crate::threads::{self, task_range};
use std::ops::Range;

/// Mean and variance of each channel of `x` (`[rows, channels]`).
///
/// Each chunk of rows is summed relative to its first row, and the chunks are merged in f64 (Chan,
/// Golub and LeVeque 1983), so that a mean far from zero costs no precision.
///
/// # Panics
/// If `x` is empty or not a whole number of rows.
pub fn moments(x: &[f32], channels: usize) -> ChannelMoments {
    check_rows(x, channels);
    // SAFETY: the size was checked above; `dispatch` only uses instructions that this CPU supports.
    unsafe { dispatch(MomentsKernel { x, channels }) }
}

/// Merges the mean and the summed squared distance from it of `rows` more rows into `accumulated`,
/// which holds those of the `before` rows before them, for each channel. The rows start at `x` and,
/// unless `to` is null, are also copied to `to`, past the caches. They are processed in chunks, so
/// the bits of the result depend on where the rows are split, except at multiples of
/// [`moments_chunk_rows`](super::moments_chunk_rows).
///
/// # Safety
/// The rows must exist. A non-null `to` must have room for them and be aligned for vectors, and a
/// row must then be a whole number of vectors.
#[inline(always)]
pub(crate) unsafe fn accumulate_moments<V: Vector>(
    (x, to): (*const f32, *mut f32),
    [before, rows]: [usize; 2],
    channels: usize,
    accumulated: &mut [[f64; 2]],
) {
    let mut chunk_sums = Buffer::new(2 * channels);
    let (sums, squares) = chunk_sums.split_at_mut(channels);
    for chunk in chunks(0..rows, channels) {
        let (first, count) = (chunk.start, chunk.len());
        sums.fill(0.0);
        squares.fill(0.0);
        let from = x.add(first * channels);
        let (sums_at, squares_at) = (sums.as_mut_ptr(), squares.as_mut_ptr());
        run_pass::<V>(
            &mut MomentsPass {
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
        for (c, accumulated) in accumulated.iter_mut().enumerate() {
            let [sum, square] = [sums[c], squares[c]].map(f64::from);
            let new = [
                f64::from(*from.add(c)) + sum * share,
                square - sum * sum * share,
            ];
            merge_moments(accumulated, new, [before + first, count]);
        }
    }
}

/// Merges the moments of single images, of `rows` rows each, into those of the batch.
pub(crate) fn merge_image_moments(images: &[Vec<[f64; 2]>], rows: usize) -> ChannelMoments {
    let mut accumulated = vec![[0.0; 2]; images.first().map_or(0, Vec::len)];
    for (i, image) in images.iter().enumerate() {
        for (accumulated, &new) in accumulated.iter_mut().zip(image) {
            merge_moments(accumulated, new, [i * rows, rows]);
        }
    }
    moments_from_sums(&accumulated, images.len() * rows)
}

pub(crate) struct MomentsKernel<'a> {
    pub x: &'a [f32],
    pub channels: usize,
}

impl Kernel for MomentsKernel<'_> {
    type Output = ChannelMoments;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ChannelMoments {
        let MomentsKernel { x, channels } = self;
        let rows = x.len() / channels;
        let parts = parts(rows, channels);
        let run_part = |i| {
            V::outlined(MomentsPart {
                x,
                channels,
                rows: task_range(rows, parts, i),
            })
        };
        let mut accumulated = vec![[0.0; 2]; channels];
        for (i, new) in threads::collect_tasks(parts, run_part)
            .into_iter()
            .enumerate()
        {
            let Range { start, end } = task_range(rows, parts, i);
            for (accumulated, new) in accumulated.iter_mut().zip(new) {
                merge_moments(accumulated, new, [start, end - start]);
            }
        }
        moments_from_sums(&accumulated, rows)
    }
}

/// Mean and summed squared distance from it of each channel, over some of the rows.
struct MomentsPart<'a> {
    x: &'a [f32],
    channels: usize,
    rows: Range<usize>,
}

impl Kernel for MomentsPart<'_> {
    type Output = Vec<[f64; 2]>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<[f64; 2]> {
        let MomentsPart { x, channels, rows } = self;
        let mut accumulated = vec![[0.0; 2]; channels];
        let x = x.as_ptr().add(rows.start * channels);
        accumulate_moments::<V>(
            (x, std::ptr::null_mut()),
            [0, rows.len()],
            channels,
            &mut accumulated,
        );
        accumulated
    }
}

/// Sums over a chunk of the distances from its first row, and of their squares. One pass suffices,
/// and a mean far from zero costs no precision.
struct MomentsPass {
    x: *const f32,
    /// Where the rows are copied past the caches as whole, aligned vectors, or null.
    to: *mut f32,
    channels: usize,
    /// The chunk's first row.
    from: *const f32,
    sums: *mut f32,
    squares: *mut f32,
}

impl RowPass for MomentsPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let from = load::<V>(self.from.add(c), n);
        let (mut sum, mut square) = (V::splat(0.0), V::splat(0.0));
        for r in row..row + R {
            let at = r * self.channels + c;
            let value = load::<V>(self.x.add(at), n);
            let deviation = value.sub(from);
            sum = sum.add(deviation);
            square = deviation.fma(deviation, square);
            if !self.to.is_null() {
                value.stream(self.to.add(at));
            }
        }
        for (to, new) in [(self.sums.add(c), sum), (self.squares.add(c), square)] {
            store::<V>(load::<V>(to, n).add(new), to, n);
        }
    }
}

fn moments_from_sums(accumulated: &[[f64; 2]], rows: usize) -> ChannelMoments {
    let mean = accumulated.iter().map(|m| m[0] as f32).collect();
    ChannelMoments {
        mean,
        variance: accumulated
            .iter()
            .map(|m| (m[1] / rows as f64) as f32)
            .collect(),
    }
}

/// Merges mean and summed squared distance of two groups of rows, whose sizes are `[before, new]`.
#[inline(always)]
fn merge_moments(accumulated: &mut [f64; 2], new: [f64; 2], rows: [usize; 2]) {
    let [before, count] = rows.map(|n| n as f64);
    let (deviation, share) = (new[0] - accumulated[0], count / (before + count));
    accumulated[0] += deviation * share;
    accumulated[1] += new[1] + deviation * deviation * before * share;
}
