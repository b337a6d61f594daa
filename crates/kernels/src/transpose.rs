//! Weights from the order of model files to panels and back: transposed a block of registers at a time.

use crate::simd::{Kernel, Vector};

/// `to[offsets[q] + l] = from[l * step + q]` for each `l < lanes`, zero for the other lanes of a vector.
///
/// # Safety
/// All that is named must lie in memory that is there; `lanes` are those of a vector at most.
#[inline(always)]
pub(crate) unsafe fn to_lanes<V: Vector>(from: *const f32, step: usize, lanes: usize, to: *mut f32, offsets: &[usize]) {
    V::apart(ToLanes { from, step, lanes, to, offsets });
}

/// `to[l * step + q] = from[offsets[q] + l]` for each `l < lanes`: the inverse of [`to_lanes`].
///
/// # Safety
/// As there.
#[inline(always)]
pub(crate) unsafe fn from_lanes<V: Vector>(
    from: *const f32,
    offsets: &[usize],
    to: *mut f32,
    step: usize,
    lanes: usize,
) {
    V::apart(FromLanes { from, offsets, to, step, lanes });
}

/// Room for a square of vectors on every instruction set.
const SQUARE: usize = 256;

struct ToLanes<'a> {
    from: *const f32,
    step: usize,
    lanes: usize,
    to: *mut f32,
    offsets: &'a [usize],
}

impl Kernel for ToLanes<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let ToLanes { from, step, lanes, to, offsets } = self;
        let mut square = [0.0; SQUARE];
        let square = square.as_mut_ptr();
        for (i, offsets) in offsets.chunks(V::LANES).enumerate() {
            let from = from.add(i * V::LANES);
            if lanes == V::LANES && offsets.len() == V::LANES {
                V::transpose(from, step, square, V::LANES);
                for (j, &offset) in offsets.iter().enumerate() {
                    V::load(square.add(j * V::LANES)).store(to.add(offset));
                }
                continue;
            }
            for (j, &offset) in offsets.iter().enumerate() {
                for l in 0..V::LANES {
                    *to.add(offset + l) = if l < lanes { *from.add(l * step + j) } else { 0.0 };
                }
            }
        }
    }
}

struct FromLanes<'a> {
    from: *const f32,
    offsets: &'a [usize],
    to: *mut f32,
    step: usize,
    lanes: usize,
}

impl Kernel for FromLanes<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let FromLanes { from, offsets, to, step, lanes } = self;
        let mut square = [0.0; SQUARE];
        let square = square.as_mut_ptr();
        for (i, offsets) in offsets.chunks(V::LANES).enumerate() {
            let to = to.add(i * V::LANES);
            if lanes == V::LANES && offsets.len() == V::LANES {
                for (j, &offset) in offsets.iter().enumerate() {
                    V::load(from.add(offset)).store(square.add(j * V::LANES));
                }
                V::transpose(square, V::LANES, to, step);
                continue;
            }
            for (j, &offset) in offsets.iter().enumerate() {
                for l in 0..lanes {
                    *to.add(l * step + j) = *from.add(offset + l);
                }
            }
        }
    }
}
