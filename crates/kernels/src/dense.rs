//! Dense layers: every input to every unit, forward and backward, with ReLU fused in.

use crate::block::{Finish, PLAIN, Pixels, Rows, Sums, Target, dots, outer};
use crate::buffer::Buffer;
use crate::conv::Gradients;
use crate::pool::{add_rows, mask};
use crate::simd::{Kernel, Vector, dispatch, panel};
use crate::transpose::to_lanes;

/// Sizes of a dense layer: `x` is `[rows, features]`, the weights are `[units, features]`, the output is `[rows, units]`.
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
pub fn dense_forward(shape: &DenseShape, x: &[f32], weight: &[f32], bias: Option<&[f32]>, relu: bool) -> Vec<f32> {
    shape.check(x, weight);
    assert!(bias.is_none_or(|b| b.len() == shape.units), "bias of {shape:?}");
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe { dispatch(Forward { shape, x, weight, bias, relu }) }
}

/// Gradients of the weights, the bias and, where `want_input`, the input, from that of the output. `output` is read with `relu` only.
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
) -> Gradients {
    shape.check(x, weight);
    assert_eq!(gradient.len(), shape.rows * shape.units, "gradient of {shape:?}");
    assert!(!relu || output.len() == gradient.len(), "output of {shape:?}");
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe { dispatch(Backward { shape, x, weight, output, gradient, relu, want_input }) }
}

impl DenseShape {
    fn check(&self, x: &[f32], weight: &[f32]) {
        assert!(self.features > 0 && self.units > 0, "a size of zero in {self:?}");
        assert_eq!(x.len(), self.rows * self.features, "input of {self:?}");
        assert_eq!(weight.len(), self.units * self.features, "weights of {self:?}");
    }
}

struct Forward<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    relu: bool,
}

impl Kernel for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let Forward { shape: &DenseShape { rows, features, units }, x, weight, bias, relu } = self;
        let width = panel::<V>();
        let mut packed = Buffer::new(units.div_ceil(width) * width * features);
        pack_transposed::<V>(weight, features, &mut packed);
        let (inputs, outputs) = (steps(rows, features), steps(rows, units));
        let left = Rows { inputs: &inputs, taps: &[0], run: features, fresh: features };
        let finish = Finish { bias: bias.map_or(std::ptr::null(), |b| b.as_ptr()), relu };
        let mut y: Vec<f32> = Vec::with_capacity(rows * units);
        let target = Target { y: y.as_mut_ptr(), outputs: &outputs, panel: width };
        dots::<V>(x.as_ptr(), left, packed.as_ptr(), units, finish, target);
        y.set_len(rows * units);
        y
    }
}

struct Backward<'a> {
    shape: &'a DenseShape,
    x: &'a [f32],
    weight: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    relu: bool,
    want_input: bool,
}

impl Kernel for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Gradients {
        let Backward { shape, x, weight, output, gradient, relu, want_input } = self;
        let &DenseShape { rows, features, units } = shape;
        let mut masked = Buffer::new(if relu { gradient.len() } else { 0 });
        let gradient = if relu {
            mask::<V>(gradient, output, &mut masked[..gradient.len()]);
            &masked[..gradient.len()]
        } else {
            gradient
        };
        let mut found = Gradients { bias: vec![0.0; units], weight: vec![0.0; weight.len()], input: vec![] };
        add_rows::<V>(gradient, &mut found.bias);
        let (by_unit, by_feature) = (steps(rows, units), steps(rows, features));
        let places = steps(units, 1);
        let width = panel::<V>();
        let pixels = Pixels { x: gradient.as_ptr(), inputs: &by_unit, g: x.as_ptr(), grads: &by_feature };
        outer::<V>(
            pixels,
            &places,
            features,
            Sums { c: found.weight.as_mut_ptr(), row: features, panel: width, right: std::ptr::null_mut() },
        );
        if want_input {
            let mut packed = Buffer::new(features.div_ceil(width) * width * units);
            pack_panels(weight, features, width, &mut packed);
            let left = Rows { inputs: &by_unit, taps: &[0], run: units, fresh: units };
            found.input = Vec::with_capacity(x.len());
            let target = Target { y: found.input.as_mut_ptr(), outputs: &by_feature, panel: width };
            dots::<V>(gradient.as_ptr(), left, packed.as_ptr(), features, PLAIN, target);
            found.input.set_len(x.len());
        }
        found
    }
}

fn steps(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|i| i * step).collect()
}

/// Rows of `matrix` (`columns` long) become columns of panels; zeros behind the last.
///
/// # Safety
/// `out` has room for the panels.
#[inline(always)]
unsafe fn pack_transposed<V: Vector>(matrix: &[f32], columns: usize, out: &mut [f32]) {
    let width = panel::<V>();
    let offsets = steps(columns, width);
    let rows = matrix.len() / columns;
    for row in (0..rows.div_ceil(width) * width).step_by(V::LANES) {
        let lanes = rows.saturating_sub(row).min(V::LANES);
        let to = out.as_mut_ptr().add(row / width * width * columns + row % width);
        to_lanes::<V>(matrix.as_ptr().wrapping_add(row * columns), columns, lanes, to, &offsets);
    }
}

/// `matrix` (rows `columns` long) cut into panels of `width` columns; zeros behind the last.
fn pack_panels(matrix: &[f32], columns: usize, width: usize, out: &mut [f32]) {
    let rows = matrix.len() / columns;
    for (p, out) in out.chunks_exact_mut(rows * width).enumerate().take(columns.div_ceil(width)) {
        let n = (columns - p * width).min(width);
        for (row, out) in matrix.chunks_exact(columns).zip(out.chunks_exact_mut(width)) {
            out[..n].copy_from_slice(&row[p * width..][..n]);
            out[n..].fill(0.0);
        }
    }
}
