//! Batch normalisation (Ioffe and Szegedy 2015) over rows of channels, with an addition and ReLU in the same pass.
//!
//! All of it is bound by memory, not by arithmetic: `x` is read twice on the way forward (once for the statistics, once to be
//! normalised), and what must be read twice on the way back is read in rows that stay in the first-level cache.

use crate::block::{load, store};
use crate::buffer::Buffer;
use crate::simd::{Kernel, Vector, dispatch};

/// Values of the rows that are worked on at once: half of a first-level cache.
const CHUNK: usize = 4096;

/// Mean and biased variance of each channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Mean.
    pub mean: Vec<f32>,
    /// Mean squared distance from it.
    pub variance: Vec<f32>,
}

/// What normalises each channel.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a> {
    /// Mean and variance: the batch's own while training, the running ones in evaluation.
    pub moments: &'a Moments,
    /// Factors of the normalised values.
    pub scale: &'a [f32],
    /// Added to them.
    pub shift: &'a [f32],
    /// Added to the variance.
    pub epsilon: f64,
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// Gradients of batch normalisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormGradients {
    /// Of the factors.
    pub scale: Vec<f32>,
    /// Of what is added.
    pub shift: Vec<f32>,
    /// Of the summand, `[rows, channels]`; empty without one or without ReLU, when it is the output's gradient itself.
    pub summand: Vec<f32>,
}

/// Mean and variance of each channel of `x` `[rows, channels]`.
///
/// Each chunk of rows is summed up around its own mean, and chunks are joined in f64 (Chan, Golub and LeVeque 1983), so that a
/// mean far from zero costs no digits.
///
/// # Panics
/// Where `x` is empty or has no whole rows.
pub fn moments(x: &[f32], channels: usize) -> Moments {
    check_rows(x, channels);
    // SAFETY: the size is checked above; the instruction set is one that is here.
    unsafe { dispatch(Gather { x, channels }) }
}

/// `(x − mean) / √(variance + ε) · scale + shift`, then `summand` is added, then ReLU; `x` and `summand` are `[rows, channels]`.
///
/// # Panics
/// Where a slice has another size.
pub fn batch_norm(norm: &Norm, x: &[f32], summand: Option<&[f32]>) -> Vec<f32> {
    norm.check(x);
    assert!(summand.is_none_or(|s| s.len() == x.len()), "summand of {} values", x.len());
    // SAFETY: the sizes are checked above; the instruction set is one that is here.
    unsafe { dispatch(Apply { norm, x, summand }) }
}

/// Turns `gradient`, that of the output, into that of `x`, whose own moments normalised it, and gives the others.
/// `output` is that of the forward pass, needed with ReLU where a summand was added: else what ReLU let through is computed again
/// from `x`, which costs less than to read it.
///
/// # Panics
/// Where a slice has another size.
pub fn batch_norm_backward(
    norm: &Norm,
    x: &[f32],
    output: Option<&[f32]>,
    gradient: &mut [f32],
    with_summand: bool,
) -> NormGradients {
    norm.check(x);
    assert_eq!(gradient.len(), x.len(), "gradient");
    assert!(output.is_none_or(|y| y.len() == x.len()), "output");
    assert!(output.is_some() || !with_summand || !norm.relu, "no output to see ReLU by");
    // SAFETY: the sizes are checked above; the instruction set is one that is here.
    unsafe { dispatch(Backward { norm, x, output, gradient, with_summand }) }
}

fn check_rows(x: &[f32], channels: usize) {
    assert!(
        channels > 0 && !x.is_empty() && x.len().is_multiple_of(channels),
        "{} values in rows of {channels}",
        x.len()
    );
}

impl Norm<'_> {
    fn check(&self, x: &[f32]) {
        let channels = self.scale.len();
        check_rows(x, channels);
        let Moments { mean, variance } = self.moments;
        assert!([mean.len(), variance.len(), self.shift.len()] == [channels; 3], "values for {channels} channels");
    }

    /// `1 / √(variance + ε)` of each channel.
    fn inverse_deviations(&self) -> impl Iterator<Item = f64> {
        self.moments.variance.iter().map(|&v| 1.0 / (f64::from(v) + self.epsilon).sqrt())
    }
}

/// Work on a block of columns of some rows: `NV` vectors from column `c` on, the last of `n` lanes.
trait Pass<V: Vector> {
    unsafe fn block<const NV: usize>(&mut self, rows: [usize; 2], c: usize, n: usize);
}

