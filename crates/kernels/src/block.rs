//! The two register-blocked loops that all matrix work here is made of.
//!
//! [`dots`]: rows of a left matrix, each anywhere in memory, times a packed panel; the forward pass and the input gradient of
//! every convolution and dense layer. [`outer`]: sums of outer products over pixels; their weight gradients. Both keep a block of
//! `V::ROWS` rows by two vectors in registers, which is what the FMA units can be kept busy with.

use crate::simd::{Vector, panel};

/// Rows of the left matrix in pieces: row `m` is the values at `x + inputs[m] + t` for each `t` in `taps`, `run` long each.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub inputs: &'a [usize],
    pub taps: &'a [usize],
    pub run: usize,
}

impl Rows<'_> {
    /// Length of a row.
    pub(crate) fn len(&self) -> usize {
        self.taps.len() * self.run
    }
}

/// What is done to a sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// One value for each column, or null.
    pub bias: *const f32,
    pub relu: bool,
}

/// `y[outputs[m] + n] = finish(row m · column n)` for `n < columns`; `packed` holds `ceil(columns / panel)` panels
/// `[row length][panel]`, filled up with zeros.
///
/// # Safety
/// All that is named must lie in memory that is there; `outputs` is as long as `rows.inputs`.
#[inline(always)]
pub(crate) unsafe fn dots<V: Vector>(
    x: *const f32,
    rows: Rows,
    packed: *const f32,
    columns: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &[usize],
) {
    let width = panel::<V>();
    for column in (0..columns).step_by(width) {
        let n = (columns - column).min(width);
        let bias = if finish.bias.is_null() { finish.bias } else { finish.bias.add(column) };
        let finish = Finish { bias, ..finish };
        let (b, y) = (packed.add(column * rows.len()), y.add(column));
        if n == width {
            dots_panel::<V, 2, true>(x, rows, b, n, finish, y, outputs);
        } else if n > V::LANES {
            dots_panel::<V, 2, false>(x, rows, b, n, finish, y, outputs);
        } else {
            dots_panel::<V, 1, false>(x, rows, b, n, finish, y, outputs);
        }
    }
}

/// What a block's sums begin with, and what they are at least.
#[derive(Clone, Copy)]
struct Edges<V, const NV: usize> {
    start: [V; NV],
    least: V,
}

#[inline(always)]
unsafe fn dots_panel<V: Vector, const NV: usize, const WHOLE: bool>(
    x: *const f32,
    rows: Rows,
    b: *const f32,
    n: usize,
    finish: Finish,
    y: *mut f32,
    outputs: &[usize],
) {
    let mut edges =
        Edges { start: [V::splat(0.0); NV], least: V::splat(if finish.relu { 0.0 } else { f32::NEG_INFINITY }) };
    if !finish.bias.is_null() {
        for (j, start) in edges.start.iter_mut().enumerate() {
            *start = V::load_part(finish.bias.add(j * V::LANES), lanes::<V>(n, j));
        }
    }
    let mut m = 0;
    while m < outputs.len() {
        let left = outputs.len() - m;
        let rows = Rows { inputs: rows.inputs.get_unchecked(m..), ..rows };
        let outputs = outputs.get_unchecked(m..);
        macro_rules! block {
            ($rows:literal) => {{
                dots_block::<V, $rows, NV, WHOLE>(x, rows, b, n, edges, y, outputs);
                m += $rows;
            }};
        }
        match left.min(V::ROWS) {
            12.. => block!(12),
            6.. => block!(6),
            5 => block!(5),
            4 => block!(4),
            3 => block!(3),
            2 => block!(2),
            _ => block!(1),
        }
    }
}

#[inline(always)]
unsafe fn dots_block<V: Vector, const M: usize, const NV: usize, const WHOLE: bool>(
    x: *const f32,
    rows: Rows,
    mut b: *const f32,
    n: usize,
    edges: Edges<V, NV>,
    y: *mut f32,
    outputs: &[usize],
) {
    let mut from = [x; M];
    for (i, from) in from.iter_mut().enumerate() {
        *from = x.add(*rows.inputs.get_unchecked(i));
    }
    let mut sum = [edges.start; M];
    for &tap in rows.taps {
        for k in tap..tap + rows.run {
            let mut column = [V::splat(0.0); NV];
            for (j, column) in column.iter_mut().enumerate() {
                *column = V::load(b.add(j * V::LANES));
            }
            for i in 0..M {
                let a = V::splat(*from[i].add(k));
                for j in 0..NV {
                    sum[i][j] = a.fma(column[j], sum[i][j]);
                }
            }
            b = b.add(panel::<V>());
        }
    }
    for (i, sum) in sum.iter().enumerate() {
        let to = y.add(*outputs.get_unchecked(i));
        for (j, &sum) in sum.iter().enumerate() {
            let (value, to) = (sum.at_least(edges.least), to.add(j * V::LANES));
            if WHOLE { value.store(to) } else { store::<V>(value, to, lanes::<V>(n, j)) }
        }
    }
}

