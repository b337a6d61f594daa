//! Sums of outer products over pixels: the weight gradients.

use super::panel::{block_rows, lanes, next_block, vector};
use crate::buffer::Buffer;
use crate::simd::{Kernel, PANEL, Vector, load, store};

/// Adds the sum over pixels of `x[inputs[p] + offsets[r]] * g[grads[p] + n]` for `n < columns` to
/// row `r`, column `n` of `sums`, and the sum of `g[grads[p] + n]` to `sums.right[n]`. `offsets`
/// must ascend.
///
/// # Safety
/// All addressed memory must be valid.
#[inline(always)]
pub(crate) unsafe fn outer<V: Vector>(
    pixels: OuterFactors,
    offsets: &[usize],
    columns: usize,
    sums: OuterTarget,
) {
    V::outlined(Outer {
        pixels,
        offsets,
        columns,
        sums,
    });
}

/// The two factors of [`outer`]: the left values of pixel `p` start at `x + inputs[p]`, its right
/// values at `g + grads[p]`.
#[derive(Clone, Copy)]
pub(crate) struct OuterFactors<'a> {
    pub x: *const f32,
    pub inputs: &'a [usize],
    pub g: *const f32,
    pub grads: &'a [usize],
}

/// Where the sums of outer products are accumulated: row `r` at `c + r * row`, with panels of
/// columns `panel` values apart.
#[derive(Clone, Copy)]
pub(crate) struct OuterTarget {
    pub c: *mut f32,
    pub row: usize,
    pub panel: usize,
    /// Where the sums of the right values alone are accumulated, or null.
    pub right: *mut f32,
}

/// Pixels, rows and columns that are processed together, so that values which are read repeatedly
/// stay in the L1 cache.
const PIXELS: usize = 96;
const STRIP: usize = 48;
const COLUMNS: usize = 128;

struct Outer<'a> {
    pixels: OuterFactors<'a>,
    offsets: &'a [usize],
    columns: usize,
    sums: OuterTarget,
}

impl Kernel for Outer<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Outer {
            pixels,
            offsets,
            columns,
            sums,
        } = self;
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
            return;
        };
        // Adjacent rows are copied into strips: pixels are often a power of two apart and would
        // compete for the same few cache sets.
        let use_strips = last - first + 1 == offsets.len() && columns > 2 * V::LANES;
        let mut x = Buffer::new(if use_strips { PIXELS * STRIP } else { 0 });
        let mut g = Buffer::new(PIXELS * COLUMNS);
        let x = x.as_mut_ptr();
        let steps: [usize; PIXELS] = std::array::from_fn(|p| p * STRIP);
        let strip_offsets: [usize; STRIP] = std::array::from_fn(|r| r);
        for (inputs, grads) in pixels
            .inputs
            .chunks(PIXELS)
            .zip(pixels.grads.chunks(PIXELS))
        {
            for column in (0..columns).step_by(COLUMNS) {
                let n = (columns - column).min(COLUMNS);
                let right = if sums.right.is_null() {
                    sums.right
                } else {
                    sums.right.add(column)
                };
                let g = panels_of::<V>(pixels.g.add(column), grads, n, &mut g, right);
                let sums = OuterTarget {
                    c: sums.c.add(column / PANEL * sums.panel),
                    ..sums
                };
                if !use_strips {
                    outer_panels::<V>([pixels.x, g], inputs, offsets, n, sums);
                    continue;
                }
                for row in (0..offsets.len()).step_by(STRIP) {
                    let rows = (offsets.len() - row).min(STRIP);
                    for (p, &input) in inputs.iter().enumerate() {
                        copy::<V>(pixels.x.add(input + first + row), x.add(p * STRIP), rows);
                    }
                    let sums = OuterTarget {
                        c: sums.c.add(row * sums.row),
                        ..sums
                    };
                    outer_panels::<V>(
                        [x, g],
                        &steps[..inputs.len()],
                        &strip_offsets[..rows],
                        n,
                        sums,
                    );
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn copy<V: Vector>(from: *const f32, to: *mut f32, count: usize) {
    let whole = count / V::LANES * V::LANES;
    for i in (0..whole).step_by(V::LANES) {
        V::load(from.add(i)).store(to.add(i));
    }
    if whole < count {
        V::load_partial(from.add(whole), count - whole).store_partial(to.add(whole), count - whole);
    }
}

/// Copies the gradients of some pixels into panels `[panel][pixel][column of the panel]`, padded
/// with zeros, and adds them to `sums` unless that is null.
#[inline(always)]
unsafe fn panels_of<V: Vector>(
    g: *const f32,
    grads: &[usize],
    columns: usize,
    out: &mut [f32],
    sums: *mut f32,
) -> *const f32 {
    let panel_offset = |column: usize| column / PANEL * grads.len() * PANEL + column % PANEL;
    let to = out.as_mut_ptr();
    for (p, &grad) in grads.iter().enumerate() {
        for column in (0..columns).step_by(V::LANES) {
            let n = (columns - column).min(V::LANES);
            load::<V>(g.add(grad + column), n).store(to.add(panel_offset(column) + p * PANEL));
        }
    }
    if !sums.is_null() {
        for column in (0..columns).step_by(V::LANES) {
            let (n, from, sums) = (
                (columns - column).min(V::LANES),
                to.add(panel_offset(column)),
                sums.add(column),
            );
            // Two alternating sums, so that consecutive additions do not depend on each other.
            let mut sum = [V::splat(0.0); 2];
            for p in 0..grads.len() {
                sum[p % 2] = sum[p % 2].add(V::load(from.add(p * PANEL)));
            }
            store::<V>(load::<V>(sums, n).add(sum[0].add(sum[1])), sums, n);
        }
    }
    out.as_ptr()
}

/// [`outer`] of `[x, g]`, where `g` already consists of panels
/// `[panel][pixel][column of the panel]`.
///
/// # Safety
/// All addressed memory must be valid.
#[inline(always)]
pub(crate) unsafe fn outer_panels<V: Vector>(
    from: [*const f32; 2],
    inputs: &[usize],
    offsets: &[usize],
    columns: usize,
    sums: OuterTarget,
) {
    V::outlined(OuterPanels {
        from,
        inputs,
        offsets,
        columns,
        sums,
    });
}

struct OuterPanels<'a> {
    from: [*const f32; 2],
    inputs: &'a [usize],
    offsets: &'a [usize],
    columns: usize,
    sums: OuterTarget,
}

impl Kernel for OuterPanels<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let OuterPanels {
            from: [x, g],
            inputs,
            offsets,
            columns,
            sums,
        } = self;
        for column in (0..columns).step_by(2 * V::LANES) {
            let n = (columns - column).min(2 * V::LANES);
            let sums = OuterTarget {
                c: sums.c.add(column / PANEL * sums.panel),
                ..sums
            };
            let g = g.add(column * inputs.len());
            if n <= V::LANES {
                outer_panel::<V, 1>([x, g], inputs, offsets, n, sums);
            } else {
                outer_panel::<V, 2>([x, g], inputs, offsets, n, sums);
            }
        }
    }
}

