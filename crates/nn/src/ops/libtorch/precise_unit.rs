//! The precision of a unit.

use super::unit::Unit;
use crate::ops::fused::{FusedConv, TransposedConv};
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// A unit in f32 or in bfloat16, as PyTorch's automatic mixed precision computes it.
#[derive(Clone, Debug)]
pub(super) struct PreciseUnit {
    pub unit: Unit,
    pub is_bf16: bool,
}

impl PreciseUnit {
    /// Computes it.
    pub(super) fn of(&self, inputs: &[Tensor]) -> Tensor {
        match self.is_bf16 {
            true => self
                .unit
                .of(&rounded(&self.unit, inputs))
                .to_kind(Kind::BFloat16),
            false => self.unit.of(inputs),
        }
    }
}

/// The inputs of a unit, rounded to bfloat16. The scale and shift of a norm are not: LibTorch takes
/// them in f32, as it sums up the moments.
fn rounded(unit: &Unit, inputs: &[Tensor]) -> Vec<Tensor> {
    let exact = exact_inputs(unit);
    let is_wrong = inputs[0].device() == Device::Cpu && is_wrong_on_cpu(unit);
    let mut rounded = Vec::with_capacity(inputs.len());
    for (number, input) in inputs.iter().enumerate() {
        if exact.contains(&number) {
            rounded.push(input.shallow_clone());
            continue;
        }
        let input = input.to_kind(Kind::BFloat16);
        rounded.push(match is_wrong {
            true => input.to_kind(Kind::Float),
            false => input,
        });
    }
    rounded
}

/// Numbers of the inputs that are not rounded.
fn exact_inputs(unit: &Unit) -> Range<usize> {
    match unit {
        Unit::BatchNorm(..) => 1..3,
        Unit::ConvNorm(..) => 2..4,
        _ => 0..0,
    }
}

/// Whether oneDNN, which computes convolutions in bfloat16 on CPUs, is wrong: where the rows of the
/// input or of the output have fewer pixels than the stride, it reads memory that was never
/// written, or crashes (LibTorch 2.9.0). Rounded values are then computed with in f32.
fn is_wrong_on_cpu(unit: &Unit) -> bool {
    match unit {
        Unit::Conv(conv) | Unit::ConvNorm(conv, ..) => is_narrow(conv, conv.shape(1).output()[1]),
        Unit::Transposed(TransposedConv { conv, input, .. }) => is_narrow(conv, input[1]),
        _ => false,
    }
}

/// Whether the rows of the input, or of the output, which have `columns`, are shorter than the
/// stride.
fn is_narrow(conv: &FusedConv, columns: usize) -> bool {
    conv.input[1].min(columns) < conv.stride[1]
}
