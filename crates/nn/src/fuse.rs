//! Fuses operations that can be computed in one pass: ReLU and the pooling of 2×2 blocks with the
//! layer before them.
//!
//! The builder does so for every list of operations, including those of branches and residuals.

use crate::operation::{Operation, Pooling};
use burn::tensor::ops::MaxPoolOptions;
use convsweep_spec::model::{Activation, Join};

/// The same operations, fused where they can be.
pub(crate) fn fuse(operations: Vec<Operation>) -> Vec<Operation> {
    let mut result: Vec<Operation> = Vec::new();
    for operation in operations {
        let last = result.last_mut();
        if !last.is_some_and(|last| is_fused(last, &operation)) {
            result.push(operation);
        }
    }
    result
}

/// Makes `next` a part of `last` if it can be; returns whether it did.
fn is_fused(last: &mut Operation, next: &Operation) -> bool {
    let (name, fused) = match next {
        Operation::Pool {
            name,
            pooling: Pooling::Max(options),
        } => (name, fuse_pool(last, options)),
        Operation::Activation {
            name,
            activation: Activation::Relu,
        } => (name, fuse_relu(last)),
        _ => return false,
    };
    match fused {
        Some(names) => {
            names.push(name.clone());
            true
        }
        None => false,
    }
}

/// Fuses a maximum pooling; the list of the fused layers' names, if it could.
fn fuse_pool<'a>(
    last: &'a mut Operation,
    options: &MaxPoolOptions<2>,
) -> Option<&'a mut Vec<String>> {
    match last {
        Operation::Conv { conv, fused, .. } if !conv.pool && has_2x2_blocks(options) => {
            conv.pool = true;
            Some(fused)
        }
        _ => None,
    }
}

/// Fuses a ReLU; the list of the fused layers' names, if it could.
fn fuse_relu(last: &mut Operation) -> Option<&mut Vec<String>> {
    match last {
        Operation::Conv { conv, fused, .. } if !conv.pool => {
            conv.relu = true;
            Some(fused)
        }
        Operation::Dense { dense, fused, .. } => {
            dense.relu = true;
            Some(fused)
        }
        Operation::BatchNorm { norm, fused } => {
            norm.relu = true;
            Some(fused)
        }
        Operation::Branches {
            join: Join::Add,
            relu,
            fused,
            ..
        } => {
            *relu = true;
            Some(fused)
        }
        _ => None,
    }
}

fn has_2x2_blocks(options: &MaxPoolOptions<2>) -> bool {
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
