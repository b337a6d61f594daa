//! Depthwise convolutions, with one filter for each channel. No sum crosses channels, so the
//! vectors run along them.

use super::shape::ConvShape;
use crate::matrix::{Finish, OuterFactors};
use crate::simd::{Kernel, Vector, load, store};

/// Pixels that are accumulated together, so that consecutive additions do not depend on each other.
const PIXELS: usize = 4;

/// Whether the convolution has several channels, with exactly one filter for each of them.
pub(crate) fn is_depthwise(shape: &ConvShape) -> bool {
    shape.channels > 1 && shape.groups == shape.channels && shape.filters == shape.channels
}

/// Packs weights as `[tap, channel]`, with taps in the order of the window set.
pub(crate) fn pack(shape: &ConvShape, kernel: &[[usize; 2]], weight: &[f32], out: &mut [f32]) {
    let taps = shape.kernel[0] * shape.kernel[1];
    for (out, &[y, x]) in out.chunks_exact_mut(shape.channels).zip(kernel) {
        for (c, out) in out.iter_mut().enumerate() {
            *out = weight[c * taps + y * shape.kernel[1] + x];
        }
    }
}

/// The inverse of [`pack`].
pub(crate) fn unpack(shape: &ConvShape, kernel: &[[usize; 2]], packed: &[f32], weight: &mut [f32]) {
    let taps = shape.kernel[0] * shape.kernel[1];
    for (packed, &[y, x]) in packed.chunks_exact(shape.channels).zip(kernel) {
        for (c, packed) in packed.iter().enumerate() {
            weight[c * taps + y * shape.kernel[1] + x] = *packed;
        }
    }
}

/// `y[outputs[p] + c] = finish(sum over taps of x[inputs[p] + tap + c] * packed[tap, c])`.
///
/// # Safety
/// All addressed memory must be valid.
#[inline(always)]
pub(crate) unsafe fn forward<V: Vector>(
    x: *const f32,
    [inputs, taps]: [&[usize]; 2],
    packed: *const f32,
    channels: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &[usize],
) {
    V::outlined(DepthwiseForward {
        x,
        inputs,
        taps,
        packed,
        channels,
        finish,
        y,
        outputs,
    });
}

struct DepthwiseForward<'a> {
    x: *const f32,
    inputs: &'a [usize],
    taps: &'a [usize],
    packed: *const f32,
    channels: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &'a [usize],
}

impl Kernel for DepthwiseForward<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let whole = self.channels / V::LANES * V::LANES;
        for (inputs, outputs) in self.inputs.chunks(PIXELS).zip(self.outputs.chunks(PIXELS)) {
            // An incomplete last block computes its last pixel repeatedly.
            let last = inputs.len() - 1;
            let from: [_; PIXELS] = std::array::from_fn(|i| self.x.add(inputs[i.min(last)]));
            let to: [_; PIXELS] = std::array::from_fn(|i| self.y.add(outputs[i.min(last)]));
            for c in (0..whole).step_by(V::LANES) {
                self.vector::<V, true>(from, to, c, V::LANES);
            }
            if whole < self.channels {
                self.vector::<V, false>(from, to, whole, self.channels - whole);
            }
        }
    }
}

impl DepthwiseForward<'_> {
    #[inline(always)]
    unsafe fn vector<V: Vector, const WHOLE: bool>(
        &self,
        from: [*const f32; PIXELS],
        to: [*mut f32; PIXELS],
        c: usize,
        n: usize,
    ) {
        macro_rules! load {
            ($at:expr) => {
                if WHOLE {
                    V::load($at)
                } else {
                    V::load_partial($at, n)
                }
            };
        }
        let lower_bound = V::splat(if self.finish.relu {
            0.0
        } else {
            f32::NEG_INFINITY
        });
        let start = if self.finish.bias.is_null() {
            V::splat(0.0)
        } else {
            load!(self.finish.bias.add(c))
        };
        let mut sum = [start; PIXELS];
        let mut w = self.packed.add(c);
        for &tap in self.taps {
            let weight = load!(w);
            for i in 0..PIXELS {
                sum[i] = load!(from[i].add(tap + c)).fma(weight, sum[i]);
            }
            w = w.add(self.channels);
        }
        for i in 0..PIXELS {
            let value = sum[i].at_least(lower_bound);
            if WHOLE && self.finish.stream {
                value.stream(to[i].add(c));
            } else if WHOLE {
                value.store(to[i].add(c));
            } else {
                value.store_partial(to[i].add(c), n);
            }
        }
    }
}

