//! 2×2 max-pooling as the epilogue of a convolution.

use crate::simd::{Vector, load, load_bytes, store, store_bytes};

/// The largest of four values and its index (the first in a tie). With `relu` the value is at least
/// 0, and index 4 means that none was greater.
#[inline(always)]
pub(crate) unsafe fn largest<V: Vector>(values: [V; 4], relu: bool) -> (V, V) {
    let (mut best, mut index) = if relu {
        (V::splat(0.0), V::splat(4.0))
    } else {
        (V::splat(f32::NEG_INFINITY), V::splat(0.0))
    };
    for (i, value) in values.into_iter().enumerate() {
        let better = value.greater_or_nan(best);
        best = value.select(better, best);
        index = V::splat(i as f32).select(better, index);
    }
    (best, index)
}

/// Pools two rows of `columns` pixels into one row of half as many.
///
/// # Safety
/// `rows` must hold both rows, `columns` must be even, and `y` and `argmax` must have room for the
/// results.
#[inline(always)]
pub(crate) unsafe fn pool_rows<V: Vector>(
    rows: *const f32,
    columns: usize,
    channels: usize,
    relu: bool,
    y: *mut f32,
    argmax: *mut u8,
) {
    for x in 0..columns / 2 {
        for c in (0..channels).step_by(V::LANES) {
            let n = (channels - c).min(V::LANES);
            let mut values = [V::splat(0.0); 4];
            for (i, value) in values.iter_mut().enumerate() {
                *value = load::<V>(
                    rows.add((i / 2 * columns + 2 * x + i % 2) * channels + c),
                    n,
                );
            }
            let (best, index) = largest::<V>(values, relu);
            let at = x * channels + c;
            store::<V>(best, y.add(at), n);
            store_bytes::<V>(index, argmax.add(at), n);
        }
    }
}

/// Routes each gradient to the pixel that its value came from and sets the others to zero:
/// `[2 * rows, 2 * columns, channels]` from `[rows, columns, channels]`.
///
/// # Safety
/// The lengths of the slices must match.
#[inline(always)]
pub(crate) unsafe fn unpool_image<V: Vector>(
    gradient: &[f32],
    argmax: &[u8],
    [rows, columns]: [usize; 2],
    channels: usize,
    out: &mut [f32],
) {
    let out = out.as_mut_ptr();
    for pixel in 0..rows * columns {
        let (y, x) = (pixel / columns, pixel % columns);
        let to = out.add((4 * y * columns + 2 * x) * channels);
        for c in (0..channels).step_by(V::LANES) {
            let n = (channels - c).min(V::LANES);
            let at = pixel * channels + c;
            let g = load::<V>(gradient.as_ptr().add(at), n);
            let index = load_bytes::<V>(argmax.as_ptr().add(at), n);
            for i in 0..4 {
                let here = g.keep(index.equal(V::splat(i as f32)));
                store::<V>(
                    here,
                    to.add((i / 2 * 2 * columns + i % 2) * channels + c),
                    n,
                );
            }
        }
    }
}
