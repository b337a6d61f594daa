//! Helpers that `dots` and `outer` share: addressing of vectors within panels, and the cutting of
//! rows into register blocks.

use crate::simd::{PANEL, Vector};

/// Offset of vector `j` from the first one, where panels are `panel` values apart.
#[inline(always)]
pub(crate) fn vector<V: Vector>(j: usize, panel: usize) -> usize {
    j * V::LANES / PANEL * panel + j * V::LANES % PANEL
}

/// Lanes of vector `j` that lie within `n` columns.
#[inline(always)]
pub(crate) fn lanes<V: Vector>(n: usize, j: usize) -> usize {
    n.saturating_sub(j * V::LANES).min(V::LANES)
}

/// Rows of the next register block when `left` rows remain: as many as the registers hold, but two
/// halves rather than a last block so small that its sums would wait for each other.
#[inline(always)]
pub(crate) fn block_rows(left: usize, max_rows: usize) -> usize {
    if left == max_rows || left > max_rows + 2 {
        max_rows
    } else if left > max_rows {
        left.div_ceil(2)
    } else {
        left
    }
}

/// Runs `$block!(rows)` for the next block of `$left` rows. Blocks larger than `$max_rows`, a
/// constant, are not compiled.
macro_rules! next_block {
    ($left:expr, $max_rows:expr, $block:ident) => {
        match block_rows($left, $max_rows) {
            12.. if $max_rows >= 12 => $block!(12),
            11 if $max_rows >= 11 => $block!(11),
            10 if $max_rows >= 10 => $block!(10),
            9 if $max_rows >= 9 => $block!(9),
            8 if $max_rows >= 8 => $block!(8),
            7 if $max_rows >= 7 => $block!(7),
            6.. => $block!(6),
            5 => $block!(5),
            4 => $block!(4),
            3 => $block!(3),
            2 => $block!(2),
            _ => $block!(1),
        }
    };
}

pub(crate) use next_block;
