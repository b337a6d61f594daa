//! The forward pass of a dense layer.

use super::product::{PackedProduct, RightMatrix, panels_of, steps};
use super::shape::DenseShape;
use crate::matrix::{Finish, LeftRows};
use crate::simd::{Kernel, PANEL, Vector, dispatch};
use crate::threads;

/// `x · weightᵀ + bias`, followed by ReLU with `relu`.
///
/// # Panics
/// If the length of a slice does not match `shape`.
pub fn dense_forward(
    shape: &DenseShape,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
) -> Vec<f32> {
    shape.check(x, weight);
    assert!(
        bias.is_none_or(|b| b.len() == shape.units),
        "bias of {shape:?}"
    );
    // SAFETY: all sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(DenseForwardKernel {
            shape,
            x,
            weight,
            bias,
            relu,
        })
    }
}

struct DenseForwardKernel<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    relu: bool,
}

impl Kernel for DenseForwardKernel<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let DenseForwardKernel {
            shape:
                &DenseShape {
                    rows,
                    features,
                    units,
                },
            x,
            weight,
            bias,
            relu,
        } = self;
        let (inputs, outputs) = (steps(rows, features), steps(rows, units));
        let mut y: Vec<f32> = Vec::with_capacity(rows * units);
        let to = y.as_mut_ptr();
        let panels = units.div_ceil(PANEL);
        let tasks = self.shape.tasks(panels);
        threads::run_tasks(tasks, |i| {
            let units = panels_of(units, threads::task_range(panels, tasks, i));
            let bias = bias.map_or(std::ptr::null(), |b| b[units.start..].as_ptr());
            let weight = &weight[units.start * features..units.end * features];
            V::outlined(PackedProduct {
                x: x.as_ptr(),
                rows: LeftRows {
                    inputs: &inputs,
                    taps: &[0],
                    run: features,
                    new_values: features,
                },
                matrix: RightMatrix::Rows(weight),
                columns: units.len(),
                finish: Finish {
                    bias,
                    relu,
                    stream: false,
                },
                y: to.add(units.start),
                outputs: &outputs,
            });
        });
        y.set_len(rows * units);
        y
    }
}
