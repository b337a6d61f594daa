//! Pooling over windows: the largest value or the mean of each, overlapping or not, and the mean of
//! whole planes.

use crate::block::{load, store};
use crate::pool::{load_bytes, store_bytes};
use crate::simd::{Kernel, Vector, dispatch};
use crate::threads;
use std::ops::Range;

/// Sizes of a pooling: the input is `[images, input rows, input columns, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Images.
    pub images: usize,
    /// Rows and columns.
    pub input: [usize; 2],
    /// Channels.
    pub channels: usize,
    /// Rows and columns of a window.
    pub window: [usize; 2],
    /// From a window to the next.
    pub stride: [usize; 2],
    /// `[before, after]` for rows, columns; it is never the largest and does not count for a mean.
    pub padding: [[usize; 2]; 2],
}

impl PoolShape {
    /// Rows and columns of the output.
    ///
    /// # Panics
    /// Where a window is larger than the padded plane.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|i| {
            let padded = self.input[i] + self.padding[i][0] + self.padding[i][1];
            assert!(
                padded >= self.window[i],
                "a window of {} on {padded} pixels",
                self.window[i]
            );
            (padded - self.window[i]) / self.stride[i] + 1
        })
    }

    /// Whether the kernels compute it: every window has a pixel, and a place in it fits a byte.
    pub fn is_supported(&self) -> bool {
        let sizes = [
            self.images,
            self.input[0],
            self.input[1],
            self.channels,
            self.window[0],
            self.window[1],
        ];
        sizes.iter().chain(&self.stride).all(|&n| n > 0)
            && self.window[0] * self.window[1] <= 255
            && (0..2).all(|i| self.padding[i].iter().all(|&p| p < self.window[i]))
            && (0..2)
                .all(|i| self.input[i] + self.padding[i][0] + self.padding[i][1] >= self.window[i])
    }

    fn input_len(&self) -> usize {
        self.images * self.input[0] * self.input[1] * self.channels
    }

    fn output_len(&self) -> usize {
        let [h, w] = self.output();
        self.images * h * w * self.channels
    }

    /// Whether windows neither overlap nor leave pixels out.
    fn is_tiling(&self) -> bool {
        self.window == self.stride
            && self.padding == [[0; 2]; 2]
            && (0..2).all(|i| self.input[i].is_multiple_of(self.window[i]))
    }

    fn check(&self) {
        assert!(self.is_supported(), "no kernel for {self:?}");
    }

    /// Calls `part` for some images at a time, on the threads that there are.
    ///
    /// # Safety
    /// As [`threads::run_ranges`].
    unsafe fn in_parts(&self, part: impl Fn(Range<usize>)) {
        threads::run_ranges(self.images, self.input_len(), part);
    }

    /// All windows of these images, in the order of the output.
    #[inline(always)]
    fn windows(&self, images: Range<usize>) -> impl Iterator<Item = PoolWindow> {
        let ([oh, ow], shape) = (self.output(), *self);
        (images.start * oh * ow..images.end * oh * ow).map(move |i| {
            let (image, place) = (i / (oh * ow), [i / ow % oh, i % ow]);
            let mut window = PoolWindow {
                output: i * shape.channels,
                image,
                ..PoolWindow::default()
            };
            for d in 0..2 {
                let at = place[d] * shape.stride[d];
                window.first[d] = at.saturating_sub(shape.padding[d][0]);
                window.end[d] = (at + shape.window[d] - shape.padding[d][0]).min(shape.input[d]);
                window.cut[d] = shape.padding[d][0].saturating_sub(at);
            }
            window
        })
    }

    /// Where pixel `(y, x)` of an image begins.
    #[inline(always)]
    fn pixel(&self, image: usize, y: usize, x: usize) -> usize {
        ((image * self.input[0] + y) * self.input[1] + x) * self.channels
    }
}

/// The pixels of a window that lie in the image.
#[derive(Clone, Copy, Debug, Default)]
struct PoolWindow {
    output: usize,
    image: usize,
    /// Row, column.
    first: [usize; 2],
    end: [usize; 2],
    /// Rows and columns of the window before the first.
    cut: [usize; 2],
}

impl PoolWindow {
    fn count(&self) -> usize {
        (self.end[0] - self.first[0]) * (self.end[1] - self.first[1])
    }
}

