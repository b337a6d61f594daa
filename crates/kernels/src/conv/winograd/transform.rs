//! Winograd's F(4×4, 3×3) and F(2×2, 5×5) in one dimension, on vectors of channels, and their
//! transposes for the gradients.
//!
//! The matrices are those of Lavin and Gray (2016) at the points 0, ±1, ±2 and ∞. Both forms have
//! tiles of six values, whose input transform is the same. In two dimensions a transform is applied
//! to the columns and then to the rows.

use crate::simd::Vector;

/// An array of the expression's values for the given numbers. It is unrolled, so that the values
/// stay in registers.
macro_rules! array {
    ($i:ident in $($n:literal)* => $value:expr) => {
        [$({
            const $i: usize = $n;
            $value
        }),*]
    };
}

/// The values for 0 to 5.
macro_rules! six {
    ($i:ident => $value:expr) => {
        $crate::conv::winograd::transform::array!($i in 0 1 2 3 4 5 => $value)
    };
}

/// The values for 0 to 4.
macro_rules! five {
    ($i:ident => $value:expr) => {
        $crate::conv::winograd::transform::array!($i in 0 1 2 3 4 => $value)
    };
}

/// The values for 0 to 3.
macro_rules! four {
    ($i:ident => $value:expr) => {
        $crate::conv::winograd::transform::array!($i in 0 1 2 3 => $value)
    };
}

pub(crate) use {array, five, four, six};

#[inline(always)]
unsafe fn times<V: Vector>(c: f32, a: V) -> V {
    V::splat(c).mul(a)
}

/// `c * a + b`
#[inline(always)]
unsafe fn plus<V: Vector>(c: f32, a: V, b: V) -> V {
    V::splat(c).fma(a, b)
}

/// Input: Bᵀd.
#[inline(always)]
pub(crate) unsafe fn input<V: Vector>(d: [V; 6]) -> [V; 6] {
    let (p, q) = (plus(-4.0, d[2], d[4]), plus(-4.0, d[1], d[3]));
    let (r, s) = (d[4].sub(d[2]), d[3].sub(d[1]));
    [
        plus(4.0, d[0], plus(-5.0, d[2], d[4])),
        p.add(q),
        p.sub(q),
        plus(2.0, s, r),
        plus(-2.0, s, r),
        plus(4.0, d[1], plus(-5.0, d[3], d[5])),
    ]
}

/// Input gradient: Bv.
#[inline(always)]
pub(crate) unsafe fn input_transposed<V: Vector>(v: [V; 6]) -> [V; 6] {
    let (s, d) = (v[1].add(v[2]), v[1].sub(v[2]));
    let (t, e) = (v[3].add(v[4]), v[3].sub(v[4]));
    [
        times(4.0, v[0]),
        plus(-4.0, d, plus(-2.0, e, times(4.0, v[5]))),
        plus(-5.0, v[0], times(-4.0, s)).sub(t),
        plus(2.0, e, plus(-5.0, v[5], d)),
        v[0].add(s.add(t)),
        v[5],
    ]
}

/// The transforms that differ between the two forms.
///
/// Arrays have room for both forms: of the outputs only the first [`Form::OUT`] are used, of the
/// weights the first [`Form::TAPS`].
pub(crate) trait Form {
    /// Outputs of a tile in each dimension.
    const OUT: usize;
    /// Taps of the kernel in each dimension.
    const TAPS: usize;

    /// Output: Aᵀm.
    unsafe fn output<V: Vector>(m: [V; 6]) -> [V; 4];
    /// Output gradient: Ay.
    unsafe fn output_transposed<V: Vector>(y: [V; 4]) -> [V; 6];
    /// Weights: Gw.
    unsafe fn weight<V: Vector>(w: [V; 5]) -> [V; 6];
    /// Weight gradient: Gᵀu.
    unsafe fn weight_transposed<V: Vector>(u: [V; 6]) -> [V; 5];
}

/// F(4×4, 3×3).
pub(crate) struct Three;

impl Form for Three {
    const OUT: usize = 4;
    const TAPS: usize = 3;

