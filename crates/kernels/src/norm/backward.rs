//! The way back, ReLU's included.

use super::{
    FollowingNorm, NormBackwardCoefficients, NormGradients, NormParameters, RowPass, chunks,
    factors, parts, run_pass, run_pass_shared,
};
use crate::block::{load, store};
use crate::buffer::Buffer;
use crate::simd::{Kernel, Vector};
use crate::threads::{self, task_range};
use std::ops::Range;

pub(super) struct NormGradientSums<'a> {
    pub norm: &'a NormParameters<'a>,
    pub x: &'a [f32],
    pub output: Option<&'a [f32]>,
    pub gradient: &'a [f32],
}

/// Which gradients ReLU lets through.
#[derive(Clone, Copy)]
enum ReluMask {
    All,
    /// Those of outputs above 0.
    Output(*const f32),
    /// Those of `(x − mean) · factor + shift` above 0, computed as on the way forward.
    Recomputed {
        factor: *const f32,
        shift: *const f32,
    },
}

/// [`ReluMask`] for a vector of columns.
#[derive(Clone, Copy)]
struct VectorReluMask<V> {
    gate: ReluMask,
    factor: V,
    shift: V,
}

impl ReluMask {
    #[inline(always)]
    unsafe fn vector<V: Vector>(self, c: usize, n: usize) -> VectorReluMask<V> {
        let (mut factor, mut shift) = (V::splat(0.0), V::splat(0.0));
        if let ReluMask::Recomputed {
            factor: factors,
            shift: shifts,
        } = self
        {
            (factor, shift) = (load::<V>(factors.add(c), n), load::<V>(shifts.add(c), n));
        }
        VectorReluMask {
            gate: self,
            factor,
            shift,
        }
    }
}

impl<V: Vector> VectorReluMask<V> {
    /// The gradient `g` at `at`; `apart` is `x − mean` there.
    #[inline(always)]
    unsafe fn pass(&self, g: V, deviation: V, at: usize, n: usize) -> V {
        let zero = V::splat(0.0);
        match self.gate {
            ReluMask::All => g,
            ReluMask::Output(output) => g.keep(load::<V>(output.add(at), n).greater(zero)),
            ReluMask::Recomputed { .. } => {
                g.keep(deviation.fma(self.factor, self.shift).greater(zero))
            }
        }
    }
}

/// NormGradientSums of a chunk: of the gradients, and of the gradients times the distances from the mean. Masks
/// the gradient by ReLU on the way.
#[derive(Clone, Copy)]
struct SumPass {
    x: *const f32,
    gate: ReluMask,
    gradient: *const f32,
    /// Where the masked gradient goes; null for nowhere.
    masked: *mut f32,
    mean: *const f32,
    /// Of the chunk.
    sums: *mut f32,
    products: *mut f32,
    channels: usize,
}

impl RowPass for SumPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let (mean, gate) = (load::<V>(self.mean.add(c), n), self.gate.vector::<V>(c, n));
        let (mut sum, mut product) = (V::splat(0.0), V::splat(0.0));
        for r in row..row + R {
            let at = r * self.channels + c;
            let deviation = load::<V>(self.x.add(at), n).sub(mean);
            let g = gate.pass(load::<V>(self.gradient.add(at), n), deviation, at, n);
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

/// [`SumPass`] over some rows.
struct SumPart {
    pass: SumPass,
    rows: Range<usize>,
}

impl Kernel for SumPart {
    type Output = Vec<[f64; 2]>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<[f64; 2]> {
        let channels = self.pass.channels;
        let mut of_chunk = Buffer::new(2 * channels);
        let (sums, products) = of_chunk.split_at_mut(channels);
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

/// The gradient of `x`: `factor · g + constant + (x − mean) · slope`.
#[derive(Clone, Copy)]
pub(super) struct InputGradientPass {
    x: *const f32,
    gate: ReluMask,
    from: *const f32,
    to: *mut f32,
    mean: *const f32,
    factor: *const f32,
    constant: *const f32,
    slope: *const f32,
    channels: usize,
}

impl InputGradientPass {
    /// From the gradient `from`, which `behind` makes the one of what it normalised, to `to`; ReLU,
    /// where there is one, is seen by what was normalised.
    pub(super) fn new(behind: &FollowingNorm, from: *const f32, to: *mut f32) -> Self {
        let FollowingNorm {
            norm,
            coefficients:
                NormBackwardCoefficients {
                    factor,
                    constant,
                    slope,
                },
            x,
        } = behind;
        let [factor, constant, slope] = [factor, constant, slope].map(|values| values.as_ptr());
        InputGradientPass {
            x: x.as_ptr(),
            gate: if norm.relu {
                ReluMask::Recomputed {
                    factor,
                    shift: norm.shift.as_ptr(),
                }
            } else {
                ReluMask::All
            },
            from,
            to,
            mean: norm.moments.mean.as_ptr(),
            factor,
            constant,
            slope,
            channels: norm.scale.len(),
        }
    }
}

impl RowPass for InputGradientPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let numbers = [self.mean, self.factor, self.constant, self.slope];
        let [mean, factor, constant, slope] = numbers.map(|values| load::<V>(values.add(c), n));
        let gate = self.gate.vector::<V>(c, n);
        for r in row..row + R {
            let at = r * self.channels + c;
            let deviation = load::<V>(self.x.add(at), n).sub(mean);
            let g = gate.pass(load::<V>(self.from.add(at), n), deviation, at, n);
            store::<V>(
                g.fma(factor, deviation.fma(slope, constant)),
                self.to.add(at),
                n,
            );
        }
    }
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
        let gate = match (norm.relu, output) {
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
            gate,
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
        let of_part = |i| {
            V::outlined(SumPart {
                pass,
                rows: task_range(rows, parts, i),
            })
        };
        let mut totals = vec![[0.0; 2]; channels];
        for found in threads::collect_tasks(parts, of_part) {
            for (total, found) in totals.iter_mut().zip(found) {
                *total = [total[0] + found[0], total[1] + found[1]];
            }
        }
        if keep_masked {
            residual.set_len(x.len());
        }
        let mut coefficients = NormBackwardCoefficients {
            factor,
            ..NormBackwardCoefficients::default()
        };
        let mut found = NormGradients {
            residual,
            ..NormGradients::default()
        };
        for ((inverse, &scale), [sum, product]) in
            norm.inverse_deviations().zip(norm.scale).zip(&totals)
        {
            let factor = f64::from(scale) * inverse;
            found.shift.push(*sum as f32);
            found.scale.push((product * inverse) as f32);
            coefficients
                .constant
                .push((-factor * sum / rows as f64) as f32);
            coefficients
                .slope
                .push((-factor * product * inverse * inverse / rows as f64) as f32);
        }
        (found, coefficients)
    }
}

/// The gradient of all rows of what was normalised.
pub(super) struct NormInputGradient<'a> {
    pub behind: FollowingNorm<'a>,
    pub from: *const f32,
    pub to: &'a mut [f32],
}

impl Kernel for NormInputGradient<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let channels = self.behind.norm.scale.len();
        let pass = InputGradientPass::new(&self.behind, self.from, self.to.as_mut_ptr());
        run_pass_shared::<V>(pass, self.to.len() / channels, channels);
    }
}
