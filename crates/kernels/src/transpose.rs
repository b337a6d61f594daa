//! Matrix transposition, one block of registers at a time: images from planes to pixels and back,
//! and weights from the order of model files to packed panels and back.

use crate::simd::{Kernel, Vector, dispatch};
use crate::threads;
use std::ops::Range;

/// Transposes consecutive matrices of `rows` × `columns`, for example planes to pixels or pixels to
/// planes.
///
/// # Panics
/// If `values` is not a whole number of such matrices.
pub fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    assert!(
        rows * columns > 0 && values.len().is_multiple_of(rows * columns),
        "matrices of {rows}×{columns}"
    );
    let mut out: Vec<f32> = Vec::with_capacity(values.len());
    let (matrix, to) = (rows * columns, out.as_mut_ptr());
    let count = values.len() / matrix;
    // SAFETY: the sizes were checked above and all of `out` is written; `dispatch` only uses
    // instructions that this CPU supports.
    unsafe {
        threads::run_ranges(count, values.len(), |Range { start, end }| {
            let values = &values[start * matrix..end * matrix];
            dispatch(Transpose {
                values,
                rows,
                columns,
                out: to.add(start * matrix),
            });
        });
        out.set_len(values.len());
    }
    out
}

struct Transpose<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    out: *mut f32,
}

impl Kernel for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Transpose {
            values,
            rows,
            columns,
            out,
        } = self;
        let [whole_rows, whole_columns] = [rows, columns].map(|n| n / V::LANES * V::LANES);
        for i in (0..values.len()).step_by(rows * columns) {
            let (from, to) = (values.as_ptr().add(i), out.add(i));
            for row in (0..whole_rows).step_by(V::LANES) {
                for column in (0..whole_columns).step_by(V::LANES) {
                    V::transpose(
                        from.add(row * columns + column),
                        columns,
                        to.add(column * rows + row),
                        rows,
                    );
                }
            }
            // The remaining columns of these rows, then the remaining rows.
            one_by_one(
                (from, to),
                [rows, columns],
                0..whole_rows,
                whole_columns..columns,
            );
            match rows {
                // Colour images: unrolled, so that the three values of a pixel are written
                // together.
                3 => interleave::<3>((from, to), columns),
                _ => one_by_one((from, to), [rows, columns], whole_rows..rows, 0..columns),
            }
        }
    }
}

#[inline(always)]
unsafe fn one_by_one(
    (from, to): (*const f32, *mut f32),
    [rows, columns]: [usize; 2],
    row_range: Range<usize>,
    column_range: Range<usize>,
) {
    for row in row_range {
        for column in column_range.clone() {
            *to.add(column * rows + row) = *from.add(row * columns + column);
        }
    }
}

#[inline(always)]
unsafe fn interleave<const N: usize>((from, to): (*const f32, *mut f32), columns: usize) {
    let to = to.cast::<[f32; N]>();
    for column in 0..columns {
        to.add(column)
            .write_unaligned(std::array::from_fn(|row| *from.add(row * columns + column)));
    }
}

/// `to[offsets[q] + l] = from[l * step + q]` for each `l < lanes`, and zero for the other lanes of
/// a vector.
///
/// # Safety
/// All addressed memory must be valid, and `lanes` must not exceed the lanes of a vector.
#[inline(always)]
pub(crate) unsafe fn to_lanes<V: Vector>(
    from: *const f32,
    step: usize,
    lanes: usize,
    to: *mut f32,
    offsets: &[usize],
) {
    V::outlined(ToLanes {
        from,
        step,
        lanes,
        to,
        offsets,
    });
}

/// `to[l * step + q] = from[offsets[q] + l]` for each `l < lanes`: the inverse of [`to_lanes`].
///
/// # Safety
/// As for [`to_lanes`].
#[inline(always)]
pub(crate) unsafe fn from_lanes<V: Vector>(
    from: *const f32,
    offsets: &[usize],
    to: *mut f32,
    step: usize,
    lanes: usize,
) {
    V::outlined(FromLanes {
        from,
        offsets,
        to,
        step,
        lanes,
    });
}

/// Room for a square of vectors of the widest instruction set.
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
        let ToLanes {
            from,
            step,
            lanes,
            to,
            offsets,
        } = self;
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
                    *to.add(offset + l) = if l < lanes {
                        *from.add(l * step + j)
                    } else {
                        0.0
                    };
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
        let FromLanes {
            from,
            offsets,
            to,
            step,
            lanes,
        } = self;
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
