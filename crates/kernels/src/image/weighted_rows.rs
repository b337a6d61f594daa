//! Weighted sums of rows of bytes, of which resizing an image consists.

use crate::simd::{Kernel, Vector, dispatch, load_bytes, store};

/// Vectors that are summed at a time: enough to hide the latency of an addition.
const VECTORS: usize = 4;

/// `out[x] = Σ weights[i] * bytes[i * stride + x]` over all rows `i`, in their order.
///
/// Each product and each sum is rounded, so that the result is the same on every processor.
///
/// # Panics
/// If `bytes` has fewer rows than there are weights, or a row is longer than `stride`.
pub fn weighted_rows(bytes: &[u8], stride: usize, weights: &[f32], out: &mut [f32]) {
    let (rows, width) = (weights.len(), out.len());
    assert!(width <= stride, "{width} values in rows of {stride}");
    assert!(
        rows == 0 || bytes.len() >= (rows - 1) * stride + width,
        "{rows} rows of {stride} in {} bytes",
        bytes.len()
    );
    let sums = WeightedRows {
        bytes,
        stride,
        weights,
        out,
    };
    // SAFETY: all rows lie within the bytes, as checked above.
    unsafe { dispatch(sums) }
}

struct WeightedRows<'a> {
    bytes: &'a [u8],
    stride: usize,
    weights: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for WeightedRows<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let width = self.out.len();
        let block = VECTORS * V::LANES;
        let whole = width - width % block;
        for x in (0..whole).step_by(block) {
            let mut sums = [V::splat(0.0); VECTORS];
            for (i, weight) in self.weights.iter().enumerate() {
                let row = self.bytes.as_ptr().add(i * self.stride + x);
                let weight = V::splat(*weight);
                for j in 0..VECTORS {
                    let values = V::load_bytes(row.add(j * V::LANES));
                    sums[j] = sums[j].add(values.mul(weight));
                }
            }
            for j in 0..VECTORS {
                sums[j].store(self.out.as_mut_ptr().add(x + j * V::LANES));
            }
        }
        for x in (whole..width).step_by(V::LANES) {
            let n = (width - x).min(V::LANES);
            let mut sum = V::splat(0.0);
            for (i, weight) in self.weights.iter().enumerate() {
                let row = self.bytes.as_ptr().add(i * self.stride + x);
                let values = load_bytes::<V>(row, n);
                sum = sum.add(values.mul(V::splat(*weight)));
            }
            store::<V>(sum, self.out.as_mut_ptr().add(x), n);
        }
    }
}
