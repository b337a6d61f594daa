//! Our kernels under Burn's flex backend, each with its own backward pass.
//!
//! Burn calls this a backend extension: a trait that is implemented for the backend and for its
//! autodiff decorator, and a generated dispatch from a tensor to the one it belongs to.
//!
//! Images come and go with their channels last and without gaps, so that Burn's own operations
//! between ours are fast too.

mod conv;
mod conv_norm;
mod dense;
mod flatten;
mod norm;
mod optimizer;
mod pool;
mod tensors;
mod transposed;

use super::fused::{FusedConv, FusedDense, FusedNorm, ParameterStep, TransposedConv};
use super::interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
use super::stock;
use crate::batch::Batch;
use burn::backend::DispatchDevice;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use convsweep_kernels::{ConvMethod, conv_method};

/// Whether tensors on `device` belong to the flex backend.
pub(super) fn runs_on(device: &Device) -> bool {
    let device = device.clone().inner();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_))
}

/// Our kernels.
#[derive(Debug)]
pub(super) struct FlexOps {
    /// Whether every convolution is computed by its definition.
    is_direct: bool,
}

impl FlexOps {
    /// The fastest kernel for each layer.
    pub(super) const AUTO: FlexOps = FlexOps { is_direct: false };

    /// Convolutions by their definition.
    pub(super) const DIRECT: FlexOps = FlexOps { is_direct: true };

    /// How a convolution is computed, and why.
    fn method(&self, conv: &FusedConv) -> (ConvMethod, &'static str) {
        match self.is_direct {
            true => (ConvMethod::Direct, "train.kernels asks for it"),
            false => conv_method(&conv.shape(1), conv.epilogue()),
        }
    }
}

impl Ops for FlexOps {
    fn kernel(&self, own: KernelAndReason) -> KernelAndReason {
        own
    }

    fn conv_kernel(&self, conv: &FusedConv) -> KernelAndReason {
        match self.method(conv) {
            (ConvMethod::Direct, reason) => ("direct", reason),
            (ConvMethod::Winograd, reason) => ("winograd", reason),
        }
    }

    /// Each output is summed up in an order that depends on the layer alone.
    fn keep_images_apart(&self) -> bool {
        true
    }

    fn fuses_norm_and_sum(&self) -> bool {
        true
    }

    fn conv(&self, batch: Batch, layer: WeightAndBias, conv: &FusedConv) -> Batch {
        let (method, _) = self.method(conv);
        Batch::ChannelsLast(conv::conv(batch.channels_last(), layer, conv, method))
    }

    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch {
        if !conv.is_exact_transpose() {
            return Batch::ChannelsFirst(stock::transposed(batch.channels_first(), layer, conv));
        }
        let x = batch.channels_last();
        Batch::ChannelsLast(transposed::transposed(x, layer, &conv.conv))
    }

    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
        dense::dense(x, layer, dense)
    }

    fn batch_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 2],
        norm: FusedNorm,
    ) -> (Batch, BatchMoments) {
        match batch {
            Batch::Flat(x) => {
                let summand = summand.map(Batch::flatten);
                let (y, moments) = norm::train(x, summand, parameters, norm);
                (Batch::Flat(y), moments)
            }
            image => {
                let (x, summand) = (image.channels_last(), summand.map(Batch::channels_last));
                let (y, moments) = norm::train(x, summand, parameters, norm);
                (Batch::ChannelsLast(y), moments)
            }
        }
    }

    fn batch_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 4],
        norm: FusedNorm,
    ) -> Batch {
        match batch {
            Batch::Flat(x) => {
                let summand = summand.map(Batch::flatten);
                Batch::Flat(norm::evaluate(x, summand, parameters, norm))
            }
            image => {
                let (x, summand) = (image.channels_last(), summand.map(Batch::channels_last));
                Batch::ChannelsLast(norm::evaluate(x, summand, parameters, norm))
            }
        }
    }

    fn conv_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        (layer, conv): (WeightAndBias, &FusedConv),
        (parameters, norm): ([Tensor<1>; 2], FusedNorm),
    ) -> (Batch, BatchMoments) {
        let (method, _) = self.method(conv);
        let (x, summand) = (batch.channels_last(), summand.map(Batch::channels_last));
        let (y, moments) = conv_norm::train(x, summand, layer, parameters, (conv, method), norm);
        (Batch::ChannelsLast(y), moments)
    }

    /// The norm becomes a part of the convolution's weights, unless something is added in between.
    fn conv_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        (layer, conv): (WeightAndBias, &FusedConv),
        (parameters, norm): ([Tensor<1>; 4], FusedNorm),
    ) -> Batch {
        if summand.is_some() {
            let batch = self.conv(batch, layer, conv);
            return self.batch_norm(batch, summand, parameters, norm);
        }
        let layer = conv_norm::fold(layer, parameters, norm.epsilon);
        let conv = FusedConv {
            relu: norm.relu,
            ..conv.clone()
        };
        self.conv(batch, layer, &conv)
    }

    fn max_pool(&self, batch: Batch, options: &MaxPoolOptions<2>) -> Batch {
        match pool::max_pool_shape(&batch, options) {
            Some(shape) => Batch::ChannelsLast(pool::max_pool(batch.channels_last(), shape)),
            None => stock::max_pool(batch, options),
        }
    }

    fn average_pool(&self, batch: Batch, options: &AvgPoolOptions<2>) -> Batch {
        match pool::average_pool_shape(&batch, options) {
            Some(shape) => Batch::ChannelsLast(pool::average_pool(batch.channels_last(), shape)),
            None => stock::average_pool(batch, options),
        }
    }

    fn global_average(&self, batch: Batch) -> Tensor<2> {
        pool::global_average(batch.channels_last())
    }

    fn flatten(&self, batch: Batch) -> Tensor<2> {
        match batch {
            Batch::ChannelsLast(x) if x.dims().iter().all(|&n| n > 0) => flatten::flatten(x),
            batch => batch.flatten(),
        }
    }

    fn step(
        &self,
        step: ParameterStep,
        parameter: &mut Tensor<1>,
        gradient: &Tensor<1>,
        moments: &mut [&mut Tensor<1>],
    ) -> bool {
        optimizer::step(step, parameter, gradient, moments)
    }

    fn sum_of_squares(&self, tensor: &Tensor<1>) -> Option<f64> {
        optimizer::sum_of_squares(tensor)
    }
}