    #[inline(always)]
    unsafe fn output<V: Vector>(m: [V; 6]) -> [V; 4] {
        let (s, d) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (t, e) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(s.add(t)),
            plus(2.0, e, d),
            plus(4.0, t, s),
            plus(8.0, e, d).add(m[5]),
        ]
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>(y: [V; 4]) -> [V; 6] {
        let (e, o) = (y[0].add(y[2]), y[1].add(y[3]));
        let (f, q) = (plus(4.0, y[2], y[0]), plus(8.0, y[3], times(2.0, y[1])));
        [y[0], e.add(o), e.sub(o), f.add(q), f.sub(q), y[3]]
    }

    #[inline(always)]
    unsafe fn weight<V: Vector>(w: [V; 5]) -> [V; 6] {
        let (e, f) = (w[0].add(w[2]), plus(4.0, w[2], w[0]));
        [
            times(0.25, w[0]),
            times(-1.0 / 6.0, e.add(w[1])),
            times(-1.0 / 6.0, e.sub(w[1])),
            times(1.0 / 24.0, plus(2.0, w[1], f)),
            times(1.0 / 24.0, plus(-2.0, w[1], f)),
            w[2],
        ]
    }

    #[inline(always)]
    unsafe fn weight_transposed<V: Vector>(u: [V; 6]) -> [V; 5] {
        let (s, d) = (u[1].add(u[2]), u[2].sub(u[1]));
        let (t, e) = (u[3].add(u[4]), u[3].sub(u[4]));
        [
            plus(0.25, u[0], plus(1.0 / 24.0, t, times(-1.0 / 6.0, s))),
            plus(1.0 / 6.0, d, times(1.0 / 12.0, e)),
            plus(1.0 / 6.0, t.sub(s), u[5]),
            V::splat(0.0),
            V::splat(0.0),
        ]
    }
}

/// F(2×2, 5×5).
pub(crate) struct Five;

impl Form for Five {
    const OUT: usize = 2;
    const TAPS: usize = 5;

    #[inline(always)]
    unsafe fn output<V: Vector>(m: [V; 6]) -> [V; 4] {
        let (s, d) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (t, e) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(s.add(t)),
            plus(2.0, e, d).add(m[5]),
            V::splat(0.0),
            V::splat(0.0),
        ]
    }

    #[inline(always)]
    unsafe fn output_transposed<V: Vector>(y: [V; 4]) -> [V; 6] {
        [
            y[0],
            y[0].add(y[1]),
            y[0].sub(y[1]),
            plus(2.0, y[1], y[0]),
            plus(-2.0, y[1], y[0]),
            y[1],
        ]
    }

    #[inline(always)]
    unsafe fn weight<V: Vector>(w: [V; 5]) -> [V; 6] {
        let (e, o) = (w[0].add(w[2]).add(w[4]), w[1].add(w[3]));
        let (f, q) = (
            plus(16.0, w[4], plus(4.0, w[2], w[0])),
            plus(8.0, w[3], times(2.0, w[1])),
        );
        [
            times(0.25, w[0]),
            times(-1.0 / 6.0, e.add(o)),
            times(-1.0 / 6.0, e.sub(o)),
            times(1.0 / 24.0, f.add(q)),
            times(1.0 / 24.0, f.sub(q)),
            w[4],
        ]
    }

    #[inline(always)]
    unsafe fn weight_transposed<V: Vector>(u: [V; 6]) -> [V; 5] {
        let (s, d) = (u[1].add(u[2]), u[2].sub(u[1]));
        let (t, e) = (u[3].add(u[4]), u[3].sub(u[4]));
        let s = times(-1.0 / 6.0, s);
        let d = times(1.0 / 6.0, d);
        [
            plus(0.25, u[0], plus(1.0 / 24.0, t, s)),
            plus(1.0 / 12.0, e, d),
            plus(1.0 / 6.0, t, s),
            plus(1.0 / 3.0, e, d),
            plus(2.0 / 3.0, t, s).add(u[5]),
        ]
    }
}

/// Rows (and columns) of an output tile for a kernel of this size, if a form for it exists.
pub(crate) fn output_tile(kernel: [usize; 2]) -> Option<usize> {
    match kernel {
        [3, 3] => Some(Three::OUT),
        [5, 5] => Some(Five::OUT),
        _ => None,
    }
}
