//! The backward pass of a dense layer.

use super::product::{PackedProduct, RightMatrix, panels_of, steps};
use super::shape::DenseShape;
use crate::buffer::Buffer;
use crate::conv::LayerGradients;
use crate::elementwise::{add_rows, mask_by_output};
use crate::matrix::{Finish, LeftRows, OuterFactors, OuterTarget, outer};
use crate::simd::{Kernel, PANEL, Vector, dispatch};
use crate::threads;

/// Gradients of the weights, the bias and, with `needs_input`, the input, from the gradient of the
/// output. `output` is only read with `relu`.
///
/// # Panics
/// As [`dense_forward`](super::dense_forward).
pub fn dense_backward(
    shape: &DenseShape,
    x: &[f32],
    weight: &[f32],
    output: &[f32],
    gradient: &[f32],
    relu: bool,
    needs_input: bool,
) -> LayerGradients {
    shape.check(x, weight);
    assert_eq!(
        gradient.len(),
        shape.rows * shape.units,
        "gradient of {shape:?}"
    );
    assert!(
        !relu || output.len() == gradient.len(),
        "output of {shape:?}"
    );
    // SAFETY: all sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(DenseBackwardKernel {
            shape,
            x,
            weight,
            output,
            gradient,
            relu,
            needs_input,
        })
    }
}

struct DenseBackwardKernel<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    relu: bool,
    needs_input: bool,
}

impl Kernel for DenseBackwardKernel<'_> {
    type Output = LayerGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LayerGradients {
        let DenseBackwardKernel {
            shape,
            x,
            weight,
            output,
            gradient,
            relu,
            needs_input,
        } = self;
        let &DenseShape {
            rows,
            features,
            units,
        } = shape;
        let mut masked = Buffer::new(if relu { gradient.len() } else { 0 });
        let gradient = if relu {
            mask_by_output::<V>(gradient, output, &mut masked[..gradient.len()]);
            &masked[..gradient.len()]
        } else {
            gradient
        };
        let mut gradients = LayerGradients {
            bias: vec![0.0; units],
            weight: vec![0.0; weight.len()],
            input: vec![],
        };
        add_rows::<V>(gradient, &mut gradients.bias);
        let (gradient_rows, input_rows) = (steps(rows, units), steps(rows, features));
        let unit_offsets = steps(units, 1);
        let pixels = OuterFactors {
            x: gradient.as_ptr(),
            inputs: &gradient_rows,
            g: x.as_ptr(),
            grads: &input_rows,
        };
        let to = gradients.weight.as_mut_ptr();
        let tasks = shape.tasks(units);
        threads::run_tasks(tasks, |i| {
            let units = threads::task_range(units, tasks, i);
            let c = to.add(units.start * features);
            let sums = OuterTarget {
                c,
                row: features,
                panel: PANEL,
                right: std::ptr::null_mut(),
            };
            outer::<V>(pixels, &unit_offsets[units], features, sums);
        });
        if needs_input {
            gradients.input = Vec::with_capacity(x.len());
            let to = gradients.input.as_mut_ptr();
            let panels = features.div_ceil(PANEL);
            let tasks = shape.tasks(panels);
            threads::run_tasks(tasks, |i| {
                let columns = panels_of(features, threads::task_range(panels, tasks, i));
                V::outlined(PackedProduct {
                    x: gradient.as_ptr(),
                    rows: LeftRows {
                        inputs: &gradient_rows,
                        taps: &[0],
                        run: units,
                        new_values: units,
                    },
                    matrix: RightMatrix::Columns {
                        values: weight,
                        row_len: features,
                        first: columns.start,
                    },
                    columns: columns.len(),
                    finish: Finish::NONE,
                    y: to.add(columns.start),
                    outputs: &input_rows,
                });
            });
            gradients.input.set_len(x.len());
        }
        gradients
    }
}
