//! Packing of weights into the order in which the kernels read them, and back.

use super::depthwise;
use super::shape::ConvShape;
use crate::simd::{PANEL, Vector};
use crate::transpose::{from_lanes, to_lanes};

/// Direction of a pass through a convolution.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassDirection {
    /// Rows of the weight matrix are taps × channels; its columns are filters.
    Forward,
    /// Rows of the weight matrix are taps × filters; its columns are channels.
    Backward,
}

impl PassDirection {
    /// Rows of the weight matrix for each tap, and its columns, in one group.
    pub(crate) fn sizes(self, shape: &ConvShape) -> (usize, usize) {
        let (c, f) = (shape.channels / shape.groups, shape.filters / shape.groups);
        if self == PassDirection::Forward {
            (c, f)
        } else {
            (f, c)
        }
    }
}

/// Number of packed values, over all groups.
pub(crate) fn packed_len(shape: &ConvShape, direction: PassDirection, taps: usize) -> usize {
    if depthwise::is_depthwise(shape) {
        return taps * shape.channels;
    }
    let (run, columns) = direction.sizes(shape);
    shape.groups * columns.div_ceil(PANEL) * PANEL * taps * run
}

/// Packs the taps `kernel` as
/// `[group, panel of columns, tap, row of the tap, column of the panel]`, padded with zeros. In the
/// forward direction `kernel` must hold all taps.
///
/// # Safety
/// The lengths of the slices must match the shape.
#[inline(always)]
pub(crate) unsafe fn pack<V: Vector>(
    shape: &ConvShape,
    direction: PassDirection,
    kernel: &[[usize; 2]],
    weight: &[f32],
    out: &mut [f32],
) {
    if depthwise::is_depthwise(shape) {
        return depthwise::pack(shape, kernel, weight, out);
    }
    if direction == PassDirection::Forward {
        let offsets = filter_offsets(shape);
        return for_each_filter_vector::<V>(shape, |part| {
            let (from, to) = (
                weight.as_ptr().wrapping_add(part.weight),
                out.as_mut_ptr().add(part.packed),
            );
            to_lanes::<V>(from, offsets.len(), part.lanes, to, &offsets);
        });
    }
    let (run, columns) = direction.sizes(shape);
    let (width, area) = (PANEL, shape.kernel[0] * shape.kernel[1]);
    out.fill(0.0);
    let mut packed = out.chunks_exact_mut(width);
    for group in weight.chunks_exact(run * columns * area) {
        for column in (0..columns).step_by(width) {
            let present = (columns - column).min(width);
            for &[y, x] in kernel {
                let tap = y * shape.kernel[1] + x;
                for (row, to) in group.chunks_exact(columns * area).zip(&mut packed) {
                    let row = &row[column * area..(column + present) * area];
                    for (to, from) in to.iter_mut().zip(row.chunks_exact(area)) {
                        *to = from[tap];
                    }
                }
            }
        }
    }
}

/// Unpacks a weight gradient that was accumulated in the layout of the forward direction.
///
/// # Safety
/// The lengths of the slices must match the shape.
#[inline(always)]
pub(crate) unsafe fn unpack<V: Vector>(
    shape: &ConvShape,
    kernel: &[[usize; 2]],
    packed: &[f32],
    out: &mut [f32],
) {
    if depthwise::is_depthwise(shape) {
        return depthwise::unpack(shape, kernel, packed, out);
    }
    let offsets = filter_offsets(shape);
    for_each_filter_vector::<V>(shape, |part| {
        let (from, to) = (
            packed.as_ptr().add(part.packed),
            out.as_mut_ptr().wrapping_add(part.weight),
        );
        from_lanes::<V>(from, &offsets, to, offsets.len(), part.lanes);
    });
}

/// Offsets of a filter's weights in the packed layout.
fn filter_offsets(shape: &ConvShape) -> Vec<usize> {
    let (run, area) = (
        shape.channels / shape.groups,
        shape.kernel[0] * shape.kernel[1],
    );
    (0..run)
        .flat_map(|r| (0..area).map(move |tap| (tap * run + r) * PANEL))
        .collect()
}

/// A vector of adjacent filters: where the first weight of the first filter is in the packed and in
/// the plain layout, and how many of the lanes are filters.
struct FilterVector {
    packed: usize,
    weight: usize,
    lanes: usize,
}

/// Visits the filters one vector at a time, including the padding of the last panel.
fn for_each_filter_vector<V: Vector>(shape: &ConvShape, mut visit: impl FnMut(FilterVector)) {
    let (width, filters) = (PANEL, shape.filters / shape.groups);
    let filter = shape.channels / shape.groups * shape.kernel[0] * shape.kernel[1];
    let padded = filters.div_ceil(width) * width;
    for group in 0..shape.groups {
        for first in (0..padded).step_by(V::LANES) {
            let packed = (group * padded + first / width * width) * filter + first % width;
            let weight = (group * filters + first) * filter;
            visit(FilterVector {
                packed,
                weight,
                lanes: filters.saturating_sub(first).min(V::LANES),
            });
        }
    }
}
