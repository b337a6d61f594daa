//! LibTorch's own operations for images under Burn's LibTorch backend, on CPUs and GPUs.
//!
//! Burn's backend has LibTorch's forward convolution only, and differentiates it by operations of
//! its own. Here a layer with what follows it is one unit, which LibTorch differentiates itself.

mod kernel;
mod optimizer;
mod precise_unit;
mod recording;
mod unit;

use super::fused::{FusedConv, FusedDense, FusedNorm, ParameterStep, TransposedConv};
use super::interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
use super::stock;
use crate::batch::Batch;
use burn::backend::DispatchDevice;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, FloatDType, Slice, Tensor};
use burn_tch::LibTorch;
use convsweep_spec::model::Activation;
use kernel::{of_conv_norm, of_layer, of_norm, of_one};
use precise_unit::PreciseUnit;
use unit::{FoundMoments, Unit};

/// Whether tensors on `device` belong to the LibTorch backend.
pub(super) fn runs_on(device: &Device) -> bool {
    let device = device.clone().inner();
    matches!(device.as_dispatch(), DispatchDevice::LibTorch(_))
}

/// LibTorch's operations.
#[derive(Debug)]
pub(super) struct TorchOps {
    /// Whether they compute in bfloat16, as what they make of a batch then is.
    is_bf16: bool,
}

impl TorchOps {
    /// In f32.
    pub(super) const F32: TorchOps = TorchOps { is_bf16: false };
    /// In bfloat16.
    pub(super) const BF16: TorchOps = TorchOps { is_bf16: true };

    /// Why all layers are computed so.
    fn reason(&self) -> &'static str {
        match self.is_bf16 {
            true => "the device's own library, in bfloat16",
            false => "the device's own library",
        }
    }

    /// A unit in the precision of these operations.
    fn precise(&self, unit: Unit) -> PreciseUnit {
        PreciseUnit {
            unit,
            is_bf16: self.is_bf16,
        }
    }
}

impl Ops for TorchOps {
    fn kernel(&self, _own: KernelAndReason) -> KernelAndReason {
        ("libtorch", self.reason())
    }

    fn conv_kernel(&self, _conv: &FusedConv) -> KernelAndReason {
        ("libtorch", self.reason())
    }

    /// oneDNN and cuDNN choose by the size of the batch.
    fn keep_images_apart(&self) -> bool {
        false
    }

    fn fuses_norm_and_sum(&self) -> bool {
        true
    }

    fn conv(&self, batch: Batch, layer: WeightAndBias, conv: &FusedConv) -> Batch {
        let unit = self.precise(Unit::Conv(conv.clone()));
        Batch::ChannelsLast(of_layer(
            batch.channels_last(),
            layer.weight,
            layer.bias,
            unit,
        ))
    }

    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch {
        let unit = self.precise(Unit::Transposed(conv.clone()));
        Batch::ChannelsLast(of_layer(
            batch.channels_last(),
            layer.weight,
            layer.bias,
            unit,
        ))
    }

    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
        let unit = self.precise(Unit::Dense {
            units: dense.units as i64,
            relu: dense.relu,
        });
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
        let unit = self.precise(Unit::BatchNorm(norm, found.clone()));
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
        (y, moments_of(&found))
    }

    fn conv_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        (layer, conv): (WeightAndBias, &FusedConv),
        (parameters, norm): ([Tensor<1>; 2], FusedNorm),
    ) -> (Batch, BatchMoments) {
        if layer.bias.is_some() {
            let batch = self.conv(batch, layer, conv);
            return self.batch_norm_train(batch, summand, parameters, norm);
        }
        let found = FoundMoments::default();
        let unit = self.precise(Unit::ConvNorm(conv.clone(), norm, found.clone()));
        let (x, summand) = (batch.channels_last(), summand.map(Batch::channels_last));
        let y = of_conv_norm(x, layer.weight, parameters, summand, unit);
        (Batch::ChannelsLast(y), moments_of(&found))
    }

    fn batch_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 4],
        norm: FusedNorm,
    ) -> Batch {
        let summand = summand.map(|summand| self.widened(summand));
        stock::batch_norm(self.widened(batch), summand, parameters, norm)
    }

    fn max_pool(&self, batch: Batch, options: &MaxPoolOptions<2>) -> Batch {
        match is_even(options.padding) {
            true => {
                let unit = self.precise(Unit::MaxPool(options.clone()));
                Batch::ChannelsLast(of_one(batch.channels_last(), unit))
            }
            false => stock::max_pool(self.widened(batch), options),
        }
    }

    fn average_pool(&self, batch: Batch, options: &AvgPoolOptions<2>) -> Batch {
        match is_even(options.padding) {
            true => {
                let unit = self.precise(Unit::AveragePool(options.clone()));
                Batch::ChannelsLast(of_one(batch.channels_last(), unit))
            }
            false => stock::average_pool(self.widened(batch), options),
        }
    }

    fn widened(&self, batch: Batch) -> Batch {
        match self.is_bf16 {
            true => batch.map(in_f32, in_f32),
            false => batch,
        }
    }

    /// Burn's gradient of a slice with steps reads single values.
    fn strided(&self, x: Tensor<4>, slices: [Slice; 4]) -> Tensor<4> {
        let slices = slices.map(|slice| {
            let end = slice.end.map(|end| end as i64);
            (slice.start as i64, end, slice.step as i64)
        });
        let unit = PreciseUnit {
            unit: Unit::Strided(slices),
            is_bf16: false,
        };
        of_one(x, unit)
    }

    fn global_average(&self, batch: Batch) -> Tensor<2> {
        of_one(batch.channels_last(), self.precise(Unit::GlobalAverage))
    }

    fn activate(&self, batch: Batch, activation: Activation) -> Batch {
        let unit = || self.precise(Unit::Activation(activation));
        batch.map(|x| of_one(x, unit()), |x| of_one(x, unit()))
    }

    fn record(&self, parameters: &[&Tensor<1>], frozen: &[bool]) -> Option<Vec<Tensor<1>>> {
        recording::begin(parameters, frozen)
    }

    fn differentiate(
        &self,
        logits: Tensor<2>,
        gradient: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
        recorded: &[Tensor<1>],
    ) -> Option<Vec<Tensor<1>>> {
        recording::end(logits, gradient, recorded)
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
}

/// The moments that a unit has found in its forward pass.
fn moments_of(found: &FoundMoments) -> BatchMoments {
    let moments = found.get().expect("a unit with a norm sets its moments");
    moments.clone().map(Tensor::from_primitive::<LibTorch>)
}

fn in_f32<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.cast(FloatDType::F32)
}

/// Whether the padding is the same on both sides, as LibTorch has it for pools.
fn is_even(padding: [(usize, usize); 2]) -> bool {
    padding.iter().all(|(before, after)| before == after)
}
