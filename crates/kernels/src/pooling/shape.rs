//! The sizes and windows of a pooling.

use crate::threads;
use std::ops::Range;

/// Sizes of a pooling: the input is `[images, input rows, input columns, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Images of the batch.
    pub images: usize,
    /// Rows and columns of an input image.
    pub input: [usize; 2],
    /// Channels.
    pub channels: usize,
    /// Rows and columns of a window.
    pub window: [usize; 2],
    /// Stride along rows and columns.
    pub stride: [usize; 2],
    /// `[before, after]` for rows and columns. Padding is never the maximum and does not count for
    /// a mean.
    pub padding: [[usize; 2]; 2],
}

impl PoolShape {
    /// Rows and columns of the output.
    ///
    /// # Panics
    /// If a window is larger than the padded image.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|dimension| self.output_len_along(dimension))
    }

    fn output_len_along(&self, dimension: usize) -> usize {
        let [before, after] = self.padding[dimension];
        let padded = self.input[dimension] + before + after;
        let window = self.window[dimension];
        assert!(padded >= window, "a window of {window} on {padded} pixels");
        (padded - window) / self.stride[dimension] + 1
    }

    /// Whether the kernels support these sizes: every window must contain a pixel, and an index
    /// into a window must fit a byte.
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

    pub(crate) fn input_len(&self) -> usize {
        self.images * self.input[0] * self.input[1] * self.channels
    }

    pub(crate) fn output_len(&self) -> usize {
        let [h, w] = self.output();
        self.images * h * w * self.channels
    }

    /// Whether the windows cover every pixel exactly once.
    pub(crate) fn is_tiling(&self) -> bool {
        self.window == self.stride
            && self.padding == [[0; 2]; 2]
            && (0..2).all(|i| self.input[i].is_multiple_of(self.window[i]))
    }

    pub(crate) fn check(&self) {
        assert!(self.is_supported(), "no kernel for {self:?}");
    }

    /// Calls `part` for ranges of images, on all threads.
    ///
    /// # Safety
    /// As for [`threads::run_ranges`].
    pub(crate) unsafe fn for_each_range(&self, part: impl Fn(Range<usize>)) {
        threads::run_ranges(self.images, self.input_len(), part);
    }

    /// The windows of these images, in the order of the output.
    #[inline(always)]
    pub(crate) fn windows(&self, images: Range<usize>) -> impl Iterator<Item = PoolWindow> {
        let (output, shape) = (self.output(), *self);
        let pixels = output[0] * output[1];
        (images.start * pixels..images.end * pixels).map(move |i| shape.window_of_pixel(i, output))
    }

    /// The window of pixel `i` of the output, counted over all images.
    #[inline(always)]
    fn window_of_pixel(&self, i: usize, [rows, columns]: [usize; 2]) -> PoolWindow {
        let (image, position) = (i / (rows * columns), [i / columns % rows, i % columns]);
        let mut window = PoolWindow {
            output: i * self.channels,
            image,
            ..PoolWindow::default()
        };
        for d in 0..2 {
            let start = position[d] * self.stride[d];
            let before = self.padding[d][0];
            window.first[d] = start.saturating_sub(before);
            window.end[d] = (start + self.window[d] - before).min(self.input[d]);
            window.skipped[d] = before.saturating_sub(start);
        }
        window
    }

    /// Offset of pixel `(y, x)` of an image.
    #[inline(always)]
    pub(crate) fn pixel(&self, image: usize, y: usize, x: usize) -> usize {
        ((image * self.input[0] + y) * self.input[1] + x) * self.channels
    }
}

/// The part of a window that lies within the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PoolWindow {
    pub output: usize,
    pub image: usize,
    /// First row and column.
    pub first: [usize; 2],
    pub end: [usize; 2],
    /// Rows and columns of the window that lie before the image.
    pub skipped: [usize; 2],
}

impl PoolWindow {
    pub(crate) fn count(&self) -> usize {
        (self.end[0] - self.first[0]) * (self.end[1] - self.first[1])
    }
}