#[inline(always)]
unsafe fn outer_panel<V: Vector, const NV: usize>(
    from: [*const f32; 2],
    inputs: &[usize],
    offsets: &[usize],
    columns: usize,
    sums: OuterTarget,
) {
    let mut r = 0;
    while r < offsets.len() {
        let offsets = offsets.get_unchecked(r..);
        let sums = OuterTarget {
            c: sums.c.add(r * sums.row),
            ..sums
        };
        macro_rules! block {
            ($rows:literal) => {{
                outer_block::<V, $rows, NV>(from, inputs, offsets, columns, sums);
                r += $rows;
            }};
        }
        next_block!(offsets.len(), V::ROWS[NV - 1], block);
    }
}

#[inline(always)]
unsafe fn outer_block<V: Vector, const M: usize, const NV: usize>(
    [x, mut g]: [*const f32; 2],
    inputs: &[usize],
    offsets: &[usize],
    columns: usize,
    sums: OuterTarget,
) {
    let panel = inputs.len() * PANEL;
    let OuterTarget { c, row, .. } = sums;
    let mut from = [x; M];
    let mut sum = [[V::splat(0.0); NV]; M];
    for i in 0..M {
        from[i] = x.add(*offsets.get_unchecked(i));
        for j in 0..NV {
            sum[i][j] = load::<V>(
                c.add(i * row + vector::<V>(j, sums.panel)),
                lanes::<V>(columns, j),
            );
        }
    }
    for &input in inputs {
        let mut column = [V::splat(0.0); NV];
        for (j, column) in column.iter_mut().enumerate() {
            *column = V::load(g.add(vector::<V>(j, panel)));
        }
        for i in 0..M {
            let a = V::splat(*from[i].add(input));
            for j in 0..NV {
                sum[i][j] = a.fma(column[j], sum[i][j]);
            }
        }
        g = g.add(PANEL);
    }
    for (i, sum) in sum.iter().enumerate() {
        for (j, &sum) in sum.iter().enumerate() {
            store::<V>(
                sum,
                c.add(i * row + vector::<V>(j, sums.panel)),
                lanes::<V>(columns, j),
            );
        }
    }
}
