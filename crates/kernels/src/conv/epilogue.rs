//! The epilogue of a convolution, and the result of a forward pass.

use crate::norm::ChannelMoments;

/// What is computed in the same pass after the convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epilogue {
    /// Whether ReLU follows: `max(y, 0)`.
    pub relu: bool,
    /// Whether 2×2 max-pooling with stride 2 follows, without padding. An odd last row or column is
    /// dropped.
    pub pool: bool,
    /// Whether the mean and variance of each filter are computed for a batch normalisation that
    /// comes next. This excludes ReLU and pooling.
    pub moments: bool,
}

/// Result of a forward pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConvOutput {
    /// `[image, row, column, filter]`, after the epilogue.
    pub output: Vec<f32>,
    /// With pooling: which of the four pixels of its block (row-major) each output came from, or 4
    /// if ReLU set it to zero.
    pub argmax: Vec<u8>,
    /// Mean and variance of each filter over all pixels, if requested.
    pub moments: ChannelMoments,
}
