//! The sizes of a convolution, and what follows from them.

use super::epilogue::Epilogue;

/// Sizes of a 2-D convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images of the batch.
    pub images: usize,
    /// Rows and columns of an input image.
    pub input: [usize; 2],
    /// Input channels.
    pub channels: usize,
    /// Output channels.
    pub filters: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Stride along rows and columns.
    pub stride: [usize; 2],
    /// Dilation along rows and columns.
    pub dilation: [usize; 2],
    /// Zero padding before and after the rows, and before and after the columns.
    pub padding: [[usize; 2]; 2],
    /// Groups that channels and filters are divided into. The filters of a group see only the
    /// channels of that group.
    pub groups: usize,
}

impl ConvShape {
    /// Rows and columns of the convolution's output, before the epilogue.
    ///
    /// # Panics
    /// If the kernel is larger than the padded image, or a size is zero.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|dimension| self.output_len_along(dimension))
    }

    fn output_len_along(&self, dimension: usize) -> usize {
        let [before, after] = self.padding[dimension];
        let padded = self.input[dimension] + before + after;
        let span = (self.kernel[dimension] - 1) * self.dilation[dimension] + 1;
        assert!(
            padded >= span,
            "a kernel that spans {span} on {padded} pixels"
        );
        (padded - span) / self.stride[dimension] + 1
    }

    /// Rows and columns of the output after the epilogue.
    pub fn output_after(&self, epilogue: Epilogue) -> [usize; 2] {
        if epilogue.pool {
            self.output().map(|n| n / 2)
        } else {
            self.output()
        }
    }

    /// Rows and columns of the convolution's output that the epilogue uses: pooling drops an odd
    /// last row or column.
    pub(crate) fn used_output(&self, epilogue: Epilogue) -> [usize; 2] {
        let [h, w] = self.output_after(epilogue);
        if epilogue.pool {
            [2 * h, 2 * w]
        } else {
            [h, w]
        }
    }

    /// Multiplications and additions of a forward pass by the definition, counting padding: the
    /// usual count.
    pub fn flops(&self) -> f64 {
        let [oh, ow] = self.output();
        let taps = self.kernel[0] * self.kernel[1] * self.channels / self.groups;
        2.0 * (self.images * oh * ow * self.filters * taps) as f64
    }

    pub(crate) fn input_len(&self) -> usize {
        self.images * self.input[0] * self.input[1] * self.channels
    }

    pub(crate) fn weight_len(&self) -> usize {
        self.filters * self.channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    pub(crate) fn output_len(&self, epilogue: Epilogue) -> usize {
        let [h, w] = self.output_after(epilogue);
        self.images * h * w * self.filters
    }

    pub(crate) fn check_sizes(&self) {
        assert!(
            self.groups > 0
                && self.channels.is_multiple_of(self.groups)
                && self.filters.is_multiple_of(self.groups)
        );
        let sizes = [
            self.channels,
            self.filters,
            self.kernel[0],
            self.kernel[1],
            self.input[0],
            self.input[1],
        ];
        let steps = [
            self.stride[0],
            self.stride[1],
            self.dilation[0],
            self.dilation[1],
        ];
        assert!(
            sizes.iter().chain(&steps).all(|&n| n > 0),
            "a size of zero in {self:?}"
        );
    }
}
