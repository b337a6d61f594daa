//! Fast f32 CPU kernels over slices. They know neither tensors nor files.
//!
//! Stored images are CHW planes ([`Size`]); the activations of a network are
//! `[image, row, column, channel]`. Every kernel checks the lengths of its slices before it starts
//! and panics if they do not fit: a wrong length is a bug in the calling program, never the fault
//! of a user's file.

// The only crate that may contain unsafe code: behind each safe function that checks its sizes are
// loops over raw pointers.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]
// Many loops index several arrays and pointers with the same variable.
#![allow(clippy::needless_range_loop)]

mod buffer;
mod conv;
mod cross_entropy;
mod dense;
mod elementwise;
mod fma_peak;
mod image;
mod matrix;
mod norm;
mod optimizer;
mod pooling;
mod simd;
mod threads;
mod transpose;

pub use conv::{
    ConvMethod, ConvOutput, ConvShape, Epilogue, LayerGradients, NeedsGradient, UpstreamGradient,
    conv_backward, conv_forward, conv_method, transposed_backward, transposed_forward,
};
pub use cross_entropy::{BatchLoss, Softmax, cross_entropy};
pub use dense::{DenseShape, dense_backward, dense_forward};
pub use fma_peak::fma_peak;
pub use image::{
    Affine, BatchChange, BatchMix, BorderMode, Pixel, Size, autocontrast, blur, brightness,
    contrast, crop, equalize, flip_horizontal, flip_vertical, hue, invert, normalize, posterize,
    saturation, sharpness, solarize, warp, weighted_rows, widen,
};
pub use norm::{
    ChannelMoments, FollowingNorm, NormBackwardCoefficients, NormGradients, NormParameters,
    batch_norm, batch_norm_backward, batch_norm_sums, moments,
};
pub use optimizer::{Adam, Sgd, sum_of_squares};
pub use pooling::{
    PoolShape, average_pool, average_pool_backward, global_average, global_average_backward,
    max_pool, max_pool_backward,
};
pub use simd::{InstructionSet, UnknownInstructionSet};
pub use threads::{parallel_chunks, threads, use_threads};
pub use transpose::transpose;
