//! What a backward pass starts from, and the gradients that it computes.

use crate::norm::FollowingNorm;

/// The gradient that arrives from the next layer, and what of the forward pass is needed to
/// propagate it through the epilogue.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamGradient<'a> {
    /// Gradient of the output or, with `norm`, of the output of that normalisation.
    pub gradient: &'a [f32],
    /// A batch normalisation that follows the convolution.
    pub norm: Option<FollowingNorm<'a>>,
    /// Output of the forward pass. Only read with ReLU and without pooling.
    pub output: &'a [f32],
    /// [`ConvOutput::argmax`](super::ConvOutput::argmax) of the forward pass. Only read with
    /// pooling.
    pub argmax: &'a [u8],
}

/// Gradients that are needed besides that of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsGradient {
    /// The gradient of the input; a first layer does not need it.
    pub input: bool,
    /// The gradient of the bias; not needed if there is no bias.
    pub bias: bool,
}

/// Gradients of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerGradients {
    /// `[image, row, column, channel]`; empty unless needed.
    pub input: Vec<f32>,
    /// In the order of the weights.
    pub weight: Vec<f32>,
    /// One value for each filter; empty unless needed.
    pub bias: Vec<f32>,
}
