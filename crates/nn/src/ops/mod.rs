//! The operations that have kernels of our own: those on the CPU (flex), Burn's stock operations on every other device.
//!
//! Model code calls these and knows nothing of it. A kernel of ours may leave a tensor with the strides of
//! `[batch, height, width, channel]` under its shape `[batch, channel, height, width]`; stock operations take that too.

#[cfg(feature = "flex")]
mod flex;
mod stock;

use burn::tensor::{Device, Tensor};
use convsweep_kernels::{ConvShape, Follow, Method, conv_method};
use convsweep_spec::train::{Kernels, Rule};

/// A convolution and what follows it at once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConvUnit {
    pub channels: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
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
fn own(device: &Device, kernels: Kernels) -> bool {
    let cpu = matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_));
    cpu && kernels != Kernels::Stock
}

#[cfg(not(feature = "flex"))]
fn own(_device: &Device, _kernels: Kernels) -> bool {
    false
}

impl ConvUnit {
    /// Sizes for a batch of `images`.
    fn shape(&self, images: usize) -> ConvShape {
        ConvShape {
            images,
            input: self.input,
            channels: self.channels,
            filters: self.filters,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            padding: self.padding.map(|(before, after)| [before, after]),
            groups: self.groups,
        }
    }

    fn follow(&self) -> Follow {
        Follow { relu: self.relu, pool: self.pool }
    }

    /// Which of our kernels computes it, and why.
    fn method(&self, kernels: Kernels) -> (Method, &'static str) {
        match kernels {
            Kernels::Direct => (Method::Direct, "train.kernels asks for it"),
            Kernels::Auto | Kernels::Stock => conv_method(&self.shape(1), self.follow()),
        }
    }

    /// Name of the kernel that computes it on `device`, and why.
    pub(crate) fn choice(&self, device: &Device, kernels: Kernels) -> (&'static str, &'static str) {
        if kernels == Kernels::Stock {
            return ("stock", "train.kernels asks for it");
        }
        if !own(device, kernels) {
            return ("stock", "a device with kernels of its own");
        }
        match self.method(kernels) {
            (Method::Direct, why) => ("direct", why),
            (Method::Winograd, why) => ("winograd", why),
        }
    }
}

/// `[batch, filters, height, width]` from `x` `[batch, channels, height, width]`, flat weights
/// `[filters, channels / groups, kernel rows, kernel columns]` and a bias for each filter.
pub(crate) fn conv(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &ConvUnit,
    kernels: Kernels,
) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if own(&x.device(), kernels) {
        return flex::conv(x, weight, bias, unit, unit.method(kernels).0);
    }
    stock::conv(x, weight, bias, unit)
}

/// A dense layer and what follows it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenseUnit {
    pub units: usize,
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// `[batch, units]` from `x` `[batch, features]`, flat weights `[units, features]` and a bias for each unit.
pub(crate) fn dense(
    x: Tensor<2>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: DenseUnit,
    kernels: Kernels,
) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if own(&x.device(), kernels) {
        return flex::dense(x, weight, bias, unit);
    }
    stock::dense(x, weight, bias, unit)
}

/// One step of an optimiser on one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub rule: &'a Rule,
    pub lr: f64,
    /// Times the weights are added to the gradient.
    pub decay: f64,
    /// What the weights are multiplied by first.
    pub shrink: f64,
    /// Number of the step, from 1.
    pub number: u64,
}

/// Takes the step in one pass over the values, if there is a kernel for it; else nothing is changed and it says so.
pub(crate) fn step(
    step: Step,
    value: &mut Tensor<1>,
    gradient: &Tensor<1>,
    remembered: &mut [&mut Tensor<1>],
    kernels: Kernels,
) -> bool {
    #[cfg(feature = "flex")]
    if own(&value.device(), kernels) {
        return flex::step(step, value, gradient, remembered);
    }
    let _ = (step, value, gradient, remembered, kernels);
    false
}

/// Sum of a tensor's squares; `None` where there is no kernel for it.
pub(crate) fn sum_of_squares(tensor: &Tensor<1>) -> Option<f64> {
    #[cfg(feature = "flex")]
    if own(&tensor.device(), Kernels::Auto) {
        return flex::sum_of_squares(tensor);
    }
    let _ = tensor;
    None
}