/// Runs `pass` over all columns of the rows `[first, end]`.
#[inline(always)]
unsafe fn columns<V: Vector, P: Pass<V>>(pass: &mut P, rows: [usize; 2], channels: usize) {
    let mut c = 0;
    while c < channels {
        let whole = (channels - c) / V::LANES;
        if whole >= 2 {
            pass.block::<2>(rows, c, V::LANES);
        } else {
            pass.block::<1>(rows, c, (channels - c).min(V::LANES));
        }
        c += V::LANES * whole.clamp(1, 2);
    }
}

/// The rows in chunks, `[first, end]` each.
fn chunks(values: usize, channels: usize) -> impl Iterator<Item = [usize; 2]> {
    let (rows, step) = (values / channels, (CHUNK / channels).max(8));
    (0..rows).step_by(step).map(move |first| [first, (first + step).min(rows)])
}

struct Gather<'a> {
    x: &'a [f32],
    channels: usize,
}

/// Mean and summed squared distance of a chunk.
struct GatherPass {
    x: *const f32,
    channels: usize,
    mean: *mut f32,
    squares: *mut f32,
}

impl<V: Vector> Pass<V> for GatherPass {
    #[inline(always)]
    unsafe fn block<const NV: usize>(&mut self, [first, end]: [usize; 2], c: usize, n: usize) {
        let share = V::splat(1.0 / (end - first) as f32);
        let mut mean = [V::splat(0.0); NV];
        for row in first..end {
            let x = self.x.add(row * self.channels + c);
            for (j, mean) in mean.iter_mut().enumerate() {
                *mean = mean.add(load::<V>(x.add(j * V::LANES), n));
            }
        }
        let mut squares = [V::splat(0.0); NV];
        mean.iter_mut().for_each(|mean| *mean = mean.mul(share));
        for row in first..end {
            let x = self.x.add(row * self.channels + c);
            for (j, squares) in squares.iter_mut().enumerate() {
                let apart = load::<V>(x.add(j * V::LANES), n).sub(mean[j]);
                *squares = apart.fma(apart, *squares);
            }
        }
        for j in 0..NV {
            store::<V>(mean[j], self.mean.add(c + j * V::LANES), n);
            store::<V>(squares[j], self.squares.add(c + j * V::LANES), n);
        }
    }
}

impl Kernel for Gather<'_> {
    type Output = Moments;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Moments {
        let Gather { x, channels } = self;
        let (mut found, mut of_chunk) = (vec![[0.0f64; 2]; channels], Buffer::new(2 * channels));
        let (mean, squares) = of_chunk.split_at_mut(channels);
        let mut pass = GatherPass { x: x.as_ptr(), channels, mean: mean.as_mut_ptr(), squares: squares.as_mut_ptr() };
        for rows in chunks(x.len(), channels) {
            columns::<V, _>(&mut pass, rows, channels);
            let [before, new] = [rows[0], rows[1] - rows[0]].map(|n| n as f64);
            let share = new / (before + new);
            for (c, [old_mean, old_squares]) in found.iter_mut().enumerate() {
                let apart = f64::from(mean[c]) - *old_mean;
                *old_mean += apart * share;
                *old_squares += f64::from(squares[c]) + apart * apart * before * share;
            }
        }
        let rows = (x.len() / channels) as f64;
        let mean = found.iter().map(|m| m[0] as f32).collect();
        Moments { mean, variance: found.iter().map(|m| (m[1] / rows) as f32).collect() }
    }
}

struct Apply<'a> {
    norm: &'a Norm<'a>,
    x: &'a [f32],
    summand: Option<&'a [f32]>,
}

struct ApplyPass {
    x: *const f32,
    /// Null for none.
    summand: *const f32,
    y: *mut f32,
    mean: *const f32,
    factor: *const f32,
    shift: *const f32,
    relu: bool,
    channels: usize,
}

impl<V: Vector> Pass<V> for ApplyPass {
    #[inline(always)]
    unsafe fn block<const NV: usize>(&mut self, [first, end]: [usize; 2], c: usize, n: usize) {
        let zero = V::splat(0.0);
        let (mut mean, mut factor, mut shift) = ([zero; NV], [zero; NV], [zero; NV]);
        for j in 0..NV {
            let at = c + j * V::LANES;
            mean[j] = load::<V>(self.mean.add(at), n);
            factor[j] = load::<V>(self.factor.add(at), n);
            shift[j] = load::<V>(self.shift.add(at), n);
        }
        let least = V::splat(if self.relu { 0.0 } else { f32::NEG_INFINITY });
        for row in first..end {
            for j in 0..NV {
                let at = row * self.channels + c + j * V::LANES;
                let apart = load::<V>(self.x.add(at), n).sub(mean[j]);
                let mut y = apart.fma(factor[j], shift[j]);
                if !self.summand.is_null() {
                    y = y.add(load::<V>(self.summand.add(at), n));
                }
                store::<V>(y.at_least(least), self.y.add(at), n);
            }
        }
    }
}

