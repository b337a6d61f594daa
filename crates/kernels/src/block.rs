//! The two register-blocked loops that all matrix work here is made of.
//!
//! [`dots`]: rows of a left matrix, each anywhere in memory, times a packed panel; the forward pass
//! and the input gradient of every convolution and dense layer. [`outer`]: sums of outer products
//! over pixels; their weight gradients. Both keep a block of `V::ROWS` rows by one or two vectors
//! in registers, which is what the FMA units can be kept busy with, and go through their operands
//! in parts that stay in the first-level cache. No part changes the order in which a sum is added
//! up.

use crate::buffer::Buffer;
use crate::simd::{Kernel, PANEL, Vector};

/// LeftRows of the left matrix in pieces: row `m` is the values at `x + inputs[m] + t` for each `t` in
/// `taps`, `run` long each.
#[derive(Clone, Copy)]
pub(crate) struct LeftRows<'a> {
    pub inputs: &'a [usize],
    pub taps: &'a [usize],
    pub run: usize,
    /// Values of a row that the rows before it have not: what it takes in the cache.
    pub fresh: usize,
}

impl LeftRows<'_> {
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
    /// Whether the sums go past the caches ([`streams`]).
    pub stream: bool,
}

impl Finish {
    /// Stores the sums as they are.
    pub(crate) const NONE: Finish = Finish {
        bias: std::ptr::null(),
        relu: false,
        stream: false,
    };
}

/// Values of an output that is written past the caches: it would not stay there until it is read,
/// and a line that is written as a whole need not be fetched first.
const STREAMED: usize = 2 << 20;

/// Whether an output `[pixel, channel]` is written past the caches: it is large and its pixels'
/// vectors are aligned.
pub(crate) fn should_stream<V: Vector>(output: *const f32, len: usize, channels: usize) -> bool {
    len >= STREAMED
        && channels.is_multiple_of(V::LANES)
        && output.addr().is_multiple_of(4 * V::LANES)
}

/// Where [`dots`] puts its sums: row `m` at `y + outputs[m]`, its panels of columns `panel` values
/// apart.
#[derive(Clone, Copy)]
pub(crate) struct DotsTarget<'a> {
    pub y: *mut f32,
    pub outputs: &'a [usize],
    pub panel: usize,
}

/// Values of left rows that are multiplied by all panels before the next rows: half of a
/// first-level cache.
const LEFT: usize = 4096;

/// `finish(row m · column n)` for `n < columns`; `packed` holds `ceil(columns / panel)` panels
/// `[row length][panel]`, filled up with zeros.
///
/// # Safety
/// All that is named must lie in memory that is there; the target has as many outputs as there are
/// rows.
#[inline(always)]
pub(crate) unsafe fn dots<V: Vector>(
    x: *const f32,
    rows: LeftRows,
    packed: *const f32,
    columns: usize,
    finish: Finish,
    target: DotsTarget,
) {
    V::outlined(Dots {
        x,
        rows,
        packed,
        columns,
        finish,
        target,
    });
}

struct Dots<'a> {
    x: *const f32,
    rows: LeftRows<'a>,
    packed: *const f32,
    columns: usize,
    finish: Finish,
    target: DotsTarget<'a>,
}

impl Kernel for Dots<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Dots {
            x,
            rows,
            packed,
            columns,
            finish,
            target,
        } = self;
        let most = V::ROWS[1];
        let chunk = (LEFT / rows.fresh.max(1)).max(4 * most) / most * most;
        for (inputs, outputs) in rows.inputs.chunks(chunk).zip(target.outputs.chunks(chunk)) {
            let rows = LeftRows { inputs, ..rows };
            for column in (0..columns).step_by(2 * V::LANES) {
                let n = (columns - column).min(2 * V::LANES);
                let bias = if finish.bias.is_null() {
                    finish.bias
                } else {
                    finish.bias.add(column)
                };
                let finish = Finish { bias, ..finish };
                let y = PanelAddress {
                    at: target.y.add(column / PANEL * target.panel),
                    panel: target.panel,
                };
                let b = packed.add(column * rows.len());
                if n == 2 * V::LANES {
                    dots_panel::<V, 2, true>(x, rows, b, n, finish, y, outputs);
                } else if n > V::LANES {
                    dots_panel::<V, 2, false>(x, rows, b, n, finish, y, outputs);
                } else if n == V::LANES {
                    dots_panel::<V, 1, true>(x, rows, b, n, finish, y, outputs);
                } else {
                    dots_panel::<V, 1, false>(x, rows, b, n, finish, y, outputs);
                }
            }
        }
    }
}

