//! Which implementation of the operations computes a network.

#[cfg(feature = "flex")]
use super::flex::FlexOps;
use super::fused::FusedNorm;
use super::interface::Ops;
#[cfg(feature = "libtorch")]
use super::libtorch::TorchOps;
use super::stock::{self, StockOps};
use crate::batch::Batch;
use burn::tensor::{Device, Tensor};
use convsweep_spec::train::{Kernels, Precision};

/// What decides, besides the device, which operations compute a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arithmetic {
    pub kernels: Kernels,
    pub precision: Precision,
}

/// The operations for tensors on `device`.
#[cfg_attr(
    not(any(feature = "flex", feature = "libtorch")),
    expect(unused_variables, reason = "all other devices have the same")
)]
pub(crate) fn ops_for(device: &Device, arithmetic: Arithmetic) -> &'static dyn Ops {
    let is_bf16 = arithmetic.precision == Precision::Bf16;
    match arithmetic.kernels {
        Kernels::Stock if is_bf16 => &StockOps::REQUESTED_BF16,
        Kernels::Stock => &StockOps::REQUESTED,
        #[cfg(feature = "flex")]
        Kernels::Auto if super::flex::runs_on(device) => &FlexOps::AUTO,
        #[cfg(feature = "flex")]
        Kernels::Direct if super::flex::runs_on(device) => &FlexOps::DIRECT,
        #[cfg(feature = "libtorch")]
        Kernels::Auto | Kernels::Direct if super::libtorch::runs_on(device) => match is_bf16 {
            true => &TorchOps::BF16,
            false => &TorchOps::F32,
        },
        Kernels::Auto | Kernels::Direct if is_bf16 => &StockOps::OF_DEVICE_BF16,
        Kernels::Auto | Kernels::Direct => &StockOps::OF_DEVICE,
    }
}

/// As [`Ops::batch_norm`], but with gradients: the norm of a frozen layer. Our kernels do not cover
/// it.
pub(crate) fn batch_norm_with_gradients(
    batch: Batch,
    summand: Option<Batch>,
    parameters: [Tensor<1>; 4],
    norm: FusedNorm,
) -> Batch {
    stock::batch_norm(batch, summand, parameters, norm)
}
