//! Joins operations that can be computed at once: a convolution or dense layer with the ReLU and the 2×2 pooling behind it.

use crate::operation::Operation;
use burn::tensor::ops::MaxPoolOptions;
use convsweep_spec::model::Activation;

/// The same operations, joined where they can be.
pub(crate) fn fuse(operations: Vec<Operation>) -> Vec<Operation> {
    let mut fused: Vec<Operation> = Vec::new();
    for operation in operations {
        let joined = fused.last_mut().is_some_and(|last| joins(last, &operation));
        if !joined {
            fused.push(operation);
        }
    }
    fused
}

/// Whether `next` became a part of `last`.
fn joins(last: &mut Operation, next: &Operation) -> bool {
    match (last, next) {
        (Operation::Conv { unit, .. }, Operation::Activation(Activation::Relu)) if !unit.pool => unit.relu = true,
        (Operation::Conv { unit, .. }, Operation::MaxPool(options)) if !unit.pool && halves(options) => {
            unit.pool = true;
        }
        (Operation::Dense { unit, .. }, Operation::Activation(Activation::Relu)) => unit.relu = true,
        _ => return false,
    }
    true
}

/// Whether the windows are 2×2 blocks.
fn halves(options: &MaxPoolOptions<2>) -> bool {
    let MaxPoolOptions { kernel_size, stride, padding, dilation, ceil_mode } = options;
    [kernel_size, stride] == [&[2, 2]; 2] && *padding == [(0, 0); 2] && *dilation == [1, 1] && !ceil_mode
}