/// LeftRows of the next of the blocks that `left` rows are cut into: as many as there are registers
/// for, but two halves rather than a last block so small that its sums wait for each other.
#[inline(always)]
fn block_rows(left: usize, most: usize) -> usize {
    if left == most || left > most + 2 {
        most
    } else if left > most {
        left.div_ceil(2)
    } else {
        left
    }
}

/// Goes through the next block of `left` rows by `$block!(its rows)`; blocks larger than `most`, a
/// constant, are not compiled.
macro_rules! next_block {
    ($left:expr, $most:expr, $block:ident) => {
        match block_rows($left, $most) {
            12.. if $most >= 12 => $block!(12),
            11 if $most >= 11 => $block!(11),
            10 if $most >= 10 => $block!(10),
            9 if $most >= 9 => $block!(9),
            8 if $most >= 8 => $block!(8),
            7 if $most >= 7 => $block!(7),
            6.. => $block!(6),
            5 => $block!(5),
            4 => $block!(4),
            3 => $block!(3),
            2 => $block!(2),
            _ => $block!(1),
        }
    };
}

/// Where the first of two vectors of a row is stored; the second lies behind it or, in the next
/// panel, so many values apart.
#[derive(Clone, Copy)]
struct PanelAddress {
    at: *mut f32,
    panel: usize,
}

/// How far vector `j` is from the first one, where panels are so many values apart.
#[inline(always)]
fn vector<V: Vector>(j: usize, panel: usize) -> usize {
    j * V::LANES / PANEL * panel + j * V::LANES % PANEL
}

/// What a block's sums begin with, and what they are at least.
#[derive(Clone, Copy)]
struct BlockFinish<V, const NV: usize> {
    start: [V; NV],
    least: V,
    stream: bool,
}

#[inline(always)]
unsafe fn dots_panel<V: Vector, const NV: usize, const WHOLE: bool>(
    x: *const f32,
    rows: LeftRows,
    b: *const f32,
    n: usize,
    finish: Finish,
    y: PanelAddress,
    outputs: &[usize],
) {
    let least = V::splat(if finish.relu { 0.0 } else { f32::NEG_INFINITY });
    let mut edges = BlockFinish {
        start: [V::splat(0.0); NV],
        least,
        stream: finish.stream,
    };
    if !finish.bias.is_null() {
        for (j, start) in edges.start.iter_mut().enumerate() {
            *start = V::load_partial(finish.bias.add(j * V::LANES), lanes::<V>(n, j));
        }
    }
    let mut m = 0;
    while m < outputs.len() {
        let rows = LeftRows {
            inputs: rows.inputs.get_unchecked(m..),
            ..rows
        };
        let outputs = outputs.get_unchecked(m..);
        macro_rules! block {
            ($rows:literal) => {{
                dots_block::<V, $rows, NV, WHOLE>(x, rows, b, n, edges, y, outputs);
                m += $rows;
            }};
        }
        next_block!(outputs.len(), V::ROWS[NV - 1], block);
    }
}

