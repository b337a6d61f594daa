//! Element-wise operations on gradients: the ReLU mask and sums over rows.

use crate::simd::{Vector, load, load_bytes, store};

/// Writes `gradient` where `output` is greater than zero, and zero elsewhere.
///
/// # Safety
/// The slices must have equal lengths.
#[inline(always)]
pub(crate) unsafe fn mask_by_output<V: Vector>(gradient: &[f32], output: &[f32], out: &mut [f32]) {
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
/// The length of `rows` must be a multiple of the length of `sums`.
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

/// Adds each row of `rows` to `sums`, skipping values that ReLU set to zero (those with `argmax`
/// 4).
///
/// # Safety
/// `rows` and `argmax` must have equal lengths, a multiple of the length of `sums`.
#[inline(always)]
pub(crate) unsafe fn add_active_rows<V: Vector>(rows: &[f32], argmax: &[u8], sums: &mut [f32]) {
    let width = sums.len();
    for c in (0..width).step_by(V::LANES) {
        let n = (width - c).min(V::LANES);
        let mut sum = load::<V>(sums.as_ptr().add(c), n);
        for at in (c..rows.len()).step_by(width) {
            let active = V::splat(4.0).greater(load_bytes::<V>(argmax.as_ptr().add(at), n));
            sum = sum.add(load::<V>(rows.as_ptr().add(at), n).keep(active));
        }
        store::<V>(sum, sums.as_mut_ptr().add(c), n);
    }
}
