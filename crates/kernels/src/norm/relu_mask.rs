//! The ReLU mask of the backward pass: which gradients pass through.

use crate::simd::{Vector, load};

/// Where the ReLU mask comes from.
#[derive(Clone, Copy)]
pub(crate) enum ReluMask {
    /// There is no ReLU: all gradients pass.
    All,
    /// Gradients pass where the stored output is greater than 0.
    Output(*const f32),
    /// Gradients pass where `(x − mean) · factor + shift`, recomputed as in the forward pass, is
    /// greater than 0.
    Recomputed {
        factor: *const f32,
        shift: *const f32,
    },
}

/// A [`ReluMask`] for one vector of columns.
#[derive(Clone, Copy)]
pub(crate) struct VectorReluMask<V> {
    mask: ReluMask,
    factor: V,
    shift: V,
}

impl ReluMask {
    #[inline(always)]
    pub(crate) unsafe fn vector<V: Vector>(self, c: usize, n: usize) -> VectorReluMask<V> {
        let (mut factor, mut shift) = (V::splat(0.0), V::splat(0.0));
        if let ReluMask::Recomputed {
            factor: factors,
            shift: shifts,
        } = self
        {
            (factor, shift) = (load::<V>(factors.add(c), n), load::<V>(shifts.add(c), n));
        }
        VectorReluMask {
            mask: self,
            factor,
            shift,
        }
    }
}

impl<V: Vector> VectorReluMask<V> {
    /// Masks the gradient `g` of position `at`, where `deviation` is `x − mean`.
    #[inline(always)]
    pub(crate) unsafe fn pass(&self, g: V, deviation: V, at: usize, n: usize) -> V {
        let zero = V::splat(0.0);
        match self.mask {
            ReluMask::All => g,
            ReluMask::Output(output) => g.keep(load::<V>(output.add(at), n).greater(zero)),
            ReluMask::Recomputed { .. } => {
                g.keep(deviation.fma(self.factor, self.shift).greater(zero))
            }
        }
    }
}