/// Lanes of vector `j` that lie among `n` columns.
#[inline(always)]
fn lanes<V: Vector>(n: usize, j: usize) -> usize {
    n.saturating_sub(j * V::LANES).min(V::LANES)
}

#[inline(always)]
pub(crate) unsafe fn store<V: Vector>(value: V, to: *mut f32, n: usize) {
    if n == V::LANES { value.store(to) } else { value.store_part(to, n) }
}

#[inline(always)]
pub(crate) unsafe fn load<V: Vector>(from: *const f32, n: usize) -> V {
    if n == V::LANES { V::load(from) } else { V::load_part(from, n) }
}

/// The two factors of [`outer`]: pixel `p` has its left values at `x + inputs[p]`, its right ones at `g + grads[p]`.
#[derive(Clone, Copy)]
pub(crate) struct Pixels<'a> {
    pub x: *const f32,
    pub inputs: &'a [usize],
    pub g: *const f32,
    pub grads: &'a [usize],
}

/// `c[r * row + n] += sum over pixels of x[inputs[p] + places[r]] * g[grads[p] + n]` for `n < columns <= panel`.
///
/// # Safety
/// All that is named must lie in memory that is there.
#[inline(always)]
pub(crate) unsafe fn outer<V: Vector>(pixels: Pixels, places: &[usize], columns: usize, c: *mut f32, row: usize) {
    if columns <= V::LANES {
        outer_panel::<V, 1>(pixels, places, columns, c, row);
    } else {
        outer_panel::<V, 2>(pixels, places, columns, c, row);
    }
}

#[inline(always)]
unsafe fn outer_panel<V: Vector, const NV: usize>(
    pixels: Pixels,
    places: &[usize],
    columns: usize,
    c: *mut f32,
    row: usize,
) {
    let mut r = 0;
    while r < places.len() {
        let (places, c) = (places.get_unchecked(r..), c.add(r * row));
        macro_rules! block {
            ($rows:literal) => {{
                outer_block::<V, $rows, NV>(pixels, places, columns, c, row);
                r += $rows;
            }};
        }
        match places.len().min(V::ROWS) {
            12.. => block!(12),
            6.. => block!(6),
            5 => block!(5),
            4 => block!(4),
            3 => block!(3),
            2 => block!(2),
            _ => block!(1),
        }
    }
}

#[inline(always)]
unsafe fn outer_block<V: Vector, const M: usize, const NV: usize>(
    pixels: Pixels,
    places: &[usize],
    columns: usize,
    c: *mut f32,
    row: usize,
) {
    let mut from = [pixels.x; M];
    let mut sum = [[V::splat(0.0); NV]; M];
    for i in 0..M {
        from[i] = pixels.x.add(*places.get_unchecked(i));
        for j in 0..NV {
            sum[i][j] = load::<V>(c.add(i * row + j * V::LANES), lanes::<V>(columns, j));
        }
    }
    let whole = columns == NV * V::LANES;
    for (&input, &grad) in pixels.inputs.iter().zip(pixels.grads) {
        let g = pixels.g.add(grad);
        let mut column = [V::splat(0.0); NV];
        for (j, column) in column.iter_mut().enumerate() {
            let g = g.add(j * V::LANES);
            *column = if whole { V::load(g) } else { load::<V>(g, lanes::<V>(columns, j)) };
        }
        for i in 0..M {
            let a = V::splat(*from[i].add(input));
            for j in 0..NV {
                sum[i][j] = a.fma(column[j], sum[i][j]);
            }
        }
    }
    for (i, sum) in sum.iter().enumerate() {
        for (j, &sum) in sum.iter().enumerate() {
            store::<V>(sum, c.add(i * row + j * V::LANES), lanes::<V>(columns, j));
        }
    }
}
