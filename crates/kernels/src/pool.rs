//! Element-wise parts of the kernels: max-pooling of 2×2 blocks, masks, sums of rows.

use crate::block::{load, store};
use crate::simd::Vector;

/// Largest of four values and which it was (the first of equals); with `relu` the value is at least
/// 0, and 4 stands for none.
#[inline(always)]
pub(crate) unsafe fn largest<V: Vector>(values: [V; 4], relu: bool) -> (V, V) {
    let (mut best, mut place) = if relu {
        (V::splat(0.0), V::splat(4.0))
    } else {
        (V::splat(f32::NEG_INFINITY), V::splat(0.0))
    };
    for (i, value) in values.into_iter().enumerate() {
        let better = value.greater_or_nan(best);
        best = value.select(better, best);
        place = V::splat(i as f32).select(better, place);
    }
    (best, place)
}

/// Two rows of `columns` pixels to one of half as many.
///
/// # Safety
/// `rows` holds them; `columns` is even; `y` and `places` have room for the results.
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
            let (best, place) = largest::<V>(values, relu);
            let at = x * channels + c;
            store::<V>(best, y.add(at), n);
            store_bytes::<V>(place, argmax.add(at), n);
        }
    }
}

/// Puts each gradient where its value came from and zero elsewhere:
/// `[2 * rows, 2 * columns, channels]` from `[rows, columns, channels]`.
///
/// # Safety
/// The slices have these sizes.
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
            let place = load_bytes::<V>(argmax.as_ptr().add(at), n);
            for i in 0..4 {
                let here = g.keep(place.equal(V::splat(i as f32)));
                store::<V>(
                    here,
                    to.add((i / 2 * 2 * columns + i % 2) * channels + c),
                    n,
                );
            }
        }
    }
}

#[inline(always)]
pub(crate) unsafe fn load_bytes<V: Vector>(from: *const u8, n: usize) -> V {
    if n == V::LANES {
        return V::load_bytes(from);
    }
    let mut bytes = [0; 64];
    std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), n);
    V::load_bytes(bytes.as_ptr())
}

#[inline(always)]
pub(crate) unsafe fn store_bytes<V: Vector>(value: V, to: *mut u8, n: usize) {
    if n == V::LANES {
        return value.store_bytes(to);
    }
    let mut bytes = [0; 64];
    value.store_bytes(bytes.as_mut_ptr());
    std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, n);
}

/// `gradient` where `output` is greater than zero, else zero.
///
/// # Safety
/// The slices are of equal length.
#[inline(always)]
pub(crate) unsafe fn mask<V: Vector>(gradient: &[f32], output: &[f32], out: &mut [f32]) {
    for i in (0..out.len()).step_by(V::LANES) {
        let n = (out.len() - i).min(V::LANES);
        let g = load::<V>(gradient.as_ptr().add(i), n);
        let y = load::<V>(output.as_ptr().add(i), n);
        store::<V>(g.keep(y.greater(V::splat(0.0))), out.as_mut_ptr().add(i), n);
    }
}

/// Adds each row of `rows` to `sums`.
///
/// # Safety
/// The length of `rows` is a multiple of that of `sums`.
#[inline(always)]
pub(crate) unsafe fn add_rows<V: Vector>(rows: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    for c in (0..width).step_by(V::LANES) {
        let n = (width - c).min(V::LANES);
        let mut sum = [load::<V>(sums.as_ptr().add(c), n), V::splat(0.0)];
        for (i, row) in rows.chunks_exact(width).enumerate() {
            sum[i % 2] = sum[i % 2].add(load::<V>(row.as_ptr().add(c), n));
        }
        store::<V>(sum[0].add(sum[1]), sums.as_mut_ptr().add(c), n);
    }
}

/// Adds each row of `rows` to `sums`, without the values whose place says that ReLU made them zero.
///
/// # Safety
/// The length of `rows` is that of `places` and a multiple of that of `sums`.
#[inline(always)]
pub(crate) unsafe fn add_placed_rows<V: Vector>(rows: &[f32], argmax: &[u8], sums: &mut [f32]) {
    let width = sums.len();
    for c in (0..width).step_by(V::LANES) {
        let n = (width - c).min(V::LANES);
        let mut sum = load::<V>(sums.as_ptr().add(c), n);
        for at in (c..rows.len()).step_by(width) {
            let placed = V::splat(4.0).greater(load_bytes::<V>(argmax.as_ptr().add(at), n));
            sum = sum.add(load::<V>(rows.as_ptr().add(at), n).keep(placed));
        }
        store::<V>(sum, sums.as_mut_ptr().add(c), n);
    }
}