/// `packed[tap, c] += sum over pixels of x[inputs[p] + tap + c] * g[grads[p] + c]`. Also adds the
/// sum of `g` itself to `right`, unless that is null.
///
/// # Safety
/// All addressed memory must be valid.
#[inline(always)]
pub(crate) unsafe fn accumulate_weights<V: Vector>(
    pixels: OuterFactors,
    taps: &[usize],
    channels: usize,
    packed: *mut f32,
    right: *mut f32,
) {
    V::outlined(DepthwiseWeightSums {
        pixels,
        taps,
        channels,
        packed,
        right,
    });
}

struct DepthwiseWeightSums<'a> {
    pixels: OuterFactors<'a>,
    taps: &'a [usize],
    channels: usize,
    packed: *mut f32,
    right: *mut f32,
}

/// Pixels whose channels are all processed before the next pixels, so that their rows stay in the
/// cache.
const CHUNK: usize = 32;

impl Kernel for DepthwiseWeightSums<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        for (inputs, grads) in self
            .pixels
            .inputs
            .chunks(CHUNK)
            .zip(self.pixels.grads.chunks(CHUNK))
        {
            let pixels = OuterFactors {
                inputs,
                grads,
                ..self.pixels
            };
            let whole = self.channels / V::LANES * V::LANES;
            for c in (0..whole).step_by(V::LANES) {
                self.all_taps::<V, true>(pixels, c);
            }
            if whole < self.channels {
                self.all_taps::<V, false>(pixels, whole);
            }
        }
    }
}

impl DepthwiseWeightSums<'_> {
    /// Accumulates all taps for the vector of channels at `c`, which may be incomplete.
    #[inline(always)]
    unsafe fn all_taps<V: Vector, const WHOLE: bool>(&self, pixels: OuterFactors, c: usize) {
        let mut done = 0;
        while done < self.taps.len() {
            macro_rules! block {
                ($taps:literal) => {{
                    self.taps_from::<V, $taps, WHOLE>(pixels, c, done);
                    done += $taps;
                }};
            }
            match self.taps.len() - done {
                9.. => block!(9),
                5.. => block!(5),
                3.. => block!(3),
                2 => block!(2),
                _ => block!(1),
            }
        }
    }

    /// Accumulates `T` taps, starting with number `first`, each in a register of its own.
    #[inline(always)]
    unsafe fn taps_from<V: Vector, const T: usize, const WHOLE: bool>(
        &self,
        pixels: OuterFactors,
        c: usize,
        first: usize,
    ) {
        let n = if WHOLE { V::LANES } else { self.channels - c };
        let to = self.packed.add(first * self.channels + c);
        let taps: [usize; T] = std::array::from_fn(|t| *self.taps.get_unchecked(first + t));
        let mut sum = [V::splat(0.0); T];
        let mut right = V::splat(0.0);
        for t in 0..T {
            sum[t] = load::<V>(to.add(t * self.channels), n);
        }
        for (&input, &grad) in pixels.inputs.iter().zip(pixels.grads) {
            let g = load::<V>(pixels.g.add(grad + c), n);
            right = right.add(g);
            let x = pixels.x.add(input + c);
            for t in 0..T {
                sum[t] = load::<V>(x.add(taps[t]), n).fma(g, sum[t]);
            }
        }
        for t in 0..T {
            store::<V>(sum[t], to.add(t * self.channels), n);
        }
        if first == 0 && !self.right.is_null() {
            let to = self.right.add(c);
            store::<V>(load::<V>(to, n).add(right), to, n);
        }
    }
}
