//! Depthwise convolutions, one filter for each channel: vectors of channels, since no sum crosses them.

use super::ConvShape;
use super::taps::Family;
use crate::block::{Finish, Pixels, load, store};
use crate::simd::Vector;

/// Pixels that are summed up together, so that sums do not wait for each other.
const PIXELS: usize = 4;

/// Whether each of several channels has one filter, which sees no other channel.
pub(super) fn is(shape: &ConvShape) -> bool {
    shape.channels > 1 && shape.groups == shape.channels && shape.filters == shape.channels
}

/// Weights as `[tap, channel]`, in the order of the family's taps.
pub(super) fn pack(shape: &ConvShape, kernel: &[[usize; 2]], weight: &[f32], out: &mut [f32]) {
    let taps = shape.kernel[0] * shape.kernel[1];
    for (out, &[y, x]) in out.chunks_exact_mut(shape.channels).zip(kernel) {
        for (c, out) in out.iter_mut().enumerate() {
            *out = weight[c * taps + y * shape.kernel[1] + x];
        }
    }
}

/// The inverse of [`pack`].
pub(super) fn unpack(shape: &ConvShape, kernel: &[[usize; 2]], packed: &[f32], weight: &mut [f32]) {
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
/// All that is named must lie in memory that is there.
#[inline(always)]
pub(super) unsafe fn forward<V: Vector>(
    x: *const f32,
    [inputs, taps]: [&[usize]; 2],
    packed: *const f32,
    channels: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &[usize],
) {
    let least = V::splat(if finish.relu { 0.0 } else { f32::NEG_INFINITY });
    for c in (0..channels).step_by(V::LANES) {
        let n = (channels - c).min(V::LANES);
        let start = if finish.bias.is_null() { V::splat(0.0) } else { load::<V>(finish.bias.add(c), n) };
        for (inputs, outputs) in inputs.chunks(PIXELS).zip(outputs.chunks(PIXELS)) {
            let mut sum = [start; PIXELS];
            // A last block that is not full computes its last pixel several times.
            let last = inputs.len() - 1;
            for (t, &tap) in taps.iter().enumerate() {
                let w = load::<V>(packed.add(t * channels + c), n);
                for i in 0..PIXELS {
                    let from = x.add(*inputs.get_unchecked(i.min(last)) + tap + c);
                    sum[i] = load::<V>(from, n).fma(w, sum[i]);
                }
            }
            for (&output, sum) in outputs.iter().zip(sum) {
                store::<V>(sum.at_least(least), y.add(output + c), n);
            }
        }
    }
}

/// `packed[tap, c] += sum over pixels of x[inputs[p] + tap + c] * g[grads[p] + c]`.
///
/// # Safety
/// All that is named must lie in memory that is there.
#[inline(always)]
pub(super) unsafe fn sums<V: Vector>(pixels: Pixels, family: &Family, channels: usize, packed: *mut f32) {
    /// Taps whose sums are kept in registers.
    const TAPS: usize = 6;
    for c in (0..channels).step_by(V::LANES) {
        let n = (channels - c).min(V::LANES);
        for (block, taps) in family.taps.chunks(TAPS).enumerate() {
            let last = taps.len() - 1;
            let mut sum = [V::splat(0.0); TAPS];
            for (&input, &grad) in pixels.inputs.iter().zip(pixels.grads) {
                let g = load::<V>(pixels.g.add(grad + c), n);
                let x = pixels.x.add(input + c);
                for t in 0..TAPS {
                    sum[t] = load::<V>(x.add(*taps.get_unchecked(t.min(last))), n).fma(g, sum[t]);
                }
            }
            for (t, sum) in sum.into_iter().enumerate().take(taps.len()) {
                let to = packed.add((block * TAPS + t) * channels + c);
                store::<V>(load::<V>(to, n).add(sum), to, n);
            }
        }
    }
}
