//! Joins operations that can be computed at once: what follows a layer (ReLU, pooling of 2×2
//! blocks) is computed with it.
//!
//! The builder does so for every list of operations, those of branches and residuals like the
//! network's own.

use crate::operation::{Operation, Pooling};
use burn::tensor::ops::MaxPoolOptions;
use convsweep_spec::model::{Activation, Join};

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
    let (name, joined) = match (last, next) {
        (
            Operation::Conv { unit, joined, .. },
            Operation::Pool {
                name,
                pooling: Pooling::Max(options),
            },
        ) if !unit.pool && halves(options) => {
            unit.pool = true;
            (name, joined)
        }
        (
            last,
            Operation::Activation {
                name,
                function: Activation::Relu,
            },
        ) => match last {
            Operation::Conv { unit, joined, .. } if !unit.pool => {
                unit.relu = true;
                (name, joined)
            }
            Operation::Dense { unit, joined, .. } => {
                unit.relu = true;
                (name, joined)
            }
            Operation::BatchNorm { norm, joined } => {
                norm.relu = true;
                (name, joined)
            }
            Operation::Branches {
                join: Join::Add,
                relu,
                joined,
                ..
            } => {
                *relu = true;
                (name, joined)
            }
            _ => return false,
        },
        _ => return false,
    };
    joined.push(name.clone());
    true
}

/// Whether the windows are 2×2 blocks.
fn halves(options: &MaxPoolOptions<2>) -> bool {
    let MaxPoolOptions {
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
    } = options;
    [kernel_size, stride] == [&[2, 2]; 2]
        && *padding == [(0, 0); 2]
        && *dilation == [1, 1]
        && !ceil_mode
}
