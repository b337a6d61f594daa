//! Batch normalisation (Ioffe and Szegedy 2015) over rows of channels, with an addition and ReLU in
//! the same pass.
//!
//! All of it is bound by memory, not by arithmetic: `x` is read twice on the way forward (once for
//! the statistics, once to be normalised), and what must be read twice on the way back is read in
//! rows that stay in the first-level cache.

mod backward;
mod forward;

use crate::simd::{Kernel, Vector, dispatch};
use crate::threads;
use backward::{InputGradientPass, NormGradientSums, NormInputGradient};
use forward::{MomentsKernel, NormForward};
pub(crate) use forward::{accumulate_moments, merge_image_moments};
use std::ops::Range;

/// Values of the rows that are worked on at once: half of a first-level cache.
const CHUNK: usize = 4096;

/// Mean and biased variance of each channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelMoments {
    /// Mean.
    pub mean: Vec<f32>,
    /// Mean squared distance from it.
    pub variance: Vec<f32>,
}

/// What normalises each channel.
#[derive(Clone, Copy, Debug)]
pub struct NormParameters<'a> {
    /// Mean and variance: the batch's own while training, the running ones in evaluation.
    pub moments: &'a ChannelMoments,
    /// Factors of the normalised values.
    pub scale: &'a [f32],
    /// Added to them.
    pub shift: &'a [f32],
    /// Added to the variance.
    pub epsilon: f64,
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// LayerGradients of batch normalisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormGradients {
    /// Of the factors.
    pub scale: Vec<f32>,
    /// Of what is added.
    pub shift: Vec<f32>,
    /// Of the residual, `[rows, channels]`; empty without one, and without ReLU, where it is the
    /// output's gradient itself.
    pub residual: Vec<f32>,
}

/// How the gradient of what is normalised goes by that of the output, `g`:
/// `factor · g + constant + (x − mean) · slope`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormBackwardCoefficients {
    factor: Vec<f32>,
    constant: Vec<f32>,
    slope: Vec<f32>,
}

/// Mean and variance of each channel of `x` `[rows, channels]`.
///
/// Each chunk of rows is summed up around its first row, and chunks are joined in f64 (Chan, Golub
/// and LeVeque 1983), so that a mean far from zero costs no digits.
///
/// # Panics
/// Where `x` is empty or has no whole rows.
pub fn moments(x: &[f32], channels: usize) -> ChannelMoments {
    check_rows(x, channels);
    // SAFETY: the size is checked above; the instruction set is one that is here.
    unsafe { dispatch(MomentsKernel { x, channels }) }
}

/// `(x − mean) / √(variance + ε) · scale + shift`, then `residual` is added, then ReLU; `x` and
/// `residual` are `[rows, channels]`.
///
/// # Panics
/// Where a slice has another size.
pub fn batch_norm(norm: &NormParameters, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
    norm.check(x);
    assert!(
        residual.is_none_or(|s| s.len() == x.len()),
        "residual of {} values",
        x.len()
    );
    // SAFETY: the sizes are checked above; the instruction set is one that is here.
    unsafe { dispatch(NormForward { norm, x, residual }) }
}

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

/// The first half of [`batch_norm_backward`]: all gradients but that of `x`, and how that goes by
/// the output's; or, where there is one of the residual, by that, without ReLU.
///
/// # Panics
/// Where a slice has another size.
pub fn batch_norm_sums(
    norm: &NormParameters,
    x: &[f32],
    output: Option<&[f32]>,
    gradient: &[f32],
) -> (NormGradients, NormBackwardCoefficients) {
    norm.check(x);
    assert_eq!(gradient.len(), x.len(), "gradient");
    assert!(output.is_none_or(|y| y.len() == x.len()), "output");
    // SAFETY: the sizes are checked above; the instruction set is one that is here.
    unsafe {
        dispatch(NormGradientSums {
            norm,
            x,
            output,
            gradient,
        })
    }
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

fn check_rows(x: &[f32], channels: usize) {
    assert!(
        channels > 0 && !x.is_empty() && x.len().is_multiple_of(channels),
        "{} values in rows of {channels}",
        x.len()
    );
}

impl NormParameters<'_> {
    fn check(&self, x: &[f32]) {
        let channels = self.scale.len();
        check_rows(x, channels);
        let ChannelMoments { mean, variance } = self.moments;
        assert!(
            [mean.len(), variance.len(), self.shift.len()] == [channels; 3],
            "values for {channels} channels"
        );
    }

    /// `1 / √(variance + ε)` of each channel.
    fn inverse_deviations(&self) -> impl Iterator<Item = f64> {
        self.moments
            .variance
            .iter()
            .map(|&v| 1.0 / (f64::from(v) + self.epsilon).sqrt())
    }
}

