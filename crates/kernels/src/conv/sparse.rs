//! The weights' gradient behind pooling: of each 2×2 block one pixel at most has a gradient, so that a quarter of the definition's
//! products is enough.
//!
//! Windows are laid out as rows of vectors (`im2col`), a pooled row at a time; each filter's sum stays in registers over it.

use super::ConvShape;
use super::taps::Family;
use crate::buffer::Buffer;
use crate::simd::Vector;

/// Vectors of a filter's sum that are kept in registers.
const KEPT: usize = 4;

/// Sums up over images; for convolutions without groups.
pub(super) struct PooledSums<'a> {
    shape: &'a ConvShape,
    family: &'a Family,
    columns: usize,
    /// Window length, in whole vectors.
    length: usize,
    /// One window of zeros and those of two rows of pixels.
    windows: Buffer,
    /// `[filter, length]`
    sums: Vec<f32>,
}

impl<'a> PooledSums<'a> {
    pub(super) fn new<V: Vector>(shape: &'a ConvShape, family: &'a Family, columns: usize) -> Self {
        let length = (family.taps.len() * family.run).div_ceil(KEPT * V::LANES) * KEPT * V::LANES;
        let windows = Buffer::zeros((2 * columns + 1) * length);
        PooledSums { shape, family, columns, length, windows, sums: vec![0.0; shape.filters * length] }
    }

    /// Adds one image: its bordered input and the gradient and places of its pooled output.
    ///
    /// # Safety
    /// The slices and the image have the sizes that the shape says.
    #[inline(always)]
    pub(super) unsafe fn add<V: Vector>(&mut self, x: *const f32, gradient: &[f32], places: &[u8]) {
        let row = self.columns / 2 * self.shape.filters;
        for (y, (gradient, places)) in gradient.chunks_exact(row).zip(places.chunks_exact(row)).enumerate() {
            let pixels = 2 * y * self.columns..(2 * y + 2) * self.columns;
            self.lay_out::<V>(x, pixels);
            for filter in 0..self.shape.filters {
                for part in (0..self.length).step_by(KEPT * V::LANES) {
                    self.row::<V>(gradient, places, filter, part);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn lay_out<V: Vector>(&mut self, x: *const f32, pixels: std::ops::Range<usize>) {
        let run = self.family.run;
        for (i, &input) in self.family.inputs[pixels].iter().enumerate() {
            let mut to = self.windows.as_mut_ptr().add((i + 1) * self.length);
            for &tap in &self.family.taps {
                let from = x.add(input + tap);
                let whole = run / V::LANES * V::LANES;
                for k in (0..whole).step_by(V::LANES) {
                    V::load(from.add(k)).store(to.add(k));
                }
                for k in whole..run {
                    *to.add(k) = *from.add(k);
                }
                to = to.add(run);
            }
        }
    }

    /// One filter's part of a row of pooled pixels, two at a time so that sums do not wait for each other.
    #[inline(always)]
    unsafe fn row<V: Vector>(&mut self, gradient: &[f32], places: &[u8], filter: usize, part: usize) {
        let (filters, length) = (self.shape.filters, self.length);
        let sums = self.sums.as_mut_ptr().add(filter * length + part);
        let windows = self.windows.as_ptr().add(part);
        // Without a place the window of zeros counts.
        let corner = [1, 2, self.columns + 1, self.columns + 2, 0].map(|window| window * length);
        let (gradient, places) = (gradient.as_ptr().add(filter), places.as_ptr().add(filter));
        let mut even = [V::splat(0.0); KEPT];
        let mut odd = [V::splat(0.0); KEPT];
        for k in 0..KEPT {
            even[k] = V::load(sums.add(k * V::LANES));
        }
        let pixels = self.columns / 2;
        macro_rules! add {
            ($kept:ident, $pixel:expr) => {{
                let place = usize::from(*places.add($pixel * filters));
                // No branch: it would be foretold wrongly at every other pixel.
                let from = usize::from(place < 4) * 2 * $pixel * length + *corner.get_unchecked(place);
                let g = V::splat(*gradient.add($pixel * filters));
                for k in 0..KEPT {
                    $kept[k] = g.fma(V::load(windows.add(from + k * V::LANES)), $kept[k]);
                }
            }};
        }
        for pair in 0..pixels / 2 {
            add!(even, 2 * pair);
            add!(odd, 2 * pair + 1);
        }
        if pixels % 2 == 1 {
            add!(even, pixels - 1);
        }
        for k in 0..KEPT {
            even[k].add(odd[k]).store(sums.add(k * V::LANES));
        }
    }

    /// The weights' gradient.
    pub(super) fn weights(&self) -> Vec<f32> {
        let (channels, [kh, kw]) = (self.shape.channels, self.shape.kernel);
        let mut weight = vec![0.0; self.shape.weight_len()];
        for (filter, sums) in self.sums.chunks_exact(self.length).enumerate() {
            for (t, &[ky, kx]) in self.family.kernel.iter().enumerate() {
                for c in 0..channels {
                    weight[((filter * channels + c) * kh + ky) * kw + kx] = sums[t * channels + c];
                }
            }
        }
        weight
    }
}
