//! What a backward pass starts from, and the gradients that it gives.

use crate::norm::FollowingNorm;

/// What a backward pass starts from.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamGradient<'a> {
    /// The gradient of the output; of that of the batch normalisation, where there is one behind.
    pub gradient: &'a [f32],
    /// The batch normalisation behind.
    pub norm: Option<FollowingNorm<'a>>,
    /// The output of the forward pass; read with ReLU without pooling only.
    pub output: &'a [f32],
    /// [`ConvOutput::places`].
    pub argmax: &'a [u8],
}

/// LayerGradients that are asked for besides that of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsGradient {
    /// That of the input: not for a first layer.
    pub input: bool,
    /// That of the bias: not where there is none.
    pub bias: bool,
}

/// LayerGradients of a convolution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerGradients {
    /// `[image, row, column, channel]`; empty unless asked for.
    pub input: Vec<f32>,
    /// In the weights' order.
    pub weight: Vec<f32>,
    /// One for each filter; empty unless asked for.
    pub bias: Vec<f32>,
}
