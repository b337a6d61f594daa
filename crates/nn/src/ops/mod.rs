//! The operations that have kernels of our own: those on the CPU (flex), Burn's stock operations on every other device.
//!
//! Model code calls these and knows nothing of it. A kernel of ours may leave a tensor with the strides of
//! `[batch, height, width, channel]` under its shape `[batch, channel, height, width]`; stock operations take that too.

#[cfg(feature = "flex")]
mod flex;
mod stock;

use burn::tensor::{Device, Tensor};

/// A convolution and what follows it at once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConvUnit {
    pub filters: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// `(before, after)` rows, columns.
    pub padding: [(usize, usize); 2],
    pub groups: usize,
    /// `max(y, 0)` follows.
    pub relu: bool,
    /// Then the largest of each 2×2 block.
    pub pool: bool,
}

/// Whether tensors on `device` are computed with our own kernels.
#[cfg(feature = "flex")]
fn own(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
}

#[cfg(not(feature = "flex"))]
fn own(_device: &Device) -> bool {
    false
}

/// `[batch, filters, height, width]` from `x` `[batch, channels, height, width]`, flat weights
/// `[filters, channels / groups, kernel rows, kernel columns]` and a bias for each filter.
pub(crate) fn conv(x: Tensor<4>, weight: Tensor<1>, bias: Option<Tensor<1>>, unit: &ConvUnit) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if own(&x.device()) {
        return flex::conv(x, weight, bias, unit);
    }
    stock::conv(x, weight, bias, unit)
}

/// `[batch, units]` from `x` `[batch, features]`, flat weights `[units, features]` and a bias for each unit; with `relu` at least 0.
pub(crate) fn dense(x: Tensor<2>, weight: Tensor<1>, bias: Option<Tensor<1>>, units: usize, relu: bool) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if own(&x.device()) {
        return flex::dense(x, weight, bias, units, relu);
    }
    stock::dense(x, weight, bias, units, relu)
}