/// The largest value of each window, and which of the window's pixels (row-major) it was: the first
/// of equals. NaN is larger than all.
///
/// # Panics
/// Where `x` has another size or [`PoolShape::is_supported`] says no.
pub fn max_pool(shape: &PoolShape, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    shape.check();
    assert_eq!(x.len(), shape.input_len(), "input of {shape:?}");
    let count = shape.output_len();
    let (mut y, mut argmax) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let to = (y.as_mut_ptr(), argmax.as_mut_ptr());
    // SAFETY: the sizes are checked above, each part writes all that belongs to its images; the
    // instruction set is one that is here.
    unsafe {
        shape.in_parts(|images| {
            dispatch(MaxPool {
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

/// The gradient of the input from that of the output and the places that [`max_pool`] found.
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

/// The mean of each window's pixels, without padding.
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
        shape.in_parts(|images| {
            dispatch(AveragePool {
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
    let mut found = if shape.is_tiling() {
        Vec::with_capacity(count)
    } else {
        vec![0.0; count]
    };
    let out = found.as_mut_ptr();
    // SAFETY: the callers have checked the sizes, each part writes all that belongs to its images:
    // what tiles do not cover is zero; the instruction set is one that is here.
    unsafe {
        shape.in_parts(|images| {
            dispatch(PoolBackward {
                shape,
                gradient,
                argmax,
                images,
                out,
            })
        });
        found.set_len(count);
    }
    found
}

/// The mean of each channel over `[images, pixels, channels]`: `[images, channels]`.
///
/// # Panics
/// Where `x` is not whole images.
pub fn global_average(x: &[f32], pixels: usize, channels: usize) -> Vec<f32> {
    check_planes(x.len(), pixels, channels);
    // SAFETY: the size is checked above; the instruction set is one that is here.
    unsafe {
        dispatch(GlobalAverage {
            x,
            pixels,
            channels,
        })
    }
}

/// The gradient of the input `[images, pixels, channels]` from that of the means
/// `[images, channels]`.
///
/// # Panics
/// Where `gradient` is not whole rows.
pub fn global_average_backward(gradient: &[f32], pixels: usize, channels: usize) -> Vec<f32> {
    check_planes(gradient.len(), 1, channels);
    let share = 1.0 / pixels as f32;
    let mut found = Vec::with_capacity(gradient.len() * pixels);
    let mut row = vec![0.0; channels];
    for gradient in gradient.chunks_exact(channels) {
        row.iter_mut()
            .zip(gradient)
            .for_each(|(to, g)| *to = g * share);
        (0..pixels).for_each(|_| found.extend_from_slice(&row));
    }
    found
}

fn check_planes(values: usize, pixels: usize, channels: usize) {
    assert!(
        pixels > 0 && channels > 0 && values.is_multiple_of(pixels * channels),
        "{values} of {pixels} × {channels}"
    );
}

struct MaxPool<'a> {
    shape: &'a PoolShape,
    x: &'a [f32],
    images: Range<usize>,
    to: (*mut f32, *mut u8),
}

impl Kernel for MaxPool<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let MaxPool {
            shape,
            x,
            images,
            to: (y, argmax),
        } = self;
        for window in shape.windows(images) {
            for c in (0..shape.channels).step_by(V::LANES) {
                let n = (shape.channels - c).min(V::LANES);
                let mut best = V::splat(f32::NEG_INFINITY);
                let mut place = V::splat((window.cut[0] * shape.window[1] + window.cut[1]) as f32);
                for row in window.first[0]..window.end[0] {
                    let at =
                        (row - window.first[0] + window.cut[0]) * shape.window[1] + window.cut[1];
                    let from = x
                        .as_ptr()
                        .add(shape.pixel(window.image, row, window.first[1]) + c);
                    for column in 0..window.end[1] - window.first[1] {
                        let value = load::<V>(from.add(column * shape.channels), n);
                        let better = value.greater_or_nan(best);
                        best = value.select(better, best);
                        place = V::splat((at + column) as f32).select(better, place);
                    }
                }
                store::<V>(best, y.add(window.output + c), n);
                store_bytes::<V>(place, argmax.add(window.output + c), n);
            }
        }
    }
}

struct AveragePool<'a> {
    shape: &'a PoolShape,
    x: &'a [f32],
    images: Range<usize>,
    to: *mut f32,
}

impl Kernel for AveragePool<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let AveragePool {
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

/// Backward of both: to the pixel in its place, or to all pixels of the window in equal shares.
struct PoolBackward<'a> {
    shape: &'a PoolShape,
    gradient: &'a [f32],
    argmax: Option<&'a [u8]>,
    images: Range<usize>,
    /// Zeros, unless the windows are tiles.
    out: *mut f32,
}

impl Kernel for PoolBackward<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        match (self.argmax, self.shape.is_tiling()) {
            (Some(argmax), true) => self.spread::<V, true>(Some(argmax)),
            (Some(argmax), false) => self.spread::<V, false>(Some(argmax)),
            (None, true) => self.spread::<V, true>(None),
            (None, false) => self.spread::<V, false>(None),
        }
    }
}

impl PoolBackward<'_> {
    /// With `TILES` every pixel is written once, so that nothing needs to be added.
    #[inline(always)]
    unsafe fn spread<V: Vector, const TILES: bool>(self, argmax: Option<&[u8]>) {
        let PoolBackward {
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
                let mut place = V::splat(0.0);
                match argmax {
                    Some(argmax) => {
                        place = load_bytes::<V>(argmax.as_ptr().add(window.output + c), n)
                    }
                    None => g = g.mul(share),
                }
                for row in window.first[0]..window.end[0] {
                    let at =
                        (row - window.first[0] + window.cut[0]) * shape.window[1] + window.cut[1];
                    let to = out.add(shape.pixel(window.image, row, window.first[1]) + c);
                    for column in 0..window.end[1] - window.first[1] {
                        let to = to.add(column * shape.channels);
                        let mut here = g;
                        if argmax.is_some() {
                            here = g.keep(place.equal(V::splat((at + column) as f32)));
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

struct GlobalAverage<'a> {
    x: &'a [f32],
    pixels: usize,
    channels: usize,
}

impl Kernel for GlobalAverage<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let GlobalAverage {
            x,
            pixels,
            channels,
        } = self;
        let mut means: Vec<f32> = Vec::with_capacity(x.len() / pixels);
        let share = V::splat(1.0 / pixels as f32);
        for image in x.chunks_exact(pixels * channels) {
            let to = means.as_mut_ptr().add(means.len());
            for c in (0..channels).step_by(V::LANES) {
                let n = (channels - c).min(V::LANES);
                let mut sum = [V::splat(0.0); 2];
                for pixel in 0..pixels {
                    sum[pixel % 2] =
                        sum[pixel % 2].add(load::<V>(image.as_ptr().add(pixel * channels + c), n));
                }
                store::<V>(sum[0].add(sum[1]).mul(share), to.add(c), n);
            }
            means.set_len(means.len() + channels);
        }
        means
    }
}
