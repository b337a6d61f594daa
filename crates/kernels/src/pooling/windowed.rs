//! Max and average pooling over windows, forward and backward.

use super::shape::PoolShape;
use crate::simd::{Kernel, Vector, dispatch, load, load_bytes, store, store_bytes};
use std::ops::Range;

/// The largest value of each window and its index in the window (row-major, the first in a tie).
/// NaN counts as the largest.
///
/// # Panics
/// If `x` has the wrong length, or [`PoolShape::is_supported`] is false.
pub fn max_pool(shape: &PoolShape, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    shape.check();
    assert_eq!(x.len(), shape.input_len(), "input of {shape:?}");
    let count = shape.output_len();
    let (mut y, mut argmax) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let to = (y.as_mut_ptr(), argmax.as_mut_ptr());
    // SAFETY: the sizes were checked above, and each range writes everything that belongs to its
    // images; `dispatch` only uses instructions that this CPU supports.
    unsafe {
        shape.for_each_range(|images| {
            dispatch(MaxPoolKernel {
                shape,
                x,
                images,
                to,
            })
        });
        y.set_len(count);
        argmax.set_len(count);
    }
    (y, argmax)
}

/// The gradient of the input from that of the output and the indices that [`max_pool`] returned.
///
/// # Panics
/// As [`max_pool`].
pub fn max_pool_backward(shape: &PoolShape, gradient: &[f32], argmax: &[u8]) -> Vec<f32> {
    shape.check();
    assert!(
        [gradient.len(), argmax.len()] == [shape.output_len(); 2],
        "gradient of {shape:?}"
    );
    pool_backward(shape, gradient, Some(argmax))
}

/// The mean of each window, not counting padding.
///
/// # Panics
/// As [`max_pool`].
pub fn average_pool(shape: &PoolShape, x: &[f32]) -> Vec<f32> {
    shape.check();
    assert_eq!(x.len(), shape.input_len(), "input of {shape:?}");
    let count = shape.output_len();
    let mut y = Vec::with_capacity(count);
    let to = y.as_mut_ptr();
    // SAFETY: as in `max_pool`.
    unsafe {
        shape.for_each_range(|images| {
            dispatch(AveragePoolKernel {
                shape,
                x,
                images,
                to,
            })
        });
        y.set_len(count);
    }
    y
}

/// The gradient of the input from that of the output.
///
/// # Panics
/// As [`max_pool`].
pub fn average_pool_backward(shape: &PoolShape, gradient: &[f32]) -> Vec<f32> {
    shape.check();
    assert_eq!(gradient.len(), shape.output_len(), "gradient of {shape:?}");
    pool_backward(shape, gradient, None)
}

fn pool_backward(shape: &PoolShape, gradient: &[f32], argmax: Option<&[u8]>) -> Vec<f32> {
    let count = shape.input_len();
    let mut input_gradient = if shape.is_tiling() {
        Vec::with_capacity(count)
    } else {
        vec![0.0; count]
    };
    let out = input_gradient.as_mut_ptr();
    // SAFETY: the callers checked the sizes, and each range writes everything that belongs to its
    // images (pixels that no window covers are zero already); `dispatch` only uses instructions
    // that this CPU supports.
    unsafe {
        shape.for_each_range(|images| {
            dispatch(PoolBackwardKernel {
                shape,
                gradient,
                argmax,
                images,
                out,
            })
        });
        input_gradient.set_len(count);
    }
    input_gradient
}

struct MaxPoolKernel<'a> {
    shape: &'a PoolShape,
    x: &'a [f32],
    images: Range<usize>,
    to: (*mut f32, *mut u8),
}