impl Kernel for Apply<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let Apply { norm, x, summand } = self;
        let channels = norm.scale.len();
        let factor: Vec<f32> = factors(norm);
        let mut y: Vec<f32> = Vec::with_capacity(x.len());
        let mut pass = ApplyPass {
            x: x.as_ptr(),
            summand: summand.map_or(std::ptr::null(), <[f32]>::as_ptr),
            y: y.as_mut_ptr(),
            mean: norm.moments.mean.as_ptr(),
            factor: factor.as_ptr(),
            shift: norm.shift.as_ptr(),
            relu: norm.relu,
            channels,
        };
        for rows in chunks(x.len(), channels) {
            columns::<V, _>(&mut pass, rows, channels);
        }
        y.set_len(x.len());
        y
    }
}

/// `scale / √(variance + ε)` of each channel.
fn factors(norm: &Norm) -> Vec<f32> {
    norm.inverse_deviations().zip(norm.scale).map(|(inverse, &scale)| (f64::from(scale) * inverse) as f32).collect()
}

struct Backward<'a> {
    norm: &'a Norm<'a>,
    x: &'a [f32],
    output: Option<&'a [f32]>,
    gradient: &'a mut [f32],
    with_summand: bool,
}

/// Which gradients ReLU lets through.
#[derive(Clone, Copy)]
enum Gate {
    All,
    /// Those of outputs above 0.
    Output(*const f32),
    /// Those of `(x − mean) · factor + shift` above 0, computed as on the way forward.
    Again {
        factor: *const f32,
        shift: *const f32,
    },
}

/// [`Gate`] for a block of columns.
#[derive(Clone, Copy)]
struct BlockGate<V, const NV: usize> {
    gate: Gate,
    factor: [V; NV],
    shift: [V; NV],
}

impl Gate {
    #[inline(always)]
    unsafe fn block<V: Vector, const NV: usize>(self, c: usize, n: usize) -> BlockGate<V, NV> {
        let mut block = BlockGate { gate: self, factor: [V::splat(0.0); NV], shift: [V::splat(0.0); NV] };
        if let Gate::Again { factor, shift } = self {
            for j in 0..NV {
                block.factor[j] = load::<V>(factor.add(c + j * V::LANES), n);
                block.shift[j] = load::<V>(shift.add(c + j * V::LANES), n);
            }
        }
        block
    }
}

impl<V: Vector, const NV: usize> BlockGate<V, NV> {
    /// The gradient `g` at `at`, vector `j` of its row; `apart` is `x − mean` there.
    #[inline(always)]
    unsafe fn pass(&self, g: V, apart: V, at: usize, j: usize, n: usize) -> V {
        let zero = V::splat(0.0);
        match self.gate {
            Gate::All => g,
            Gate::Output(output) => g.keep(load::<V>(output.add(at), n).greater(zero)),
            Gate::Again { .. } => g.keep(apart.fma(self.factor[j], self.shift[j]).greater(zero)),
        }
    }
}

/// Sums of a chunk: of the gradients, and of the gradients times the distances from the mean. Masks the gradient by ReLU on the way.
struct SumPass {
    x: *const f32,
    gate: Gate,
    gradient: *const f32,
    /// Where the masked gradient goes; null for nowhere.
    masked: *mut f32,
    mean: *const f32,
    sums: *mut f32,
    products: *mut f32,
    channels: usize,
}

impl<V: Vector> Pass<V> for SumPass {
    #[inline(always)]
    unsafe fn block<const NV: usize>(&mut self, [first, end]: [usize; 2], c: usize, n: usize) {
        let zero = V::splat(0.0);
        let (mut mean, mut sums, mut products) = ([zero; NV], [zero; NV], [zero; NV]);
        for (j, mean) in mean.iter_mut().enumerate() {
            *mean = load::<V>(self.mean.add(c + j * V::LANES), n);
        }
        let gate = self.gate.block::<V, NV>(c, n);
        for row in first..end {
            for j in 0..NV {
                let at = row * self.channels + c + j * V::LANES;
                let apart = load::<V>(self.x.add(at), n).sub(mean[j]);
                let g = gate.pass(load::<V>(self.gradient.add(at), n), apart, at, j, n);
                if !self.masked.is_null() {
                    store::<V>(g, self.masked.add(at), n);
                }
                sums[j] = sums[j].add(g);
                products[j] = g.fma(apart, products[j]);
            }
        }
        for j in 0..NV {
            store::<V>(sums[j], self.sums.add(c + j * V::LANES), n);
            store::<V>(products[j], self.products.add(c + j * V::LANES), n);
        }
    }
}

