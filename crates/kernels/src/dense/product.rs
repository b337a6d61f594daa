//! Rows times a matrix that is packed into panels first.

use crate::buffer::Buffer;
use crate::matrix::{DotsTarget, Finish, LeftRows, dots};
use crate::simd::{Kernel, PANEL, Vector};
use crate::transpose::to_lanes;
use std::ops::Range;

/// LeftRows times a matrix that is packed first.
pub(crate) struct DenseProduct<'a> {
    pub x: *const f32,
    pub rows: LeftRows<'a>,
    pub matrix: DenseWeight<'a>,
    pub columns: usize,
    pub finish: Finish,
    pub y: *mut f32,
    pub outputs: &'a [usize],
}

#[derive(Clone, Copy)]
pub(crate) enum DenseWeight<'a> {
    /// The columns lie as rows, one behind the other.
    Rows(&'a [f32]),
    /// LeftRows so long, from a column on.
    Columns(&'a [f32], usize, usize),
}

impl Kernel for DenseProduct<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DenseProduct {
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
            DenseWeight::Rows(matrix) => pack_transposed::<V>(matrix, rows.len(), &mut packed),
            DenseWeight::Columns(matrix, length, first) => {
                pack_panels(matrix, length, first..first + columns, &mut packed)
            }
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

/// The columns of some panels.
pub(crate) fn panels_of(columns: usize, panels: Range<usize>) -> Range<usize> {
    panels.start * PANEL..(panels.end * PANEL).min(columns)
}

pub(crate) fn steps(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|i| i * step).collect()
}

/// LeftRows of `matrix` (`columns` long) become columns of panels; zeros behind the last.
///
/// # Safety
/// `out` has room for the panels.
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

/// Some columns of `matrix` (rows `length` long) cut into panels; zeros behind the last.
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
