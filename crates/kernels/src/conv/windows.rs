//! A convolution as rows of a matrix: where each output pixel's window begins and where its taps
//! lie.
//!
//! The forward pass is one such family. The input gradient is one for each phase of the stride:
//! input pixels whose place has the same remainder see the same taps, and none of them a zero that
//! the stride would insert.

use super::shape::ConvShape;

/// Output pixels of one image, or of several, that share their taps.
pub(crate) struct WindowSet {
    /// Offset of each pixel's window in the padded source image, in values.
    pub inputs: Vec<usize>,
    /// Offset of each pixel's first channel in the destination image.
    pub outputs: Vec<usize>,
    /// Offsets of the taps' first values in a window, ascending.
    pub taps: Vec<usize>,
    /// Kernel row and column of each tap, before neighbours were joined.
    pub kernel: Vec<[usize; 2]>,
    /// Values of a tap that lie side by side.
    pub run: usize,
    /// How many of the pixels are one image's.
    pub per_image: usize,
}

impl WindowSet {
    /// The same for `images` images whose sources and destinations lie so many values apart.
    pub(crate) fn repeat(self, images: usize, source: usize, destination: usize) -> WindowSet {
        let spread = |offsets: &[usize], step: usize| -> Vec<usize> {
            (0..images)
                .flat_map(|i| offsets.iter().map(move |o| o + i * step))
                .collect()
        };
        let (inputs, outputs) = (
            spread(&self.inputs, source),
            spread(&self.outputs, destination),
        );
        WindowSet {
            inputs,
            outputs,
            ..self
        }
    }
}

/// A source image with a border: rows and columns before it, and its full size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Border {
    pub before: [usize; 2],
    pub size: [usize; 2],
}

impl Border {
    pub(crate) fn values(&self, channels: usize) -> usize {
        self.size[0] * self.size[1] * channels
    }
}

/// The border that the forward pass reads.
pub(crate) fn forward_border(shape: &ConvShape) -> Border {
    let size = [0, 1].map(|i| shape.input[i] + shape.padding[i][0] + shape.padding[i][1]);
    Border {
        before: [shape.padding[0][0], shape.padding[1][0]],
        size,
    }
}

/// The forward pass over the first `rows` × `columns` output pixels.
pub(crate) fn forward_windows(shape: &ConvShape, [rows, columns]: [usize; 2]) -> WindowSet {
    let width = forward_border(shape).size[1];
    let c = shape.channels;
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for y in 0..rows {
        for x in 0..columns {
            inputs.push((y * shape.stride[0] * width + x * shape.stride[1]) * c);
            outputs.push((y * columns + x) * shape.filters);
        }
    }
    let (mut taps, mut kernel) = (Vec::new(), Vec::new());
    for ky in 0..shape.kernel[0] {
        for kx in 0..shape.kernel[1] {
            taps.push((ky * shape.dilation[0] * width + kx * shape.dilation[1]) * c);
            kernel.push([ky, kx]);
        }
    }
    let (taps, run) = join(taps, c / shape.groups);
    WindowSet {
        per_image: inputs.len(),
        inputs,
        outputs,
        taps,
        kernel,
        run,
    }
}

/// For one dimension of the input gradient: the output row `(y + padding - k * dilation) / stride`
/// that a tap brings to input row `y`, where the division has no remainder.
fn brings(shape: &ConvShape, i: usize, y: usize, k: usize) -> Option<i64> {
    let at = (y + shape.padding[i][0]) as i64 - (k * shape.dilation[i]) as i64;
    let stride = shape.stride[i] as i64;
    (at.rem_euclid(stride) == 0).then(|| at.div_euclid(stride))
}

/// The border of the output's gradient that the input gradient reads; `used` is the size of that
/// gradient.
pub(crate) fn backward_border(shape: &ConvShape, used: [usize; 2]) -> Border {
    let bounds = [0, 1].map(|i| {
        let all = (0..shape.input[i])
            .flat_map(|y| (0..shape.kernel[i]).filter_map(move |k| brings(shape, i, y, k)));
        all.fold((0, used[i] as i64 - 1), |(low, high), at| {
            (low.min(at), high.max(at))
        })
    });
    Border {
        before: bounds.map(|(low, _)| -low as usize),
        size: bounds.map(|(low, high)| (high - low + 1) as usize),
    }
}

/// The families of the input gradient: read from a bordered output gradient, written to the input
/// image.
pub(crate) fn backward_window_sets(shape: &ConvShape, border: &Border) -> Vec<WindowSet> {
    let phases = (0..shape.stride[0]).flat_map(|y| (0..shape.stride[1]).map(move |x| [y, x]));
    phases
        .filter(|phase| phase[0] < shape.input[0] && phase[1] < shape.input[1])
        .map(|phase| backward_windows(shape, border, phase))
        .collect()
}

fn backward_windows(shape: &ConvShape, border: &Border, phase: [usize; 2]) -> WindowSet {
    let (f, width) = (shape.filters, border.size[1]);
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (qy, y) in (phase[0]..shape.input[0])
        .step_by(shape.stride[0])
        .enumerate()
    {
        for (qx, x) in (phase[1]..shape.input[1])
            .step_by(shape.stride[1])
            .enumerate()
        {
            inputs.push((qy * width + qx) * f);
            outputs.push((y * shape.input[1] + x) * shape.channels);
        }
    }
    let along = |i: usize| -> Vec<(usize, usize)> {
        let all = (0..shape.kernel[i])
            .rev()
            .filter_map(|k| Some((k, brings(shape, i, phase[i], k)?)));
        all.map(|(k, at)| (k, (at + border.before[i] as i64) as usize))
            .collect()
    };
    let (mut taps, mut kernel) = (Vec::new(), Vec::new());
    for (ky, y) in along(0) {
        for (kx, x) in along(1) {
            taps.push((y * width + x) * f);
            kernel.push([ky, kx]);
        }
    }
    let (taps, run) = join(taps, f / shape.groups);
    WindowSet {
        per_image: inputs.len(),
        inputs,
        outputs,
        taps,
        kernel,
        run,
    }
}

/// Joins taps that lie side by side, as many as divide all of them evenly.
fn join(taps: Vec<usize>, run: usize) -> (Vec<usize>, usize) {
    let n = taps.len();
    let together = |m: usize| {
        taps.chunks(m)
            .all(|c| c.windows(2).all(|w| w[1] == w[0] + run))
    };
    match (2..=n).rev().find(|&m| n.is_multiple_of(m) && together(m)) {
        Some(m) => (taps.iter().copied().step_by(m).collect(), run * m),
        None => (taps, run),
    }
}

/// Copies a block of images `[rows, columns, channels]` into bordered ones; the border is zero.
pub(crate) fn add_border(
    source: &[f32],
    size: [usize; 2],
    channels: usize,
    border: &Border,
    out: &mut [f32],
) {
    let row = size[1] * channels;
    let wide = border.size[1] * channels;
    let left = border.before[1] * channels;
    for (from, to) in source
        .chunks_exact(size[0] * row)
        .zip(out.chunks_exact_mut(border.values(channels)))
    {
        let (top, rest) = to.split_at_mut(border.before[0] * wide);
        top.fill(0.0);
        let (middle, bottom) = rest.split_at_mut(size[0] * wide);
        for (from, to) in from.chunks_exact(row).zip(middle.chunks_exact_mut(wide)) {
            to[..left].fill(0.0);
            to[left..left + row].copy_from_slice(from);
            to[left + row..].fill(0.0);
        }
        bottom.fill(0.0);
    }
}