/// The gradient of `x`: `factor · g + constant + (x − mean) · slope`.
struct InputPass {
    x: *const f32,
    gate: Gate,
    from: *const f32,
    to: *mut f32,
    mean: *const f32,
    factor: *const f32,
    constant: *const f32,
    slope: *const f32,
    channels: usize,
}

impl<V: Vector> Pass<V> for InputPass {
    #[inline(always)]
    unsafe fn block<const NV: usize>(&mut self, [first, end]: [usize; 2], c: usize, n: usize) {
        let zero = V::splat(0.0);
        let (mut mean, mut factor, mut constant, mut slope) = ([zero; NV], [zero; NV], [zero; NV], [zero; NV]);
        for j in 0..NV {
            let at = c + j * V::LANES;
            mean[j] = load::<V>(self.mean.add(at), n);
            factor[j] = load::<V>(self.factor.add(at), n);
            constant[j] = load::<V>(self.constant.add(at), n);
            slope[j] = load::<V>(self.slope.add(at), n);
        }
        let gate = self.gate.block::<V, NV>(c, n);
        for row in first..end {
            for j in 0..NV {
                let at = row * self.channels + c + j * V::LANES;
                let apart = load::<V>(self.x.add(at), n).sub(mean[j]);
                let g = gate.pass(load::<V>(self.from.add(at), n), apart, at, j, n);
                let rest = apart.fma(slope[j], constant[j]);
                store::<V>(g.fma(factor[j], rest), self.to.add(at), n);
            }
        }
    }
}

impl Kernel for Backward<'_> {
    type Output = NormGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> NormGradients {
        let Backward { norm, x, output, gradient, with_summand } = self;
        let (channels, rows) = (norm.scale.len(), x.len() / norm.scale.len());
        let keep_masked = with_summand && norm.relu;
        let factor = factors(norm);
        let gate = match (norm.relu, output) {
            (false, _) => Gate::All,
            (true, Some(output)) => Gate::Output(output.as_ptr()),
            (true, None) => Gate::Again { factor: factor.as_ptr(), shift: norm.shift.as_ptr() },
        };
        let mut summand: Vec<f32> = Vec::with_capacity(if keep_masked { x.len() } else { 0 });
        let mut of_chunk = Buffer::new(2 * channels);
        let (sums, products) = of_chunk.split_at_mut(channels);
        let mut pass = SumPass {
            x: x.as_ptr(),
            gate,
            gradient: gradient.as_ptr(),
            masked: if keep_masked { summand.as_mut_ptr() } else { std::ptr::null_mut() },
            mean: norm.moments.mean.as_ptr(),
            sums: sums.as_mut_ptr(),
            products: products.as_mut_ptr(),
            channels,
        };
        let mut totals = vec![[0.0f64; 2]; channels];
        for rows in chunks(x.len(), channels) {
            columns::<V, _>(&mut pass, rows, channels);
            for (c, [sum, product]) in totals.iter_mut().enumerate() {
                *sum += f64::from(sums[c]);
                *product += f64::from(products[c]);
            }
        }
        if keep_masked {
            summand.set_len(x.len());
        }
        let (mut constant, mut slope) = (Vec::with_capacity(channels), Vec::with_capacity(channels));
        let mut found = NormGradients { summand, ..NormGradients::default() };
        for ((inverse, &scale), [sum, product]) in norm.inverse_deviations().zip(norm.scale).zip(&totals) {
            let factor = f64::from(scale) * inverse;
            found.shift.push(*sum as f32);
            found.scale.push((product * inverse) as f32);
            constant.push((-factor * sum / rows as f64) as f32);
            slope.push((-factor * product * inverse * inverse / rows as f64) as f32);
        }
        let mut pass = InputPass {
            x: x.as_ptr(),
            gate: if keep_masked { Gate::All } else { gate },
            from: if keep_masked { found.summand.as_ptr() } else { gradient.as_ptr() },
            to: gradient.as_mut_ptr(),
            mean: norm.moments.mean.as_ptr(),
            factor: factor.as_ptr(),
            constant: constant.as_ptr(),
            slope: slope.as_ptr(),
            channels,
        };
        for rows in chunks(x.len(), channels) {
            columns::<V, _>(&mut pass, rows, channels);
        }
        found
    }
}
