//! Which gradients ReLU lets through.

use crate::simd::{Vector, load};

/// Which gradients ReLU lets through.
#[derive(Clone, Copy)]
pub(crate) enum ReluMask {
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
pub(crate) struct VectorReluMask<V> {
    gate: ReluMask,
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
            gate: self,
            factor,
            shift,
        }
    }
}

impl<V: Vector> VectorReluMask<V> {
    /// The gradient `g` at `at`; `apart` is `x − mean` there.
    #[inline(always)]
    pub(crate) unsafe fn pass(&self, g: V, deviation: V, at: usize, n: usize) -> V {
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
