//! What may be computed in the same pass behind a convolution, and what a forward pass gives.

use crate::norm::ChannelMoments;

/// What follows the convolution in the same pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epilogue {
    /// `max(y, 0)`.
    pub relu: bool,
    /// The largest of each 2×2 block, stride 2, without padding; odd last rows and columns are
    /// dropped.
    pub pool: bool,
    /// Each filter's mean and variance are found too, for the batch normalisation that comes next;
    /// not with the others.
    pub moments: bool,
}

/// Output of a forward pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConvOutput {
    /// `[image, row, column, filter]`, after what follows.
    pub output: Vec<f32>,
    /// With pooling: for each output which of its block's four pixels (row-major) it was; 4 where
    /// ReLU made it zero.
    pub argmax: Vec<u8>,
    /// Mean and variance of each filter over all pixels, where they were asked for.
    pub moments: ChannelMoments,
}