/// Work on rows that goes through memory in its order: a pass that took some columns of many rows
/// at a time would wait for each line of them.
trait RowPass {
    /// `R` rows from `row` on, the vector of `n` lanes at column `c`.
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize);
}

/// Values of rows that are gone through side by side: what is the same for all rows is loaded once
/// for them, and their sums do not wait for each other; but each is a place of its own in memory,
/// of which few can be followed.
const INTERLEAVED_VALUES: usize = 128;

/// Runs `pass` over some rows.
#[inline(always)]
unsafe fn run_pass<V: Vector>(pass: &mut impl RowPass, rows: Range<usize>, channels: usize) {
    match INTERLEAVED_VALUES / channels {
        4.. => run_pass_blocks::<V, 4>(pass, rows, channels),
        2.. => run_pass_blocks::<V, 2>(pass, rows, channels),
        _ => run_pass_blocks::<V, 1>(pass, rows, channels),
    }
}

#[inline(always)]
unsafe fn run_pass_blocks<V: Vector, const R: usize>(
    pass: &mut impl RowPass,
    rows: Range<usize>,
    channels: usize,
) {
    let end = rows.start + rows.len() / R * R;
    for row in (rows.start..end).step_by(R) {
        run_pass_columns::<V, R>(pass, row, channels);
    }
    for row in end..rows.end {
        run_pass_columns::<V, 1>(pass, row, channels);
    }
}

#[inline(always)]
unsafe fn run_pass_columns<V: Vector, const R: usize>(
    pass: &mut impl RowPass,
    row: usize,
    channels: usize,
) {
    let whole = channels / V::LANES * V::LANES;
    for c in (0..whole).step_by(V::LANES) {
        pass.block::<V, R>(row, c, V::LANES);
    }
    if whole < channels {
        pass.block::<V, R>(row, whole, channels - whole);
    }
}

/// The rows in chunks whose sums are exact enough in f32.
fn chunks(rows: Range<usize>, channels: usize) -> impl Iterator<Item = Range<usize>> {
    let step = moments_chunk_rows(channels);
    rows.clone()
        .step_by(step)
        .map(move |first| first..(first + step).min(rows.end))
}

/// Rows of a chunk.
pub(crate) fn moments_chunk_rows(channels: usize) -> usize {
    (CHUNK / channels).clamp(32, 128)
}

/// Parts of the rows that are summed up one by one and then joined: by the sizes alone, so that
/// bits do not depend on threads.
fn parts(rows: usize, channels: usize) -> usize {
    (rows * channels / (8 * CHUNK)).clamp(1, 8.min(rows))
}

/// Runs a pass whose rows have nothing to do with each other over all of them.
#[inline(always)]
unsafe fn run_pass_shared<V: Vector>(pass: impl RowPass + Copy, rows: usize, channels: usize) {
    threads::run_ranges(rows, rows * channels, |rows| {
        V::outlined(SomeRows {
            pass,
            rows,
            channels,
        })
    });
}

struct SomeRows<P> {
    pass: P,
    rows: Range<usize>,
    channels: usize,
}

impl<P: RowPass> Kernel for SomeRows<P> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        run_pass::<V>(&mut self.pass, self.rows, self.channels);
        V::stream_fence();
    }
}

/// `scale / √(variance + ε)` of each channel.
fn factors(norm: &NormParameters) -> Vec<f32> {
    norm.inverse_deviations()
        .zip(norm.scale)
        .map(|(inverse, &scale)| (f64::from(scale) * inverse) as f32)
        .collect()
}
