//! Weights in the order in which the kernels read them, and back.

use super::{ConvShape, depthwise};

/// Which way a convolution is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Rows are taps × channels, columns filters.
    Forward,
    /// Rows are taps × filters, columns channels.
    Backward,
}

impl Way {
    /// Length of a tap and number of columns, in one group.
    pub(super) fn sizes(self, shape: &ConvShape) -> (usize, usize) {
        let (c, f) = (shape.channels / shape.groups, shape.filters / shape.groups);
        if self == Way::Forward { (c, f) } else { (f, c) }
    }
}

/// Values of the packed weights of all groups.
pub(super) fn packed_len(shape: &ConvShape, way: Way, taps: usize, panel: usize) -> usize {
    if depthwise::is(shape) {
        return taps * shape.channels;
    }
    let (run, columns) = way.sizes(shape);
    shape.groups * columns.div_ceil(panel) * panel * taps * run
}

/// Packs the taps `kernel` as `[group, panel of columns, tap, row of the tap, column of the panel]`, zeros behind the last column.
pub(super) fn pack(shape: &ConvShape, way: Way, kernel: &[[usize; 2]], panel: usize, weight: &[f32], out: &mut [f32]) {
    if depthwise::is(shape) {
        return depthwise::pack(shape, kernel, weight, out);
    }
    out.fill(0.0);
    walk(shape, way, kernel, panel, |packed, place| out[packed] = weight[place]);
}

/// The weights' gradient from its packed form (forward way).
pub(super) fn unpack(shape: &ConvShape, kernel: &[[usize; 2]], panel: usize, packed: &[f32], out: &mut [f32]) {
    if depthwise::is(shape) {
        return depthwise::unpack(shape, kernel, packed, out);
    }
    walk(shape, Way::Forward, kernel, panel, |at, place| out[place] = packed[at]);
}

fn walk(shape: &ConvShape, way: Way, kernel: &[[usize; 2]], panel: usize, mut visit: impl FnMut(usize, usize)) {
    let (run, columns) = way.sizes(shape);
    let (c, f) = (shape.channels / shape.groups, shape.filters / shape.groups);
    let [kh, kw] = shape.kernel;
    let rows = kernel.len() * run;
    let panels = columns.div_ceil(panel);
    for group in 0..shape.groups {
        for column in 0..columns {
            let start = (group * panels + column / panel) * rows * panel + column % panel;
            for (t, &[ky, kx]) in kernel.iter().enumerate() {
                let tap = ky * kw + kx;
                for r in 0..run {
                    let (filter, channel) = if way == Way::Forward { (column, r) } else { (r, column) };
                    let place = ((group * f + filter) * c + channel) * kh * kw + tap;
                    visit(start + (t * run + r) * panel, place);
                }
            }
        }
    }
}
