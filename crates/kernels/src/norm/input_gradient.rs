//! The gradient of the input of a batch normalisation.

use super::gradient_sums::{NormBackwardCoefficients, NormGradients, batch_norm_sums};
use super::parameters::NormParameters;
use super::relu_mask::ReluMask;
use super::row_pass::{RowPass, run_pass, run_pass_shared};
use crate::simd::{Kernel, Vector, dispatch, load, store};

/// Turns `gradient`, the gradient of the output, into the gradient of `x`, and returns the other
/// gradients. `x` must have been normalised by its own moments. `output` is the output of the
/// forward pass, given only if a residual was added; otherwise the ReLU mask is recomputed from
/// `x`, which is cheaper than reading the output.
///
/// # Panics
/// If a slice has the wrong length.
pub fn batch_norm_backward(
    norm: &NormParameters,
    x: &[f32],
    output: Option<&[f32]>,
    gradient: &mut [f32],
) -> NormGradients {
    let (gradients, coefficients) = batch_norm_sums(norm, x, output, gradient);
    let masked = !gradients.residual.is_empty();
    let from = if masked {
        gradients.residual.as_ptr()
    } else {
        gradient.as_ptr()
    };
    let following = FollowingNorm {
        norm: NormParameters {
            relu: norm.relu && !masked,
            ..*norm
        },
        coefficients: &coefficients,
        x,
    };
    // SAFETY: the sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(NormInputGradient {
            following,
            from,
            to: gradient,
        })
    };
    gradients
}

/// A batch normalisation that follows a convolution: what remains to be done in the backward pass
/// after [`batch_norm_sums`].
#[derive(Clone, Copy, Debug)]
pub struct FollowingNorm<'a> {
    /// The normalisation.
    pub norm: NormParameters<'a>,
    /// Coefficients of the input gradient.
    pub coefficients: &'a NormBackwardCoefficients,
    /// The input of the normalisation: the output of the convolution alone.
    pub x: &'a [f32],
}

impl FollowingNorm<'_> {
    pub(crate) fn check(&self, len: usize, channels: usize) {
        self.norm.check(self.x);
        assert_eq!(
            (self.x.len(), self.norm.scale.len()),
            (len, channels),
            "input of the norm"
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

    /// Writes the gradient of the convolution's output for the rows from `first` on, computed from
    /// the gradient of the normalisation's output.
    ///
    /// # Safety
    /// The rows must exist.
    #[inline(always)]
    pub(crate) unsafe fn input_gradient<V: Vector>(
        &self,
        gradient: &[f32],
        first: usize,
        to: &mut [f32],
    ) {
        let channels = self.norm.scale.len();
        let following = FollowingNorm {
            x: &self.x[first * channels..],
            ..*self
        };
        let mut pass = InputGradientPass::new(&following, gradient.as_ptr(), to.as_mut_ptr());
        run_pass::<V>(&mut pass, 0..to.len() / channels, channels);
    }
}

/// Computes the input gradient of all rows.
pub(crate) struct NormInputGradient<'a> {
    pub following: FollowingNorm<'a>,
    pub from: *const f32,
    pub to: &'a mut [f32],
}

impl Kernel for NormInputGradient<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let channels = self.following.norm.scale.len();
        let pass = InputGradientPass::new(&self.following, self.from, self.to.as_mut_ptr());
        run_pass_shared::<V>(pass, self.to.len() / channels, channels);
    }
}

/// One pass over the rows that computes `factor · g + constant + (x − mean) · slope`.
#[derive(Clone, Copy)]
pub(crate) struct InputGradientPass {
    x: *const f32,
    relu_mask: ReluMask,
    from: *const f32,
    to: *mut f32,
    mean: *const f32,
    factor: *const f32,
    constant: *const f32,
    slope: *const f32,
    channels: usize,
}

impl InputGradientPass {
    /// Reads the gradient of the normalisation's output at `from` and writes that of its input to
    /// `to`. A ReLU mask is recomputed from the input.
    pub(crate) fn new(following: &FollowingNorm, from: *const f32, to: *mut f32) -> Self {
        let FollowingNorm {
            norm,
            coefficients:
                NormBackwardCoefficients {
                    factor,
                    constant,
                    slope,
                },
            x,
        } = following;
        let [factor, constant, slope] = [factor, constant, slope].map(|values| values.as_ptr());
        InputGradientPass {
            x: x.as_ptr(),
            relu_mask: if norm.relu {
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
        let relu_mask = self.relu_mask.vector::<V>(c, n);
        for r in row..row + R {
            let at = r * self.channels + c;
            let deviation = load::<V>(self.x.add(at), n).sub(mean);
            let g = relu_mask.pass(load::<V>(self.from.add(at), n), deviation, at, n);
            store::<V>(
                g.fma(factor, deviation.fma(slope, constant)),
                self.to.add(at),
                n,
            );
        }
    }
}