#[inline(always)]
unsafe fn dots_block<V: Vector, const M: usize, const NV: usize, const WHOLE: bool>(
    x: *const f32,
    rows: LeftRows,
    mut b: *const f32,
    n: usize,
    edges: BlockFinish<V, NV>,
    y: PanelAddress,
    outputs: &[usize],
) {
    let panel = rows.len() * PANEL;
    let mut from = [x; M];
    for (i, from) in from.iter_mut().enumerate() {
        *from = x.add(*rows.inputs.get_unchecked(i));
    }
    let mut sum = [edges.start; M];
    for &tap in rows.taps {
        for k in tap..tap + rows.run {
            let mut column = [V::splat(0.0); NV];
            for (j, column) in column.iter_mut().enumerate() {
                *column = V::load(b.add(vector::<V>(j, panel)));
            }
            for i in 0..M {
                let a = V::splat(*from[i].add(k));
                for j in 0..NV {
                    sum[i][j] = a.fma(column[j], sum[i][j]);
                }
            }
            b = b.add(PANEL);
        }
    }
    if WHOLE && edges.stream {
        for (i, sum) in sum.iter().enumerate() {
            let to = y.at.add(*outputs.get_unchecked(i));
            for (j, &sum) in sum.iter().enumerate() {
                sum.at_least(edges.least)
                    .stream(to.add(vector::<V>(j, y.panel)));
            }
        }
        return;
    }
    for (i, sum) in sum.iter().enumerate() {
        let to = y.at.add(*outputs.get_unchecked(i));
        for (j, &sum) in sum.iter().enumerate() {
            let (value, to) = (sum.at_least(edges.least), to.add(vector::<V>(j, y.panel)));
            if WHOLE {
                value.store(to)
            } else {
                store::<V>(value, to, lanes::<V>(n, j))
            }
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
    if n == V::LANES {
        value.store(to)
    } else {
        value.store_partial(to, n)
    }
}

#[inline(always)]
pub(crate) unsafe fn load<V: Vector>(from: *const f32, n: usize) -> V {
    if n == V::LANES {
        V::load(from)
    } else {
        V::load_partial(from, n)
    }
}

/// The two factors of [`outer`]: pixel `p` has its left values at `x + inputs[p]`, its right ones
/// at `g + grads[p]`.
#[derive(Clone, Copy)]
pub(crate) struct OuterFactors<'a> {
    pub x: *const f32,
    pub inputs: &'a [usize],
    pub g: *const f32,
    pub grads: &'a [usize],
}

/// Where sums of outer products are: row `r` at `c + r * row`, its panels of columns `panel` values
/// apart.
#[derive(Clone, Copy)]
pub(crate) struct OuterTarget {
    pub c: *mut f32,
    pub row: usize,
    pub panel: usize,
    /// What the right values themselves are added to, or null.
    pub right: *mut f32,
}

/// OuterFactors, rows and columns that are gone through together: what is read again and again stays in
/// the first-level cache.
const PIXELS: usize = 96;
const STRIP: usize = 48;
const COLUMNS: usize = 128;

/// Adds the sum over pixels of `x[inputs[p] + places[r]] * g[grads[p] + n]`, `n < columns`, to row
/// `r`, column `n` of `sums`, and that of `g[grads[p] + n]` to `sums.right[n]`. `places` ascend.
///
/// # Safety
/// All that is named must lie in memory that is there.
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
        // LeftRows that lie side by side are copied into strips: pixels are often a power of two apart,
        // which few cache sets hold.
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

/// The gradients of some pixels as panels `[panel][pixel][column of the panel]`, zeros behind the
/// last column; adds them to `sums`, unless that is null.
#[inline(always)]
unsafe fn panels_of<V: Vector>(
    g: *const f32,
    grads: &[usize],
    columns: usize,
    out: &mut [f32],
    sums: *mut f32,
) -> *const f32 {
    let place = |column: usize| column / PANEL * grads.len() * PANEL + column % PANEL;
    let to = out.as_mut_ptr();
    for (p, &grad) in grads.iter().enumerate() {
        for column in (0..columns).step_by(V::LANES) {
            let n = (columns - column).min(V::LANES);
            load::<V>(g.add(grad + column), n).store(to.add(place(column) + p * PANEL));
        }
    }
    if !sums.is_null() {
        for column in (0..columns).step_by(V::LANES) {
            let (n, from, sums) = (
                (columns - column).min(V::LANES),
                to.add(place(column)),
                sums.add(column),
            );
            // Two sums by turns do not wait for each other.
            let mut sum = [V::splat(0.0); 2];
            for p in 0..grads.len() {
                sum[p % 2] = sum[p % 2].add(V::load(from.add(p * PANEL)));
            }
            store::<V>(load::<V>(sums, n).add(sum[0].add(sum[1])), sums, n);
        }
    }
    out.as_ptr()
}

/// [`outer`] of `[x, g]` where `g` is panels already: `[panel][pixel][column of the panel]`.
///
/// # Safety
/// All that is named must lie in memory that is there.
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
