//! The parts of the backward pass that are sums over all rows: the gradients of scale and shift,
//! and the coefficients of the input gradient.

use super::parameters::{NormParameters, factors};
use super::relu_mask::ReluMask;
use super::row_pass::{RowPass, chunks, parts, run_pass};
use crate::buffer::Buffer;
use crate::simd::{Kernel, Vector, dispatch, load, store};
use crate::threads::{self, task_range};
use std::ops::Range;

/// The first half of [`batch_norm_backward`](super::batch_norm_backward): every gradient but that
/// of `x`, and the coefficients from which the gradient of `x` is computed. They apply to the
/// gradient of the output or, if there is a gradient of the residual, to that one without another
/// ReLU.
///
/// # Panics
/// If a slice has the wrong length.
pub fn batch_norm_sums(
    norm: &NormParameters,
    x: &[f32],
    output: Option<&[f32]>,
    gradient: &[f32],
) -> (NormGradients, NormBackwardCoefficients) {
    norm.check(x);
    assert_eq!(gradient.len(), x.len(), "gradient");
    assert!(output.is_none_or(|y| y.len() == x.len()), "output");
    // SAFETY: the sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(NormGradientSums {
            norm,
            x,
            output,
            gradient,
        })
    }
}

/// Gradients of a batch normalisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormGradients {
    /// Gradient of the scale, one value for each channel.
    pub scale: Vec<f32>,
    /// Gradient of the shift, one value for each channel.
    pub shift: Vec<f32>,
    /// Gradient of the residual, `[rows, channels]`. Empty without a residual, and also without
    /// ReLU, when it equals the gradient of the output.
    pub residual: Vec<f32>,
}

/// The gradient of the normalised input as a function of the output gradient `g`:
/// `factor · g + constant + (x − mean) · slope`, with one coefficient of each kind for each
/// channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormBackwardCoefficients {
    pub(crate) factor: Vec<f32>,
    pub(crate) constant: Vec<f32>,
    pub(crate) slope: Vec<f32>,
}

pub(crate) struct NormGradientSums<'a> {
    pub norm: &'a NormParameters<'a>,
    pub x: &'a [f32],
    pub output: Option<&'a [f32]>,
    pub gradient: &'a [f32],
}

impl Kernel for NormGradientSums<'_> {
    type Output = (NormGradients, NormBackwardCoefficients);

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> (NormGradients, NormBackwardCoefficients) {
        let NormGradientSums {
            norm,
            x,
            output,
            gradient,
        } = self;
        let (channels, rows) = (norm.scale.len(), x.len() / norm.scale.len());
        let keep_masked = norm.relu && output.is_some();
        let factor = factors(norm);
        let relu_mask = match (norm.relu, output) {
            (false, _) => ReluMask::All,
            (true, Some(output)) => ReluMask::Output(output.as_ptr()),
            (true, None) => ReluMask::Recomputed {
                factor: factor.as_ptr(),
                shift: norm.shift.as_ptr(),
            },
        };
        let mut residual: Vec<f32> = Vec::with_capacity(if keep_masked { x.len() } else { 0 });
        let pass = SumPass {
            x: x.as_ptr(),
            relu_mask,
            gradient: gradient.as_ptr(),
            masked: if keep_masked {
                residual.as_mut_ptr()
            } else {
                std::ptr::null_mut()
            },
            mean: norm.moments.mean.as_ptr(),
            sums: std::ptr::null_mut(),
            products: std::ptr::null_mut(),
            channels,
        };
        let parts = parts(rows, channels);
        let run_part = |i| {
            V::outlined(SumPart {
                pass,
                rows: task_range(rows, parts, i),
            })
        };
        let mut totals = vec![[0.0; 2]; channels];
        for part_totals in threads::collect_tasks(parts, run_part) {
            for (total, part) in totals.iter_mut().zip(part_totals) {
                *total = [total[0] + part[0], total[1] + part[1]];
            }
        }
        if keep_masked {
            residual.set_len(x.len());
        }
        let mut coefficients = NormBackwardCoefficients {
            factor,
            ..NormBackwardCoefficients::default()
        };
        let mut gradients = NormGradients {
            residual,
            ..NormGradients::default()
        };
        for ((inverse, &scale), [sum, product]) in
            norm.inverse_deviations().zip(norm.scale).zip(&totals)
        {
            let factor = f64::from(scale) * inverse;
            gradients.shift.push(*sum as f32);
            gradients.scale.push((product * inverse) as f32);
            coefficients
                .constant
                .push((-factor * sum / rows as f64) as f32);
            coefficients
                .slope
                .push((-factor * product * inverse * inverse / rows as f64) as f32);
        }
        (gradients, coefficients)
    }
}

/// [`SumPass`] over some of the rows.
struct SumPart {
    pass: SumPass,
    rows: Range<usize>,
}

impl Kernel for SumPart {
    type Output = Vec<[f64; 2]>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<[f64; 2]> {
        let channels = self.pass.channels;
        let mut chunk_sums = Buffer::new(2 * channels);
        let (sums, products) = chunk_sums.split_at_mut(channels);
        let mut totals = vec![[0.0; 2]; channels];
        for chunk in chunks(self.rows, channels) {
            sums.fill(0.0);
            products.fill(0.0);
            let mut pass = SumPass {
                sums: sums.as_mut_ptr(),
                products: products.as_mut_ptr(),
                ..self.pass
            };
            run_pass::<V>(&mut pass, chunk, channels);
            for (c, total) in totals.iter_mut().enumerate() {
                *total = [
                    total[0] + f64::from(sums[c]),
                    total[1] + f64::from(products[c]),
                ];
            }
        }
        totals
    }
}

/// Sums over a chunk of rows: of the gradients, and of the gradients times the distances from the
/// mean. The ReLU mask is applied on the way.
#[derive(Clone, Copy)]
struct SumPass {
    x: *const f32,
    relu_mask: ReluMask,
    gradient: *const f32,
    /// Where the masked gradient is stored, or null.
    masked: *mut f32,
    mean: *const f32,
    /// Sums of the current chunk.
    sums: *mut f32,
    products: *mut f32,
    channels: usize,
}

impl RowPass for SumPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let (mean, relu_mask) = (
            load::<V>(self.mean.add(c), n),
            self.relu_mask.vector::<V>(c, n),
        );
        let (mut sum, mut product) = (V::splat(0.0), V::splat(0.0));
        for r in row..row + R {
            let at = r * self.channels + c;
            let deviation = load::<V>(self.x.add(at), n).sub(mean);
            let g = relu_mask.pass(load::<V>(self.gradient.add(at), n), deviation, at, n);
            if !self.masked.is_null() {
                store::<V>(g, self.masked.add(at), n);
            }
            sum = sum.add(g);
            product = g.fma(deviation, product);
        }
        for (to, new) in [(self.sums.add(c), sum), (self.products.add(c), product)] {
            store::<V>(load::<V>(to, n).add(new), to, n);
        }
    }
}
