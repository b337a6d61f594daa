//! The operations that a device may have kernels of its own for, and the choice among them.
//!
//! [`Ops`] is implemented by `flex` (our kernels, on the CPU), `libtorch` (LibTorch's own, with its
//! own gradients) and `stock` (Burn's operations, on every device). Another backend with kernels of
//! its own is a further folder here and an arm in `choose.rs`.

mod choose;
#[cfg(feature = "flex")]
mod flex;
mod fused;
mod interface;
#[cfg(feature = "libtorch")]
#[expect(
    deprecated,
    reason = "the last release of Burn with LibTorch marks it so"
)]
mod libtorch;
mod stock;

pub(crate) use choose::{Arithmetic, batch_norm_with_gradients, ops_for};
pub(crate) use fused::{FusedConv, FusedDense, FusedNorm, ParameterStep, TransposedConv};
pub(crate) use interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
