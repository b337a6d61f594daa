//! The gradient of what was normalised.

use super::gradient_sums::{NormBackwardCoefficients, NormGradients, batch_norm_sums};
use super::parameters::NormParameters;
use super::relu_mask::ReluMask;
use super::row_pass::{RowPass, run_pass, run_pass_shared};
use crate::simd::{Kernel, Vector, dispatch, load, store};

/// Turns `gradient`, that of the output, into that of `x`, whose own moments normalised it, and
/// gives the others. `output` is that of the forward pass, given where a residual was added: else
/// what ReLU let through is computed again from `x`, which costs less than to read it.
///
/// # Panics
/// Where a slice has another size.
pub fn batch_norm_backward(
    norm: &NormParameters,
    x: &[f32],
    output: Option<&[f32]>,
    gradient: &mut [f32],
) -> NormGradients {
    let (found, coefficients) = batch_norm_sums(norm, x, output, gradient);
    let masked = !found.residual.is_empty();
    let from = if masked {
        found.residual.as_ptr()
    } else {
        gradient.as_ptr()
    };
    let behind = FollowingNorm {
        norm: NormParameters {
            relu: norm.relu && !masked,
            ..*norm
        },
        coefficients: &coefficients,
        x,
    };
    // SAFETY: the sizes are checked above; the instruction set is one that is here.
    unsafe {
        dispatch(NormInputGradient {
            behind,
            from,
            to: gradient,
        })
    };
    found
}

/// A batch normalisation behind a convolution, on the way back: what [`batch_norm_sums`] has left
/// to do.
#[derive(Clone, Copy, Debug)]
pub struct FollowingNorm<'a> {
    /// What normalised.
    pub norm: NormParameters<'a>,
    /// How the gradient goes.
    pub coefficients: &'a NormBackwardCoefficients,
    /// What was normalised: the bare convolution's output.
    pub x: &'a [f32],
}

impl FollowingNorm<'_> {
    pub(crate) fn check(&self, len: usize, channels: usize) {
        self.norm.check(self.x);
        assert_eq!(
            (self.x.len(), self.norm.scale.len()),
            (len, channels),
            "what was normalised"
        );
        let NormBackwardCoefficients {
            factor,
            constant,
            slope,
        } = self.coefficients;
        assert_eq!(
            [factor.len(), constant.len(), slope.len()],
            [channels; 3],
            "coefficients"
        );
    }

    /// The gradient of the bare convolution's rows from row `first` on, from that of the norm's
    /// output.
    ///
    /// # Safety
    /// The rows are there.
    #[inline(always)]
    pub(crate) unsafe fn input_gradient<V: Vector>(
        &self,
        gradient: &[f32],
        first: usize,
        to: &mut [f32],
    ) {
        let channels = self.norm.scale.len();
        let behind = FollowingNorm {
            x: &self.x[first * channels..],
            ..*self
        };
        let mut pass = InputGradientPass::new(&behind, gradient.as_ptr(), to.as_mut_ptr());
        run_pass::<V>(&mut pass, 0..to.len() / channels, channels);
    }
}

/// The gradient of all rows of what was normalised.
pub(crate) struct NormInputGradient<'a> {
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

/// The gradient of `x`: `factor · g + constant + (x − mean) · slope`.
#[derive(Clone, Copy)]
pub(crate) struct InputGradientPass {
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
    pub(crate) fn new(behind: &FollowingNorm, from: *const f32, to: *mut f32) -> Self {
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
