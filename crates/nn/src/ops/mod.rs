//! The operations that have kernels of our own: those on the CPU (flex), Burn's stock operations on
//! every other device.
//!
//! Model code calls these and knows nothing of it. Our kernels take and give images with their
//! channels last ([`Batch::Last`]), stock operations with their channels first.

#[cfg(feature = "flex")]
mod flex;
mod stock;

use crate::operation::Batch;
use burn::tensor::ops::{AvgPoolOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use convsweep_kernels::{ConvMethod, ConvShape, Epilogue, PoolShape, conv_method};
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
pub(crate) fn own(device: &Device, kernels: Kernels) -> bool {
    let cpu = matches!(
        device.clone().inner().as_dispatch(),
        burn::backend::DispatchDevice::Flex(_)
    );
    cpu && kernels != Kernels::Stock
}

#[cfg(not(feature = "flex"))]
pub(crate) fn own(_device: &Device, _kernels: Kernels) -> bool {
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

    fn follow(&self) -> Epilogue {
        Epilogue {
            relu: self.relu,
            pool: self.pool,
            moments: false,
        }
    }

    /// Which of our kernels computes it, and why.
    fn method(&self, kernels: Kernels) -> (ConvMethod, &'static str) {
        match kernels {
            Kernels::Direct => (ConvMethod::Direct, "train.kernels asks for it"),
            Kernels::Auto | Kernels::Stock => conv_method(&self.shape(1), self.follow()),
        }
    }

    /// Name of the kernel that computes it on `device`, and why.
    pub(crate) fn choice(&self, device: &Device, kernels: Kernels) -> Choice {
        let (method, why) = self.method(kernels);
        let name = match method {
            ConvMethod::Direct => "direct",
            ConvMethod::Winograd => "winograd",
        };
        choice(device, kernels, (name, why))
    }
}

/// Name of a kernel, and why it was taken.
pub(crate) type Choice = (&'static str, &'static str);

/// `ours` where our kernels are used, else stock with its reason.
pub(crate) fn choice(device: &Device, kernels: Kernels, ours: Choice) -> Choice {
    match (kernels, own(device, kernels)) {
        (Kernels::Stock, _) => ("stock", "train.kernels asks for it"),
        (_, false) => ("stock", "a device with kernels of its own"),
        (_, true) => ours,
    }
}

/// A convolution with flat weights `[filters, channels / groups, kernel rows, kernel columns]` and
/// a bias for each filter.
pub(crate) fn conv(
    batch: Batch,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &ConvUnit,
    kernels: Kernels,
) -> Batch {
    #[cfg(feature = "flex")]
    if own(&weight.device(), kernels) {
        return Batch::Last(flex::conv(
            batch.last(),
            weight,
            bias,
            unit,
            unit.method(kernels).0,
        ));
    }
    let _ = kernels;
    Batch::Image(stock::conv(batch.image(), weight, bias, unit))
}

/// A transposed convolution: the convolution that it is the transpose of, and Burn's own
/// description.
#[derive(Clone, Debug)]
pub(crate) struct TransposedUnit {
    /// Its input is this one's output; its output is this one's input.
    pub conv: ConvUnit,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    pub options: ConvTransposeOptions<2>,
    /// Rows and columns more than asked for, at the bottom and right.
    pub extra: [usize; 2],
}

impl TransposedUnit {
    /// Whether the convolution's output is as large as the input: with zeros behind further than
    /// the stride it is larger.
    fn has_kernel(&self) -> bool {
        self.conv.shape(1).output() == self.input
    }

    /// Name of the kernel that computes it on `device`, and why.
    pub(crate) fn choice(&self, device: &Device, kernels: Kernels) -> Choice {
        match self.has_kernel() {
            true => choice(
                device,
                kernels,
                ("direct", "the input gradient of a convolution"),
            ),
            false => ("stock", "zeros behind the output further than the stride"),
        }
    }
}

/// A transposed convolution with flat weights
/// `[channels, filters / groups, kernel rows, kernel columns]` and a bias for each filter.
pub(crate) fn transposed(
    batch: Batch,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &TransposedUnit,
    kernels: Kernels,
) -> Batch {
    #[cfg(feature = "flex")]
    if own(&weight.device(), kernels) && unit.has_kernel() {
        return Batch::Last(flex::transposed::transposed(
            batch.last(),
            weight,
            bias,
            &unit.conv,
        ));
    }
    let _ = kernels;
    Batch::Image(stock::transposed(batch.image(), weight, bias, unit))
}

/// Numbers of a batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NormUnit {
    pub epsilon: f64,
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// Normalises each channel by its mean and variance in `batch`, adds `summand`, and gives mean and
/// biased variance too.
pub(crate) fn batch_norm_train(
    batch: Batch,
    summand: Option<Batch>,
    [scale, shift]: [Tensor<1>; 2],
    unit: NormUnit,
    kernels: Kernels,
) -> (Batch, [Tensor<1>; 2]) {
    #[cfg(feature = "flex")]
    if own(&scale.device(), kernels) {
        return match batch {
            Batch::Flat(x) => {
                let (y, found) =
                    flex::norm::train(x, summand.map(Batch::flatten), [scale, shift], unit);
                (Batch::Flat(y), found)
            }
            image => {
                let (y, found) =
                    flex::norm::train(image.last(), summand.map(Batch::last), [scale, shift], unit);
                (Batch::Last(y), found)
            }
        };
    }
    let _ = kernels;
    match batch {
        Batch::Flat(x) => {
            let (y, found) =
                stock::batch_norm_train(x, summand.map(Batch::flatten), [scale, shift], unit);
            (Batch::Flat(y), found)
        }
        image => {
            let (y, found) = stock::batch_norm_train(
                image.image(),
                summand.map(Batch::image),
                [scale, shift],
                unit,
            );
            (Batch::Image(y), found)
        }
    }
}

/// [`conv`] and [`batch_norm_train`] of its output at once; the convolution is a bare one.
pub(crate) fn conv_norm_train(
    batch: Batch,
    summand: Option<Batch>,
    (weight, bias, conv): (Tensor<1>, Option<Tensor<1>>, &ConvUnit),
    (numbers, norm): ([Tensor<1>; 2], NormUnit),
    kernels: Kernels,
) -> (Batch, [Tensor<1>; 2]) {
    #[cfg(feature = "flex")]
    if own(&weight.device(), kernels) {
        let bias = bias.unwrap_or_else(|| flex::no_bias(conv.filters, &weight.device()));
        let ([scale, shift], method) = (numbers, conv.method(kernels).0);
        let parameters = [weight, bias, scale, shift];
        let (y, found) = flex::conv_norm::train(
            batch.last(),
            summand.map(Batch::last),
            parameters,
            (conv, method),
            norm,
        );
        return (Batch::Last(y), found);
    }
    batch_norm_train(
        self::conv(batch, weight, bias, conv, kernels),
        summand,
        numbers,
        norm,
        kernels,
    )
}

/// Normalises each channel by a given mean and variance (`[scale, shift, mean, variance]`) and adds
/// `summand`; gives no gradients.
pub(crate) fn batch_norm(
    batch: Batch,
    summand: Option<Batch>,
    numbers: [Tensor<1>; 4],
    unit: NormUnit,
    kernels: Kernels,
) -> Batch {
    #[cfg(feature = "flex")]
    if own(&numbers[0].device(), kernels) {
        return match batch {
            Batch::Flat(x) => Batch::Flat(flex::norm::apply(
                x,
                summand.map(Batch::flatten),
                numbers,
                unit,
            )),
            image => Batch::Last(flex::norm::apply(
                image.last(),
                summand.map(Batch::last),
                numbers,
                unit,
            )),
        };
    }
    let _ = kernels;
    batch_norm_fixed(batch, summand, numbers, unit)
}

/// [`conv`] and [`batch_norm`] of its output at once; the convolution is a bare one.
pub(crate) fn conv_norm(
    batch: Batch,
    summand: Option<Batch>,
    (weight, bias, conv): (Tensor<1>, Option<Tensor<1>>, &ConvUnit),
    (numbers, norm): ([Tensor<1>; 4], NormUnit),
    kernels: Kernels,
) -> Batch {
    #[cfg(feature = "flex")]
    if own(&weight.device(), kernels) && summand.is_none() {
        let (weight, bias) = flex::conv_norm::folded(weight, bias, numbers, norm.epsilon);
        let unit = ConvUnit {
            relu: norm.relu,
            ..conv.clone()
        };
        return Batch::Last(flex::conv(
            batch.last(),
            weight,
            Some(bias),
            &unit,
            unit.method(kernels).0,
        ));
    }
    batch_norm(
        self::conv(batch, weight, bias, conv, kernels),
        summand,
        numbers,
        norm,
        kernels,
    )
}

/// As [`batch_norm`], with gradients: the norm of a frozen layer.
pub(crate) fn batch_norm_fixed(
    batch: Batch,
    summand: Option<Batch>,
    numbers: [Tensor<1>; 4],
    unit: NormUnit,
) -> Batch {
    match batch {
        Batch::Flat(x) => Batch::Flat(stock::batch_norm(
            x,
            summand.map(Batch::flatten),
            numbers,
            unit,
        )),
        image => Batch::Image(stock::batch_norm(
            image.image(),
            summand.map(Batch::image),
            numbers,
            unit,
        )),
    }
}

/// Sizes of a pooling of `batch`, if our kernels compute it.
fn pool_shape(
    batch: &Batch,
    size: [[usize; 2]; 2],
    padding: [(usize, usize); 2],
) -> Option<PoolShape> {
    let [images, channels, height, width] = batch.dims().try_into().ok()?;
    let (padding, [window, stride]) = (padding.map(|(before, after)| [before, after]), size);
    let shape = PoolShape {
        images,
        input: [height, width],
        channels,
        window,
        stride,
        padding,
    };
    shape.is_supported().then_some(shape)
}

fn max_pool_shape(batch: &Batch, options: &MaxPoolOptions<2>) -> Option<PoolShape> {
    let plain = options.dilation == [1, 1] && !options.ceil_mode;
    pool_shape(
        batch,
        [options.kernel_size, options.stride],
        options.padding,
    )
    .filter(|_| plain)
}

fn average_pool_shape(batch: &Batch, options: &AvgPoolOptions<2>) -> Option<PoolShape> {
    let plain = !options.count_include_pad && !options.ceil_mode;
    pool_shape(
        batch,
        [options.kernel_size, options.stride],
        options.padding,
    )
    .filter(|_| plain)
}

/// Largest value of each window; padding is never the largest.
pub(crate) fn max_pool(batch: Batch, options: &MaxPoolOptions<2>, kernels: Kernels) -> Batch {
    #[cfg(feature = "flex")]
    if let (true, Some(shape)) = (
        own(&batch.device(), kernels),
        max_pool_shape(&batch, options),
    ) {
        return Batch::Last(flex::pool::max(batch.last(), shape));
    }
    let _ = kernels;
    Batch::Image(stock::max_pool(batch.image(), options))
}

/// Mean of each window; padding does not count.
pub(crate) fn average_pool(batch: Batch, options: &AvgPoolOptions<2>, kernels: Kernels) -> Batch {
    #[cfg(feature = "flex")]
    if let (true, Some(shape)) = (
        own(&batch.device(), kernels),
        average_pool_shape(&batch, options),
    ) {
        return Batch::Last(flex::pool::average(batch.last(), shape));
    }
    let _ = kernels;
    Batch::Image(stock::average_pool(batch.image(), options))
}

/// `[batch, channels]`: mean of each plane.
pub(crate) fn global_average(batch: Batch, kernels: Kernels) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if own(&batch.device(), kernels) {
        return flex::pool::global_average(batch.last());
    }
    let _ = kernels;
    stock::global_average(batch.image())
}

/// `[batch, channels * height * width]` from `[batch, height, width, channels]`.
pub(crate) fn flatten(x: Tensor<4>) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if own(&x.device(), Kernels::Auto) && x.dims().iter().all(|&n| n > 0) {
        return flex::flatten::flatten(x);
    }
    x.permute([0, 3, 1, 2]).flatten(1, 3)
}

/// A dense layer and what follows it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenseUnit {
    pub units: usize,
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// `[batch, units]` from `x` `[batch, features]`, flat weights `[units, features]` and a bias for
/// each unit.
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
    let _ = kernels;
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

/// Takes the step in one pass over the values, if there is a kernel for it; else nothing is changed
/// and it says so.
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
