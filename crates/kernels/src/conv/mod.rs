//! Convolution over NHWC activations, forward and backward, with fused epilogues.
//!
//! Activations are `[image, row, column, channel]`; weights are
//! `[filter, channel of the group, kernel row, kernel column]`, as in model files. All values are
//! f32.

mod depthwise;
mod direct;
mod epilogue;
mod forward_backward;
mod gradients;
mod method;
mod pack;
mod parts;
mod pool2x2;
mod pooled_weight_sums;
mod shape;
mod transposed;
mod windows;
mod winograd;

pub use epilogue::{ConvOutput, Epilogue};
pub use forward_backward::{conv_backward, conv_forward};
pub use gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
pub use method::{ConvMethod, conv_method};
pub use shape::ConvShape;
pub use transposed::{transposed_backward, transposed_forward};
