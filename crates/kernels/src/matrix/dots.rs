//! Matrix products: rows of a left matrix, which may lie anywhere in memory, times packed panels.

use super::panel::{block_rows, lanes, next_block, vector};
use crate::simd::{Kernel, PANEL, Vector, store};

/// Computes `finish(row m · column n)` for `n < columns`. `packed` holds `ceil(columns / PANEL)`
/// panels `[row length][PANEL]`, padded with zeros.
///
/// # Safety
/// All addressed memory must be valid, and the target must have as many outputs as there are rows.
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

/// The rows of the left matrix, gathered from pieces: row `m` consists of the `run` values from
/// `x + inputs[m] + t` on, for each `t` in `taps`.
#[derive(Clone, Copy)]
pub(crate) struct LeftRows<'a> {
    pub inputs: &'a [usize],
    pub taps: &'a [usize],
    pub run: usize,
    /// Values of a row that the rows before it do not share. They determine how much cache a row
    /// takes.
    pub new_values: usize,
}

impl LeftRows<'_> {
    /// Length of a row.
    pub(crate) fn len(&self) -> usize {
        self.taps.len() * self.run
    }
}

/// What is done to each sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// One bias for each column, or null.
    pub bias: *const f32,
    pub relu: bool,
    /// Whether the sums are stored past the caches (see `should_stream`).
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

/// Where [`dots`] stores its sums: row `m` at `y + outputs[m]`, with panels of columns `panel`
/// values apart.
#[derive(Clone, Copy)]
pub(crate) struct DotsTarget<'a> {
    pub y: *mut f32,
    pub outputs: &'a [usize],
    pub panel: usize,
}

/// Values of left rows that are multiplied by all panels before the next rows are read: half of an
/// L1 cache.
const LEFT_VALUES: usize = 4096;

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
        let max_rows = V::ROWS[1];
        let chunk = (LEFT_VALUES / rows.new_values.max(1)).max(4 * max_rows) / max_rows * max_rows;
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

/// Where the first of the vectors of a row is stored. The second one follows it directly or, if it
/// belongs to the next panel, `panel` values later.
#[derive(Clone, Copy)]
struct PanelAddress {
    at: *mut f32,
    panel: usize,
}

/// Initial values of a block's sums, and how they are stored.
#[derive(Clone, Copy)]
struct BlockFinish<V, const NV: usize> {
    start: [V; NV],
    lower_bound: V,
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
    let lower_bound = V::splat(if finish.relu { 0.0 } else { f32::NEG_INFINITY });
    let mut edges = BlockFinish {
        start: [V::splat(0.0); NV],
        lower_bound,
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
                sum.at_least(edges.lower_bound)
                    .stream(to.add(vector::<V>(j, y.panel)));
            }
        }
        return;
    }
    for (i, sum) in sum.iter().enumerate() {
        let to = y.at.add(*outputs.get_unchecked(i));
        for (j, &sum) in sum.iter().enumerate() {
            let (value, to) = (
                sum.at_least(edges.lower_bound),
                to.add(vector::<V>(j, y.panel)),
            );
            if WHOLE {
                value.store(to)
            } else {
                store::<V>(value, to, lanes::<V>(n, j))
            }
        }
    }
}
