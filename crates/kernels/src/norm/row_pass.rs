//! Work on rows of channels that goes through memory in its order.

use crate::simd::{Kernel, Vector};
use crate::threads;
use std::ops::Range;

/// Work on rows that goes through memory in its order: a pass that took some columns of many rows
/// at a time would wait for each line of them.
pub(crate) trait RowPass {
    /// `R` rows from `row` on, the vector of `n` lanes at column `c`.
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

/// Runs a pass whose rows have nothing to do with each other over all of them.
#[inline(always)]
pub(crate) unsafe fn run_pass_shared<V: Vector>(
    pass: impl RowPass + Copy,
    rows: usize,
    channels: usize,
) {
    threads::run_ranges(rows, rows * channels, |rows| {
        V::outlined(SomeRows {
            pass,
            rows,
            channels,
        })
    });
}

/// The rows in chunks whose sums are exact enough in f32.
pub(crate) fn chunks(rows: Range<usize>, channels: usize) -> impl Iterator<Item = Range<usize>> {
    let step = moments_chunk_rows(channels);
    rows.clone()
        .step_by(step)
        .map(move |first| first..(first + step).min(rows.end))
}

/// Rows of a chunk.
pub(crate) fn moments_chunk_rows(channels: usize) -> usize {
    (CHUNK / channels).clamp(32, 128)
}

/// Parts of the rows that are summed up one by one and then joined: by the sizes alone, so that
/// bits do not depend on threads.
pub(crate) fn parts(rows: usize, channels: usize) -> usize {
    (rows * channels / (8 * CHUNK)).clamp(1, 8.min(rows))
}

/// Values of the rows that are worked on at once: half of a first-level cache.
const CHUNK: usize = 4096;

/// Values of rows that are gone through side by side: what is the same for all rows is loaded once
/// for them, and their sums do not wait for each other; but each is a place of its own in memory,
/// of which few can be followed.
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

struct SomeRows<P> {
    pass: P,
    rows: Range<usize>,
    channels: usize,
}

impl<P: RowPass> Kernel for SomeRows<P> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        run_pass::<V>(&mut self.pass, self.rows, self.channels);
        V::stream_fence();
    }
}
