//! The weight gradient of a convolution that is followed by pooling. At most one pixel of each 2×2
//! block has a gradient, so a quarter of the products of the definition suffices.
//!
//! The windows are laid out as rows of vectors (`im2col`), some pooled rows at a time; the sums of
//! a filter stay in registers meanwhile.

use super::shape::ConvShape;
use super::windows::WindowSet;
use crate::buffer::Buffer;
use crate::simd::Vector;

/// Sums of a filter that are kept in registers.
const KEPT: usize = 32;

/// Values of windows that are laid out at a time: half of an L1 cache.
const LAID_OUT: usize = 4096;

/// Accumulates the weight gradient over images, for convolutions without groups.
pub(crate) struct PooledSums<'a> {
    shape: &'a ConvShape,
    windows: &'a WindowSet,
    /// Length of a window, rounded up to a multiple of [`KEPT`].
    length: usize,
    /// Pixels before pooling that are laid out at a time: some pairs of rows.
    pixels: usize,
    /// A window of zeros, followed by the windows of the pixels.
    im2col: Buffer,
    /// Offset of the window of the first pixel of each 2×2 block.
    bases: Vec<usize>,
    /// Offsets from there to the windows of the block's four pixels, and one for index 4, which
    /// means that no pixel has a gradient.
    corners: [usize; 5],
    /// `[filter, length]`
    sums: &'a mut [f32],
}

impl<'a> PooledSums<'a> {
    /// Accumulates into `sums`, which must hold [`pooled_len`] values.
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

    /// Adds one image: its bordered input, and the gradient and argmax (at most 4 everywhere) of
    /// its pooled output.
    ///
    /// # Safety
    /// The slices and the image must have the sizes that the shape specifies.
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
                        16 => self.accumulate::<V, 2>(from, count, filter, part),
                        _ => self.accumulate::<V, 4>(from, count, filter, part),
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

    /// Accumulates some of the sums of one filter over the windows that are laid out. Two
    /// alternating sums are used, so that consecutive additions do not depend on each other.
    #[inline(always)]
    unsafe fn accumulate<V: Vector, const VECTORS: usize>(
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
                let index = usize::from(*argmax.add($pixel * filters));
                // If no pixel has a gradient, the window of zeros is used instead of a branch,
                // which would be mispredicted half of the time.
                let has_gradient = usize::from(index < 4).wrapping_neg();
                let from = im2col
                    .add((*bases.add($pixel) + *self.corners.get_unchecked(index)) & has_gradient);
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

/// Number of sums of the whole gradient.
pub(crate) fn pooled_len(shape: &ConvShape, windows: &WindowSet) -> usize {
    shape.filters * length(windows)
}

/// Length of a window, rounded up to a multiple of [`KEPT`].
fn length(windows: &WindowSet) -> usize {
    (windows.taps.len() * windows.run).next_multiple_of(KEPT)
}

/// The weight gradient in the order of the weights, from the sums.
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
