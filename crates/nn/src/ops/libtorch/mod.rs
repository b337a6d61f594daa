//! LibTorch's own operations for images under Burn's LibTorch backend, on CPUs and GPUs.
//!
//! Burn's backend has LibTorch's forward convolution only, and differentiates it by operations of
//! its own. Here a layer with what follows it is one unit, which LibTorch differentiates itself.

mod kernel;
mod unit;

use super::fused::{FusedConv, FusedDense, FusedNorm, TransposedConv};
use super::interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
use super::stock;
use crate::batch::Batch;
use burn::backend::DispatchDevice;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use burn_tch::LibTorch;
use kernel::{of_layer, of_norm, of_one};
use unit::{FoundMoments, Unit};

/// Why all layers are computed so.
const REASON: &str = "the device's own library";

/// Whether tensors on `device` belong to the LibTorch backend.
pub(super) fn runs_on(device: &Device) -> bool {
    let device = device.clone().inner();
    matches!(device.as_dispatch(), DispatchDevice::LibTorch(_))
}

/// LibTorch's operations.
#[derive(Debug)]
pub(super) struct TorchOps;

impl Ops for TorchOps {
    fn kernel(&self, _own: KernelAndReason) -> KernelAndReason {
        ("libtorch", REASON)
    }

    fn conv_kernel(&self, _conv: &FusedConv) -> KernelAndReason {
        ("libtorch", REASON)
    }

    /// oneDNN and cuDNN choose by the size of the batch.
    fn keep_images_apart(&self) -> bool {
        false
    }

    fn fuses_norm_and_sum(&self) -> bool {
        true
    }

    fn conv(&self, batch: Batch, layer: WeightAndBias, conv: &FusedConv) -> Batch {
        let unit = Unit::Conv(conv.clone());
        Batch::ChannelsLast(of_layer(
            batch.channels_last(),
            layer.weight,
            layer.bias,
            unit,
        ))
    }

    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch {
        let unit = Unit::Transposed(conv.clone());
        Batch::ChannelsLast(of_layer(
            batch.channels_last(),
            layer.weight,
            layer.bias,
            unit,
        ))
    }

    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
        let unit = Unit::Dense {
            units: dense.units as i64,
            relu: dense.relu,
        };
        of_layer(x, layer.weight, layer.bias, unit)
    }

    fn batch_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 2],
        norm: FusedNorm,
    ) -> (Batch, BatchMoments) {
        let found = FoundMoments::default();
        let unit = Unit::BatchNorm(norm, found.clone());
        let device = parameters[0].device().inner();
        let y = match batch {
            Batch::Flat(x) => {
                let summand = summand.map(Batch::flatten);
                Batch::Flat(of_norm(x, parameters, summand, unit))
            }
            image => {
                let (x, summand) = (image.channels_last(), summand.map(Batch::channels_last));
                Batch::ChannelsLast(of_norm(x, parameters, summand, unit))
            }
        };
        let moments = match found.get() {
            Some(moments) => moments.clone().map(Tensor::from_primitive::<LibTorch>),
            None => [0, 1].map(|_| Tensor::empty([0], &device)),
        };
        (y, moments)
    }

    fn batch_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 4],
        norm: FusedNorm,
    ) -> Batch {
        stock::batch_norm(batch, summand, parameters, norm)
    }

    fn max_pool(&self, batch: Batch, options: &MaxPoolOptions<2>) -> Batch {
        match is_even(options.padding) {
            true => {
                let unit = Unit::MaxPool(options.clone());
                Batch::ChannelsLast(of_one(batch.channels_last(), unit))
            }
            false => stock::max_pool(batch, options),
        }
    }

    fn average_pool(&self, batch: Batch, options: &AvgPoolOptions<2>) -> Batch {
        match is_even(options.padding) {
            true => {
                let unit = Unit::AveragePool(options.clone());
                Batch::ChannelsLast(of_one(batch.channels_last(), unit))
            }
            false => stock::average_pool(batch, options),
        }
    }

    fn global_average(&self, batch: Batch) -> Tensor<2> {
        of_one(batch.channels_last(), Unit::GlobalAverage)
    }
}

/// Whether the padding is the same on both sides, as LibTorch has it for pools.
fn is_even(padding: [(usize, usize); 2]) -> bool {
    padding.iter().all(|(before, after)| before == after)
}
