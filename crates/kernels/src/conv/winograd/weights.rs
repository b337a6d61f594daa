//! The transformation of weights into planes, and of the planes of their gradient back.

use super::planes::{PLANES, plane_stride};
use super::transform::{Form, five, six};
use crate::buffer::Buffer;
use crate::conv::parts::PartialSums;
use crate::conv::shape::ConvShape;
use crate::simd::{Kernel, PANEL, Vector};
use crate::threads;
use crate::transpose::{from_lanes, to_lanes};
use std::marker::PhantomData;
use std::ops::Range;

/// Transformed weights `[plane][panel of columns][row][column of the panel]`. Rows are channels and
/// columns are filters or, if `transposed` for the input gradient, the other way round.
///
/// # Safety
/// The length of `weight` must match the shape.
#[inline(always)]
pub(crate) unsafe fn transformed<V: Vector, F: Form>(
    shape: &ConvShape,
    weight: &[f32],
    transposed: bool,
) -> Buffer {
    let (c, f) = (shape.channels, shape.filters);
    let (rows, columns) = if transposed { (f, c) } else { (c, f) };
    let mut out = Buffer::new(PLANES * plane_stride(rows * columns));
    let to = out.as_mut_ptr();
    threads::run_ranges(columns / PANEL, out.len(), |panels| {
        V::outlined(WeightTransform::<F> {
            form: PhantomData,
            rows,
            columns,
            transposed,
            panels,
            weight,
            to,
        });
    });
    out
}

/// Some panels of columns.
struct WeightTransform<'a, F> {
    form: PhantomData<F>,
    rows: usize,
    columns: usize,
    transposed: bool,
    panels: Range<usize>,
    weight: &'a [f32],
    to: *mut f32,
}

impl<F: Form> Kernel for WeightTransform<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let WeightTransform {
            rows,
            columns,
            transposed,
            panels,
            weight,
            to,
            ..
        } = self;
        let (plane, area) = (plane_stride(rows * columns), F::TAPS * F::TAPS);
        // The taps of a vector of columns, for each row.
        let mut lane_taps = Buffer::new(rows * area * V::LANES);
        let row_offsets: Vec<usize> = (0..area * rows).map(|q| q * V::LANES).collect();
        for column in (panels.start * PANEL..panels.end * PANEL).step_by(V::LANES) {
            let to = to.add(column / PANEL * PANEL * rows + column % PANEL);
            let lane_taps = lane_taps.as_mut_ptr();
            if transposed {
                for row in 0..rows {
                    let from = weight.as_ptr().add((row * columns + column) * area);
                    to_lanes::<V>(
                        from,
                        area,
                        V::LANES,
                        lane_taps.add(row * area * V::LANES),
                        &row_offsets[..area],
                    );
                }
            } else {
                let from = weight.as_ptr().add(column * rows * area);
                to_lanes::<V>(from, rows * area, V::LANES, lane_taps, &row_offsets);
            }
            for row_at in 0..rows {
                let taps = lane_taps.add(row_at * area * V::LANES);
                let columns = five!(X => match X < F::TAPS {
                    true => F::weight(five!(Y => match Y < F::TAPS {
                        true => V::load(taps.add((F::TAPS * Y + X) * V::LANES)),
                        false => V::splat(0.0),
                    })),
                    false => [V::splat(0.0); 6],
                });
                six!(J => {
                    let row = F::weight(five!(X => columns[X][J]));
                    six!(I => row[I].store(to.add((6 * J + I) * plane + row_at * PANEL)));
                });
            }
        }
    }
}

/// The weight gradient from its transform in the layout of [`transformed`] (not transposed). The
/// parts are added in their order.
///
/// # Safety
/// The parts must have the size of transformed weights.
#[inline(always)]
pub(crate) unsafe fn gradient<V: Vector, F: Form>(
    shape: &ConvShape,
    sums: &PartialSums,
) -> Vec<f32> {
    let (c, f) = (shape.channels, shape.filters);
    let mut weight: Vec<f32> = Vec::with_capacity(shape.weight_len());
    let to = weight.as_mut_ptr();
    threads::run_ranges(f / PANEL, PLANES * c * f, |panels| {
        V::outlined(WeightGradientTransform::<F> {
            form: PhantomData,
            channels: c,
            filters: f,
            panels,
            sums,
            to,
        });
    });
    weight.set_len(shape.weight_len());
    weight
}

/// The gradient for some panels of filters.
struct WeightGradientTransform<'a, F> {
    form: PhantomData<F>,
    channels: usize,
    filters: usize,
    panels: Range<usize>,
    sums: &'a PartialSums,
    to: *mut f32,
}

impl<F: Form> Kernel for WeightGradientTransform<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let WeightGradientTransform {
            channels: c,
            filters,
            panels,
            sums,
            to,
            ..
        } = self;
        let (plane, area) = (plane_stride(c * filters), F::TAPS * F::TAPS);
        let mut lane_taps = Buffer::new(c * area * V::LANES);
        let lane_taps = lane_taps.as_mut_ptr();
        let offsets: Vec<usize> = (0..area * c).map(|q| q * V::LANES).collect();
        for column in (panels.start * PANEL..panels.end * PANEL).step_by(V::LANES) {
            for row in 0..c {
                let at = column / PANEL * PANEL * c + column % PANEL + row * PANEL;
                let half = six!(X => {
                    F::weight_transposed(six!(Y => sums.vector::<V>((6 * Y + X) * plane + at)))
                });
                for y in 0..F::TAPS {
                    let values = F::weight_transposed(six!(X => half[X][y]));
                    for (x, value) in values.into_iter().enumerate().take(F::TAPS) {
                        value.store(lane_taps.add((area * row + F::TAPS * y + x) * V::LANES));
                    }
                }
            }
            from_lanes::<V>(
                lane_taps,
                &offsets,
                to.add(column * c * area),
                c * area,
                V::LANES,
            );
        }
    }
}
