//! Padding and cutting in one step, as a shifted copy.

use super::types::{BorderMode, Pixel, Size};

/// Cuts `size` out of `source` padded without end by `fill`:
/// `out(x, y) = source(x + left, y + top)`.
///
/// Padding by `pad` pixels and cutting at a place in `0..=2 * pad` is a `left`, `top` of that place
/// less `pad`.
///
/// # Panics
/// Where `source` or `out` is not of `size`.
pub fn crop<T: Pixel>(
    source: &[T],
    size: Size,
    left: i64,
    top: i64,
    fill: BorderMode,
    out: &mut [f32],
) {
    size.check("source", source.len());
    size.check("out", out.len());
    for (from, to) in source
        .chunks_exact(size.plane())
        .zip(out.chunks_exact_mut(size.plane()))
    {
        for (y, row) in to.chunks_exact_mut(size.width).enumerate() {
            match inside(y as i64 + top, size.height, fill) {
                Some(y) => copy_row(&from[y * size.width..][..size.width], left, fill, row),
                None => row.fill(0.0),
            }
        }
    }
}

/// One row, its middle part as a straight copy.
fn copy_row<T: Pixel>(source: &[T], left: i64, fill: BorderMode, out: &mut [f32]) {
    let n = source.len();
    let begin = (-left).clamp(0, n as i64) as usize;
    let end = (n as i64 - left).clamp(begin as i64, n as i64) as usize;
    let shifted = (begin as i64 + left).clamp(0, n as i64) as usize;
    for (out, value) in out[begin..end].iter_mut().zip(&source[shifted..]) {
        *out = value.float();
    }
    for x in (0..begin).chain(end..n) {
        out[x] = inside(x as i64 + left, n, fill).map_or(0.0, |x| source[x].float());
    }
}

/// The pixel of a side of length `n` that stands at place `at`; none where that is fill.
fn inside(at: i64, n: usize, fill: BorderMode) -> Option<usize> {
    let n = n as i64;
    if (0..n).contains(&at) {
        return Some(at as usize);
    }
    match fill {
        BorderMode::Zero => None,
        BorderMode::Nearest => Some(at.clamp(0, n - 1) as usize),
        BorderMode::Reflect => {
            let folded = at.rem_euclid(2 * n);
            Some(folded.min(2 * n - 1 - folded) as usize)
        }
    }
}
