//! Dense layers: every input to every unit, forward and backward, with ReLU fused in.

use crate::block::{DotsTarget, Finish, LeftRows, OuterFactors, OuterTarget, dots, outer};
use crate::buffer::Buffer;
use crate::conv::LayerGradients;
use crate::pool::{add_rows, mask};
use crate::simd::{Kernel, PANEL, Vector, dispatch};
use crate::threads;
use crate::transpose::to_lanes;
use std::ops::Range;

/// Sizes of a dense layer: `x` is `[rows, features]`, the weights are `[units, features]`, the
/// output is `[rows, units]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Images of the batch.
    pub rows: usize,
    /// Inputs.
    pub features: usize,
    /// Outputs.
    pub units: usize,
}

/// `x · weightᵀ + bias`, at least 0 with `relu`.
///
/// # Panics
/// Where a slice does not have the size that `shape` says.
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
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        dispatch(DenseForward {
            shape,
            x,
            weight,
            bias,
            relu,
        })
    }
}

/// LayerGradients of the weights, the bias and, where `want_input`, the input, from that of the output.
/// `output` is read with `relu` only.
///
/// # Panics
/// As [`dense_forward`].
pub fn dense_backward(
    shape: &DenseShape,
    x: &[f32],
    weight: &[f32],
    output: &[f32],
    gradient: &[f32],
    relu: bool,
    want_input: bool,
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
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        dispatch(DenseBackward {
            shape,
            x,
            weight,
            output,
            gradient,
            relu,
            want_input,
        })
    }
}

impl DenseShape {
    /// Tasks that `count` columns are cut into: one where threads would wait for each other longer
    /// than they compute.
    fn tasks(&self, count: usize) -> usize {
        if self.rows * self.features * self.units < 1 << 20 {
            1
        } else {
            threads::task_count(count)
        }
    }

    fn check(&self, x: &[f32], weight: &[f32]) {
        assert!(
            self.features > 0 && self.units > 0,
            "a size of zero in {self:?}"
        );
        assert_eq!(x.len(), self.rows * self.features, "input of {self:?}");
        assert_eq!(
            weight.len(),
            self.units * self.features,
            "weights of {self:?}"
        );
    }
}

struct DenseForward<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    relu: bool,
}

impl Kernel for DenseForward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let DenseForward {
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
            V::outlined(DenseProduct {
                x: x.as_ptr(),
                rows: LeftRows {
                    inputs: &inputs,
                    taps: &[0],
                    run: features,
                    fresh: features,
                },
                matrix: DenseWeight::Rows(weight),
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

/// The columns of some panels.
fn panels_of(columns: usize, panels: Range<usize>) -> Range<usize> {
    panels.start * PANEL..(panels.end * PANEL).min(columns)
}

/// LeftRows times a matrix that is packed first.
struct DenseProduct<'a> {
    x: *const f32,
    rows: LeftRows<'a>,
    matrix: DenseWeight<'a>,
    columns: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &'a [usize],
}

#[derive(Clone, Copy)]
enum DenseWeight<'a> {
    /// The columns lie as rows, one behind the other.
    Rows(&'a [f32]),
    /// LeftRows so long, from a column on.
    Columns(&'a [f32], usize, usize),
}

impl Kernel for DenseProduct<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DenseProduct {
            x,
            rows,
            matrix,
            columns,
            finish,
            y,
            outputs,
        } = self;
        let mut packed = Buffer::new(columns.div_ceil(PANEL) * PANEL * rows.len());
        match matrix {
            DenseWeight::Rows(matrix) => pack_transposed::<V>(matrix, rows.len(), &mut packed),
            DenseWeight::Columns(matrix, length, first) => {
                pack_panels(matrix, length, first..first + columns, &mut packed)
            }
        }
        dots::<V>(
            x,
            rows,
            packed.as_ptr(),
            columns,
            finish,
            DotsTarget {
                y,
                outputs,
                panel: PANEL,
            },
        );
    }
}

struct DenseBackward<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    relu: bool,
    want_input: bool,
}

impl Kernel for DenseBackward<'_> {
    type Output = LayerGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LayerGradients {
        let DenseBackward {
            shape,
            x,
            weight,
            output,
            gradient,
            relu,
            want_input,
        } = self;
        let &DenseShape {
            rows,
            features,
            units,
        } = shape;
        let mut masked = Buffer::new(if relu { gradient.len() } else { 0 });
        let gradient = if relu {
            mask::<V>(gradient, output, &mut masked[..gradient.len()]);
            &masked[..gradient.len()]
        } else {
            gradient
        };
        let mut found = LayerGradients {
            bias: vec![0.0; units],
            weight: vec![0.0; weight.len()],
            input: vec![],
        };
        add_rows::<V>(gradient, &mut found.bias);
        let (by_unit, by_feature) = (steps(rows, units), steps(rows, features));
        let places = steps(units, 1);
        let pixels = OuterFactors {
            x: gradient.as_ptr(),
            inputs: &by_unit,
            g: x.as_ptr(),
            grads: &by_feature,
        };
        let to = found.weight.as_mut_ptr();
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
            outer::<V>(pixels, &places[units], features, sums);
        });
        if want_input {
            found.input = Vec::with_capacity(x.len());
            let to = found.input.as_mut_ptr();
            let panels = features.div_ceil(PANEL);
            let tasks = shape.tasks(panels);
            threads::run_tasks(tasks, |i| {
                let columns = panels_of(features, threads::task_range(panels, tasks, i));
                V::outlined(DenseProduct {
                    x: gradient.as_ptr(),
                    rows: LeftRows {
                        inputs: &by_unit,
                        taps: &[0],
                        run: units,
                        fresh: units,
                    },
                    matrix: DenseWeight::Columns(weight, features, columns.start),
                    columns: columns.len(),
                    finish: Finish::NONE,
                    y: to.add(columns.start),
                    outputs: &by_feature,
                });
            });
            found.input.set_len(x.len());
        }
        found
    }
}

fn steps(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|i| i * step).collect()
}

/// LeftRows of `matrix` (`columns` long) become columns of panels; zeros behind the last.
///
/// # Safety
/// `out` has room for the panels.
#[inline(always)]
unsafe fn pack_transposed<V: Vector>(matrix: &[f32], columns: usize, out: &mut [f32]) {
    let offsets = steps(columns, PANEL);
    let rows = matrix.len() / columns;
    for row in (0..rows.next_multiple_of(PANEL)).step_by(V::LANES) {
        let lanes = rows.saturating_sub(row).min(V::LANES);
        let to = out
            .as_mut_ptr()
            .add(row / PANEL * PANEL * columns + row % PANEL);
        to_lanes::<V>(
            matrix.as_ptr().wrapping_add(row * columns),
            columns,
            lanes,
            to,
            &offsets,
        );
    }
}

/// Some columns of `matrix` (rows `length` long) cut into panels; zeros behind the last.
fn pack_panels(matrix: &[f32], length: usize, columns: Range<usize>, out: &mut [f32]) {
    let rows = matrix.len() / length;
    for (column, out) in columns
        .clone()
        .step_by(PANEL)
        .zip(out.chunks_exact_mut(rows * PANEL))
    {
        let n = (columns.end - column).min(PANEL);
        for (row, out) in matrix.chunks_exact(length).zip(out.chunks_exact_mut(PANEL)) {
            out[..n].copy_from_slice(&row[column..][..n]);
            out[n..].fill(0.0);
        }
    }
}
