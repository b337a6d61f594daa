//! Matrix products whose right matrix is packed into panels first.

use crate::buffer::Buffer;
use crate::matrix::{DotsTarget, Finish, LeftRows, dots};
use crate::simd::{Kernel, PANEL, Vector};
use crate::transpose::to_lanes;
use std::ops::Range;

/// Rows times a matrix that is packed into panels first.
pub(crate) struct PackedProduct<'a> {
    pub x: *const f32,
    pub rows: LeftRows<'a>,
    pub matrix: RightMatrix<'a>,
    pub columns: usize,
    pub finish: Finish,
    pub y: *mut f32,
    pub outputs: &'a [usize],
}

#[derive(Clone, Copy)]
pub(crate) enum RightMatrix<'a> {
    /// Each column of the matrix is stored as a contiguous row.
    Rows(&'a [f32]),
    /// The matrix is stored by rows of `row_len` values; its columns start with number `first`.
    Columns {
        values: &'a [f32],
        row_len: usize,
        first: usize,
    },
}

impl Kernel for PackedProduct<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let PackedProduct {
            x,
            rows,
            matrix,
            columns,
            finish,
            y,
            outputs,
        } = self;
        let mut packed = Buffer::new(columns.div_ceil(PANEL) * PANEL * rows.len());
        match matrix {
            RightMatrix::Rows(matrix) => pack_transposed::<V>(matrix, rows.len(), &mut packed),
            RightMatrix::Columns {
                values,
                row_len,
                first,
            } => pack_panels(values, row_len, first..first + columns, &mut packed),
        }
        dots::<V>(
            x,
            rows,
            packed.as_ptr(),
            columns,
            finish,
            DotsTarget {
                y,
                outputs,
                panel: PANEL,
            },
        );
    }
}

/// The columns in a range of panels.
pub(crate) fn panels_of(columns: usize, panels: Range<usize>) -> Range<usize> {
    panels.start * PANEL..(panels.end * PANEL).min(columns)
}

/// The multiples of `step`: offsets of `count` rows.
pub(crate) fn steps(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|i| i * step).collect()
}

/// Packs a matrix whose columns are stored as rows of `columns` values into panels padded with
/// zeros.
///
/// # Safety
/// `out` must have room for the panels.
#[inline(always)]
unsafe fn pack_transposed<V: Vector>(matrix: &[f32], columns: usize, out: &mut [f32]) {
    let offsets = steps(columns, PANEL);
    let rows = matrix.len() / columns;
    for row in (0..rows.next_multiple_of(PANEL)).step_by(V::LANES) {
        let lanes = rows.saturating_sub(row).min(V::LANES);
        let to = out
            .as_mut_ptr()
            .add(row / PANEL * PANEL * columns + row % PANEL);
        to_lanes::<V>(
            matrix.as_ptr().wrapping_add(row * columns),
            columns,
            lanes,
            to,
            &offsets,
        );
    }
}

/// Packs some columns of `matrix`, whose rows are `length` long, into panels padded with zeros.
fn pack_panels(matrix: &[f32], length: usize, columns: Range<usize>, out: &mut [f32]) {
    let rows = matrix.len() / length;
    for (column, out) in columns
        .clone()
        .step_by(PANEL)
        .zip(out.chunks_exact_mut(rows * PANEL))
    {
        let n = (columns.end - column).min(PANEL);
        for (row, out) in matrix.chunks_exact(length).zip(out.chunks_exact_mut(PANEL)) {
            out[..n].copy_from_slice(&row[column..][..n]);
            out[n..].fill(0.0);
        }
    }
}
