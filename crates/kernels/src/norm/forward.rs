//! Batch normalisation by given moments.

use super::parameters::{NormParameters, factors};
use super::row_pass::{RowPass, run_pass_shared};
use crate::simd::{Kernel, Vector, dispatch, load, should_stream, store};

/// `(x − mean) / √(variance + ε) · scale + shift`, then plus `residual`, then ReLU. `x` and
/// `residual` are `[rows, channels]`.
///
/// # Panics
/// If a slice has the wrong length.
pub fn batch_norm(norm: &NormParameters, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
    norm.check(x);
    assert!(
        residual.is_none_or(|s| s.len() == x.len()),
        "residual of {} values",
        x.len()
    );
    // SAFETY: the sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe { dispatch(NormForward { norm, x, residual }) }
}

pub(crate) struct NormForward<'a> {
    pub norm: &'a NormParameters<'a>,
    pub x: &'a [f32],
    pub residual: Option<&'a [f32]>,
}

impl Kernel for NormForward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let NormForward { norm, x, residual } = self;
        let channels = norm.scale.len();
        let factor: Vec<f32> = factors(norm);
        let mut y: Vec<f32> = Vec::with_capacity(x.len());
        let pass = NormForwardPass {
            x: x.as_ptr(),
            residual: residual.map_or(std::ptr::null(), <[f32]>::as_ptr),
            y: y.as_mut_ptr(),
            mean: norm.moments.mean.as_ptr(),
            factor: factor.as_ptr(),
            shift: norm.shift.as_ptr(),
            relu: norm.relu,
            stream: should_stream::<V>(y.as_ptr(), x.len(), channels),
            channels,
        };
        run_pass_shared::<V>(pass, x.len() / channels, channels);
        y.set_len(x.len());
        y
    }
}

#[derive(Clone, Copy)]
struct NormForwardPass {
    x: *const f32,
    /// Null if there is no residual.
    residual: *const f32,
    y: *mut f32,
    mean: *const f32,
    factor: *const f32,
    shift: *const f32,
    relu: bool,
    /// Whether the results are stored past the caches. They are then whole, aligned vectors.
    stream: bool,
    channels: usize,
}

impl RowPass for NormForwardPass {
    #[inline(always)]
    unsafe fn block<V: Vector, const R: usize>(&mut self, row: usize, c: usize, n: usize) {
        let [mean, factor, shift] =
            [self.mean, self.factor, self.shift].map(|values| load::<V>(values.add(c), n));
        let lower_bound = V::splat(if self.relu { 0.0 } else { f32::NEG_INFINITY });
        for r in row..row + R {
            let at = r * self.channels + c;
            let deviation = load::<V>(self.x.add(at), n).sub(mean);
            let mut y = deviation.fma(factor, shift);
            if !self.residual.is_null() {
                y = y.add(load::<V>(self.residual.add(at), n));
            }
            let (y, to) = (y.at_least(lower_bound), self.y.add(at));
            if self.stream {
                y.stream(to)
            } else {
                store::<V>(y, to, n)
            }
        }
    }
}
