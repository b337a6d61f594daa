//! Passes over rows of channels in memory order.

use crate::simd::{Kernel, Vector};
use crate::threads;
use std::ops::Range;

/// A pass over rows in memory order. Processing a few columns of many rows at a time instead would
/// wait for every cache line.
pub(crate) trait RowPass {
    /// Processes `R` rows from `row` on, in the vector of `n` lanes at column `c`.
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize);
}

/// Runs `pass` over some rows.
#[inline(always)]
pub(crate) unsafe fn run_pass<V: Vector>(
    pass: &mut impl RowPass,
    rows: Range<usize>,
    channels: usize,
) {
    match INTERLEAVED_VALUES / channels {
        4.. => run_pass_blocks::<V, 4>(pass, rows, channels),
        2.. => run_pass_blocks::<V, 2>(pass, rows, channels),
        _ => run_pass_blocks::<V, 1>(pass, rows, channels),
    }
}

/// Runs a pass over all rows on all threads. The rows must be independent of each other.
#[inline(always)]
pub(crate) unsafe fn run_pass_shared<V: Vector>(
    pass: impl RowPass + Copy,
    rows: usize,
    channels: usize,
) {
    threads::run_ranges(rows, rows * channels, |rows| {
        V::outlined(RowRange {
            pass,
            rows,
            channels,
        })
    });
}

/// Cuts rows into chunks that are short enough to be summed in f32.
pub(crate) fn chunks(rows: Range<usize>, channels: usize) -> impl Iterator<Item = Range<usize>> {
    let step = moments_chunk_rows(channels);
    rows.clone()
        .step_by(step)
        .map(move |first| first..(first + step).min(rows.end))
}

/// Rows of such a chunk.
pub(crate) fn moments_chunk_rows(channels: usize) -> usize {
    (CHUNK / channels).clamp(32, 128)
}

/// Number of parts of the rows that are summed separately and then merged. It depends on the sizes
/// alone, so that the result does not depend on the number of threads.
pub(crate) fn parts(rows: usize, channels: usize) -> usize {
    (rows * channels / (8 * CHUNK)).clamp(1, 8.min(rows))
}

/// Values of the rows that are processed at a time: half of an L1 cache.
const CHUNK: usize = 4096;

/// Values in rows that are processed side by side. Per-channel values are then loaded once for all
/// of these rows and their sums do not wait for each other; but each row is a separate memory
/// stream, and the hardware prefetcher follows only a few.
const INTERLEAVED_VALUES: usize = 128;

#[inline(always)]
unsafe fn run_pass_blocks<V: Vector, const R: usize>(
    pass: &mut impl RowPass,
    rows: Range<usize>,
    channels: usize,
) {
    let end = rows.start + rows.len() / R * R;
    for row in (rows.start..end).step_by(R) {
        run_pass_columns::<V, R>(pass, row, channels);
    }
    for row in end..rows.end {
        run_pass_columns::<V, 1>(pass, row, channels);
    }
}

#[inline(always)]
unsafe fn run_pass_columns<V: Vector, const R: usize>(
    pass: &mut impl RowPass,
    row: usize,
    channels: usize,
) {
    let whole = channels / V::LANES * V::LANES;
    for c in (0..whole).step_by(V::LANES) {
        pass.block::<V, R>(row, c, V::LANES);
    }
    if whole < channels {
        pass.block::<V, R>(row, whole, channels - whole);
    }
}

struct RowRange<P> {
    pass: P,
    rows: Range<usize>,
    channels: usize,
}

impl<P: RowPass> Kernel for RowRange<P> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        run_pass::<V>(&mut self.pass, self.rows, self.channels);
        V::stream_fence();
    }
}
