//! The two methods of computing a convolution, and which one is faster for a shape.

use super::epilogue::Epilogue;
use super::shape::ConvShape;
use super::winograd::output_tile;

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvMethod {
    /// Sums of products as in the definition, in register blocks. Supports every shape.
    Direct,
    /// Winograd's F(4×4, 3×3) and F(2×2, 5×5) (Lavin and Gray 2016). They need about a quarter and
    /// a third of the multiplications, with relative errors around 1e-6 instead of 1e-7. For 3×3
    /// and 5×5 kernels with stride 1, without dilation and groups.
    Winograd,
}

/// Which method is faster for a shape, and why.
pub fn conv_method(shape: &ConvShape, epilogue: Epilogue) -> (ConvMethod, &'static str) {
    let Some(tile) = output_tile(shape.kernel) else {
        return (
            ConvMethod::Direct,
            "Winograd's tiles here are for kernels of 3×3 and 5×5",
        );
    };
    if shape.stride != [1, 1] || shape.dilation != [1, 1] || shape.groups != 1 {
        return (
            ConvMethod::Direct,
            "strides, dilations and groups leave nothing for Winograd's tiles to share",
        );
    }
    if !shape.supports(ConvMethod::Winograd) {
        return (
            ConvMethod::Direct,
            "channels and filters are not both multiples of 16: the transforms would cost more",
        );
    }
    let [oh, ow] = shape.used_output(epilogue);
    let tiles = oh.div_ceil(tile) * ow.div_ceil(tile);
    // A tile takes 36 products, where the direct method takes one for each tap and pixel, and the
    // transforms cost about a third more.
    if shape.kernel[0] * shape.kernel[1] * oh * ow <= 48 * tiles {
        return (
            ConvMethod::Direct,
            "too few of the pixels of Winograd's tiles would be used",
        );
    }
    match tile {
        2 => (
            ConvMethod::Winograd,
            "36 multiplications where the definition has 100",
        ),
        _ => (ConvMethod::Winograd, "a quarter of the multiplications"),
    }
}

impl ConvShape {
    /// Whether `method` can compute this shape.
    pub fn supports(&self, method: ConvMethod) -> bool {
        let plain = output_tile(self.kernel).is_some()
            && self.stride == [1, 1]
            && self.dilation == [1, 1]
            && self.groups == 1;
        method == ConvMethod::Direct
            || plain && self.channels.is_multiple_of(16) && self.filters.is_multiple_of(16)
    }

    /// Number of parts of the batch whose weight gradients are summed separately and then added. It
    /// depends on the sizes alone, so that the result does not depend on the number of threads.
    /// Each part is so large that adding the weights is cheap in comparison; there are at least two
    /// where possible, for a second thread, and always a power of two, so that no thread idles.
    pub(crate) fn parts(&self, method: ConvMethod, epilogue: Epilogue) -> usize {
        let [h, w] = self.used_output(epilogue);
        let rows = match (method, output_tile(self.kernel)) {
            (ConvMethod::Winograd, Some(tile)) => self.images * h.div_ceil(tile) * w.div_ceil(tile),
            _ => self.images * h * w / 8,
        };
        let (min_parts, max_parts) = (if rows < 32 { 1 } else { 2 }, 8.min(self.images.max(1)));
        1 << (rows / 128).clamp(min_parts, 8).min(max_parts).ilog2()
    }

    pub(crate) fn check(&self, method: ConvMethod, epilogue: Epilogue, x: &[f32], weight: &[f32]) {
        self.check_sizes();
        assert!(
            !self.output_after(epilogue).contains(&0),
            "nothing to pool in {self:?}"
        );
        assert!(
            self.supports(method),
            "{method:?} does not support {self:?}"
        );
        assert!(
            !epilogue.moments || !epilogue.relu && !epilogue.pool,
            "moments exclude other epilogues: {self:?}"
        );
        assert_eq!(x.len(), self.input_len(), "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
    }
}