impl Kernel for MaxPoolKernel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let MaxPoolKernel {
            shape,
            x,
            images,
            to: (y, argmax),
        } = self;
        for window in shape.windows(images) {
            for c in (0..shape.channels).step_by(V::LANES) {
                let n = (shape.channels - c).min(V::LANES);
                let mut best = V::splat(f32::NEG_INFINITY);
                let mut index =
                    V::splat((window.skipped[0] * shape.window[1] + window.skipped[1]) as f32);
                for row in window.first[0]..window.end[0] {
                    let at = (row - window.first[0] + window.skipped[0]) * shape.window[1]
                        + window.skipped[1];
                    let from = x
                        .as_ptr()
                        .add(shape.pixel(window.image, row, window.first[1]) + c);
                    for column in 0..window.end[1] - window.first[1] {
                        let value = load::<V>(from.add(column * shape.channels), n);
                        let better = value.greater_or_nan(best);
                        best = value.select(better, best);
                        index = V::splat((at + column) as f32).select(better, index);
                    }
                }
                store::<V>(best, y.add(window.output + c), n);
                store_bytes::<V>(index, argmax.add(window.output + c), n);
            }
        }
    }
}

struct AveragePoolKernel<'a> {
    shape: &'a PoolShape,
    x: &'a [f32],
    images: Range<usize>,
    to: *mut f32,
}

impl Kernel for AveragePoolKernel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let AveragePoolKernel {
            shape,
            x,
            images,
            to,
        } = self;
        for window in shape.windows(images) {
            let share = V::splat(1.0 / window.count() as f32);
            for c in (0..shape.channels).step_by(V::LANES) {
                let n = (shape.channels - c).min(V::LANES);
                let mut sum = V::splat(0.0);
                for row in window.first[0]..window.end[0] {
                    let from = x
                        .as_ptr()
                        .add(shape.pixel(window.image, row, window.first[1]) + c);
                    for column in 0..window.end[1] - window.first[1] {
                        sum = sum.add(load::<V>(from.add(column * shape.channels), n));
                    }
                }
                store::<V>(sum.mul(share), to.add(window.output + c), n);
            }
        }
    }
}

/// Backward pass of both poolings: the gradient goes to the pixel of the maximum, or in equal
/// shares to all pixels of the window.
struct PoolBackwardKernel<'a> {
    shape: &'a PoolShape,
    gradient: &'a [f32],
    argmax: Option<&'a [u8]>,
    images: Range<usize>,
    /// Zeros, unless the windows cover every pixel exactly once.
    out: *mut f32,
}

impl Kernel for PoolBackwardKernel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        match (self.argmax, self.shape.is_tiling()) {
            (Some(argmax), true) => self.distribute::<V, true>(Some(argmax)),
            (Some(argmax), false) => self.distribute::<V, false>(Some(argmax)),
            (None, true) => self.distribute::<V, true>(None),
            (None, false) => self.distribute::<V, false>(None),
        }
    }
}

impl PoolBackwardKernel<'_> {
    /// With `TILES` every pixel is written once, so nothing has to be added.
    #[inline(always)]
    unsafe fn distribute<V: Vector, const TILES: bool>(self, argmax: Option<&[u8]>) {
        let PoolBackwardKernel {
            shape,
            gradient,
            images,
            out,
            ..
        } = self;
        for window in shape.windows(images) {
            let share = V::splat(1.0 / window.count() as f32);
            for c in (0..shape.channels).step_by(V::LANES) {
                let n = (shape.channels - c).min(V::LANES);
                let mut g = load::<V>(gradient.as_ptr().add(window.output + c), n);
                let mut index = V::splat(0.0);
                match argmax {
                    Some(argmax) => {
                        index = load_bytes::<V>(argmax.as_ptr().add(window.output + c), n)
                    }
                    None => g = g.mul(share),
                }
                for row in window.first[0]..window.end[0] {
                    let at = (row - window.first[0] + window.skipped[0]) * shape.window[1]
                        + window.skipped[1];
                    let to = out.add(shape.pixel(window.image, row, window.first[1]) + c);
                    for column in 0..window.end[1] - window.first[1] {
                        let to = to.add(column * shape.channels);
                        let mut here = g;
                        if argmax.is_some() {
                            here = g.keep(index.equal(V::splat((at + column) as f32)));
                        }
                        if !TILES {
                            here = here.add(load::<V>(to, n));
                        }
                        store::<V>(here, to, n);
                    }
                }
            }
        }
    }
}
