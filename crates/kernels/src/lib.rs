//! Fast f32 CPU kernels over slices; knows neither tensors nor files.
//!
//! Stored images are CHW planes: channel `c`, row `y`, column `x` lies at
//! `(c * height + y) * width + x`; a network's activations are `[image, row, column, channel]`.
//! Every kernel checks the sizes of its slices before it starts and panics where they do not fit: a
//! wrong size is a mistake of the caller's program, never of a user's file.

// The one crate that may: behind each safe function that checks its sizes lie loops over raw
// pointers.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]
// One index runs over several arrays and pointers at once.
#![allow(clippy::needless_range_loop)]

mod block;
mod buffer;
mod color;
mod conv;
mod crop;
mod cross_entropy;
mod dense;
mod flip;
mod norm;
mod normalize;
mod peak;
mod pool;
mod simd;
mod step;
mod threads;
mod tone;
mod transpose;
mod warp;
mod windows;

pub use color::{blur, brightness, contrast, hue, saturation};
pub use conv::{
    ConvMethod, ConvOutput, ConvShape, Epilogue, LayerGradients, NeedsGradient, UpstreamGradient,
    conv_backward, conv_forward, conv_method, transposed_backward, transposed_forward,
};
pub use crop::crop;
pub use cross_entropy::{BatchLoss, Softmax, cross_entropy};
pub use dense::{DenseShape, dense_backward, dense_forward};
pub use flip::{flip_horizontal, flip_vertical};
pub use norm::{
    ChannelMoments, FollowingNorm, NormBackwardCoefficients, NormGradients, NormParameters,
    batch_norm, batch_norm_backward, batch_norm_sums, moments,
};
pub use normalize::{normalize, widen};
pub use peak::fma_peak;
pub use simd::InstructionSet;
pub use step::{Adam, Sgd, sum_of_squares};
pub use threads::{parallel_chunks, threads, use_threads};
pub use tone::{autocontrast, equalize, invert, posterize, sharpness, solarize};
pub use transpose::transpose;
pub use warp::{Affine, warp};
pub use windows::{
    PoolShape, average_pool, average_pool_backward, global_average, global_average_backward,
    max_pool, max_pool_backward,
};

/// What lies outside an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BorderMode {
    /// Value 0.
    Zero,
    /// The image mirrored at its border (the border pixel is repeated).
    Reflect,
    /// The nearest border pixel.
    Nearest,
}

/// Size of a CHW image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
}

impl Size {
    /// Pixels of one plane.
    pub fn plane(self) -> usize {
        self.height * self.width
    }

    /// Values of the whole image.
    pub fn len(self) -> usize {
        self.channels * self.plane()
    }

    /// Whether the image has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Panics unless a slice of `len` values holds exactly one image of this size.
    fn check(self, name: &str, len: usize) {
        assert!(
            len == self.len(),
            "{name} holds {len} values, an image of {self:?} has {}",
            self.len()
        );
        assert!(!self.is_empty(), "an image of {self:?} has no pixels");
    }
}

/// Values that a kernel reads: bytes as they are stored, or floats.
pub trait Pixel: Copy {
    /// As a float, bytes unscaled (0 to 255).
    fn float(self) -> f32;
}

impl Pixel for u8 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}

impl Pixel for f32 {
    fn float(self) -> f32 {
        self
    }
}
