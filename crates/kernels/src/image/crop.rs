//! Padding and cropping in one step, as a shifted copy.

use super::types::{BorderMode, Pixel, Size};

/// Crops `size` pixels out of `source`, which `border` extends infinitely:
/// `out(x, y) = source(x + left, y + top)`.
///
/// Padding by `pad` pixels and cropping at a position in `0..=2 * pad` corresponds to a `left` or
/// `top` of that position minus `pad`.
///
/// # Panics
/// If the length of `source` or `out` does not match `size`.
pub fn crop<T: Pixel>(
    source: &[T],
    size: Size,
    left: i64,
    top: i64,
    border: BorderMode,
    out: &mut [f32],
) {
    size.check("source", source.len());
    size.check("out", out.len());
    for (from, to) in source
        .chunks_exact(size.plane())
        .zip(out.chunks_exact_mut(size.plane()))
    {
        for (y, row) in to.chunks_exact_mut(size.width).enumerate() {
            match inside(y as i64 + top, size.height, border) {
                Some(y) => copy_row(&from[y * size.width..][..size.width], left, border, row),
                None => row.fill(0.0),
            }
        }
    }
}

/// Copies one row; the part within the source is a plain copy.
fn copy_row<T: Pixel>(source: &[T], left: i64, border: BorderMode, out: &mut [f32]) {
    let n = source.len();
    let begin = (-left).clamp(0, n as i64) as usize;
    let end = (n as i64 - left).clamp(begin as i64, n as i64) as usize;
    let shifted = (begin as i64 + left).clamp(0, n as i64) as usize;
    for (out, value) in out[begin..end].iter_mut().zip(&source[shifted..]) {
        *out = value.float();
    }
    for x in (0..begin).chain(end..n) {
        out[x] = inside(x as i64 + left, n, border).map_or(0.0, |x| source[x].float());
    }
}

/// The pixel of a side of length `n` that is shown at position `at`; none if that is zero.
fn inside(at: i64, n: usize, border: BorderMode) -> Option<usize> {
    let n = n as i64;
    if (0..n).contains(&at) {
        return Some(at as usize);
    }
    match border {
        BorderMode::Zero => None,
        BorderMode::Nearest => Some(at.clamp(0, n - 1) as usize),
        BorderMode::Reflect => {
            let folded = at.rem_euclid(2 * n);
            Some(folded.min(2 * n - 1 - folded) as usize)
        }
    }
}
