//! The weights' gradient behind pooling: of each 2×2 block one pixel at most has a gradient, so
//! that a quarter of the definition's products is enough.
//!
//! Windows are laid out as rows of vectors (`im2col`), a pooled row at a time; each filter's sum
//! stays in registers over it.

use super::shape::ConvShape;
use super::windows::WindowSet;
use crate::buffer::Buffer;
use crate::simd::Vector;

/// Values of a filter's sum that are kept in registers.
const KEPT: usize = 32;

/// Values of the windows that are laid out at once: half of a first-level cache.
const LAID_OUT: usize = 4096;

/// Sums up over images; for convolutions without groups.
pub(crate) struct PooledSums<'a> {
    shape: &'a ConvShape,
    windows: &'a WindowSet,
    /// TileWindow length, in whole blocks of kept vectors.
    length: usize,
    /// Pixels before pooling that are laid out at once: some pairs of rows.
    pixels: usize,
    /// One window of zeros and those of the pixels.
    im2col: Buffer,
    /// Where the window of each pooled pixel's first pixel is.
    bases: Vec<usize>,
    /// From there to the windows of a block's four pixels; and for the place that says that none
    /// counts.
    corners: [usize; 5],
    /// `[filter, length]`
    sums: &'a mut [f32],
}

impl<'a> PooledSums<'a> {
    /// Adds to `sums`, [`pooled_len`] of them.
    pub(crate) fn new(
        shape: &'a ConvShape,
        windows: &'a WindowSet,
        columns: usize,
        sums: &'a mut [f32],
    ) -> Self {
        let length = length(windows);
        let pairs = (LAID_OUT / (2 * columns * length)).max(1);
        let pixels = 2 * columns * pairs;
        let base = |y: usize, x: usize| (1 + 2 * y * columns + 2 * x) * length;
        PooledSums {
            shape,
            windows,
            length,
            pixels,
            im2col: Buffer::zeros((1 + pixels) * length),
            bases: (0..pairs)
                .flat_map(|y| (0..columns / 2).map(move |x| base(y, x)))
                .collect(),
            corners: [0, 1, columns, columns + 1, 0].map(|window| window * length),
            sums,
        }
    }

    /// Adds one image: its bordered input and the gradient and places (all at most 4) of its pooled
    /// output.
    ///
    /// # Safety
    /// The slices and the image have the sizes that the shape says.
    #[inline(always)]
    pub(crate) unsafe fn add<V: Vector>(&mut self, x: *const f32, gradient: &[f32], argmax: &[u8]) {
        let values = self.pixels / 4 * self.shape.filters;
        for (i, (gradient, argmax)) in gradient
            .chunks(values)
            .zip(argmax.chunks(values))
            .enumerate()
        {
            let count = gradient.len() / self.shape.filters;
            self.lay_out::<V>(x, i * self.pixels..i * self.pixels + 4 * count);
            for filter in 0..self.shape.filters {
                for part in (0..self.length).step_by(KEPT) {
                    let from = (gradient.as_ptr().add(filter), argmax.as_ptr().add(filter));
                    match V::LANES {
                        16 => self.filter::<V, 2>(from, count, filter, part),
                        _ => self.filter::<V, 4>(from, count, filter, part),
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn lay_out<V: Vector>(&mut self, x: *const f32, pixels: std::ops::Range<usize>) {
        let run = self.windows.run;
        let whole = run / V::LANES * V::LANES;
        for (i, &input) in self.windows.inputs[pixels].iter().enumerate() {
            let mut to = self.im2col.as_mut_ptr().add((i + 1) * self.length);
            for &tap in &self.windows.taps {
                let from = x.add(input + tap);
                for k in (0..whole).step_by(V::LANES) {
                    V::load(from.add(k)).store(to.add(k));
                }
                if whole < run {
                    V::load_partial(from.add(whole), run - whole)
                        .store_partial(to.add(whole), run - whole);
                }
                to = to.add(run);
            }
        }
    }

    /// One filter's part of the sum over the laid out pixels, by turns into two sums that do not
    /// wait for each other.
    #[inline(always)]
    unsafe fn filter<V: Vector, const VECTORS: usize>(
        &mut self,
        (gradient, argmax): (*const f32, *const u8),
        count: usize,
        filter: usize,
        part: usize,
    ) {
        let filters = self.shape.filters;
        let sums = self.sums.as_mut_ptr().add(filter * self.length + part);
        let im2col = self.im2col.as_ptr().add(part);
        let bases = self.bases.as_ptr();
        let mut even = [V::splat(0.0); VECTORS];
        let mut odd = [V::splat(0.0); VECTORS];
        for k in 0..VECTORS {
            even[k] = V::load(sums.add(k * V::LANES));
        }
        macro_rules! add {
            ($kept:ident, $pixel:expr) => {{
                let place = usize::from(*argmax.add($pixel * filters));
                // Where none counts it is the window of zeros; no branch, which would be foretold
                // wrongly half of the time.
                let counts = usize::from(place < 4).wrapping_neg();
                let from =
                    im2col.add((*bases.add($pixel) + *self.corners.get_unchecked(place)) & counts);
                let g = V::splat(*gradient.add($pixel * filters));
                for k in 0..VECTORS {
                    $kept[k] = g.fma(V::load(from.add(k * V::LANES)), $kept[k]);
                }
            }};
        }
        for pair in 0..count / 2 {
            add!(even, 2 * pair);
            add!(odd, 2 * pair + 1);
        }
        if count % 2 == 1 {
            add!(even, count - 1);
        }
        for k in 0..VECTORS {
            even[k].add(odd[k]).store(sums.add(k * V::LANES));
        }
    }
}

/// Number of sums.
pub(crate) fn pooled_len(shape: &ConvShape, windows: &WindowSet) -> usize {
    shape.filters * length(windows)
}

/// Length of a window, in whole blocks of kept vectors.
fn length(windows: &WindowSet) -> usize {
    (windows.taps.len() * windows.run).next_multiple_of(KEPT)
}

/// The weights' gradient from the sums.
pub(crate) fn pooled_weights(shape: &ConvShape, windows: &WindowSet, sums: &[f32]) -> Vec<f32> {
    let (channels, [kh, kw]) = (shape.channels, shape.kernel);
    let mut weight = vec![0.0; shape.weight_len()];
    for (filter, sums) in sums.chunks_exact(length(windows)).enumerate() {
        for (t, &[ky, kx]) in windows.kernel.iter().enumerate() {
            for c in 0..channels {
                weight[((filter * channels + c) * kh + ky) * kw + kx] = sums[t * channels + c];
            }
        }
    }
    weight
}
