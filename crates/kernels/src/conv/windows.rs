//! A convolution as rows of a matrix: where the window of each output pixel starts, and where its
//! taps are.
//!
//! The forward pass is one such set of windows. The input gradient takes one set for each phase of
//! the stride: input pixels whose positions have the same remainder see the same taps, and no
//! products with the zeros that the stride would insert.

use super::shape::ConvShape;

/// Output pixels of one image, or of several, whose windows have the same taps.
pub(crate) struct WindowSet {
    /// Offset in values of each pixel's window in the bordered source image.
    pub inputs: Vec<usize>,
    /// Offset of each pixel's first channel in the destination image.
    pub outputs: Vec<usize>,
    /// Offset in a window of the first value of each tap, ascending.
    pub taps: Vec<usize>,
    /// Kernel row and column of each tap, before adjacent taps were joined.
    pub kernel: Vec<[usize; 2]>,
    /// Adjacent values of a tap.
    pub run: usize,
    /// Number of pixels that belong to one image.
    pub per_image: usize,
}

impl WindowSet {
    /// The same windows for `images` images, whose sources are `source` values and whose
    /// destinations are `destination` values apart.
    pub(crate) fn repeat(self, images: usize, source: usize, destination: usize) -> WindowSet {
        WindowSet {
            inputs: repeat_offsets(&self.inputs, images, source),
            outputs: repeat_offsets(&self.outputs, images, destination),
            ..self
        }
    }
}

fn repeat_offsets(offsets: &[usize], count: usize, step: usize) -> Vec<usize> {
    (0..count)
        .flat_map(|i| offsets.iter().map(move |offset| offset + i * step))
        .collect()
}

/// An image with a border: the rows and columns before it, and the size including the border.
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

/// The border of the input that the forward pass reads.
pub(crate) fn forward_border(shape: &ConvShape) -> Border {
    let size = [0, 1].map(|i| shape.input[i] + shape.padding[i][0] + shape.padding[i][1]);
    Border {
        before: [shape.padding[0][0], shape.padding[1][0]],
        size,
    }
}

/// The windows of the forward pass, for the first `rows` × `columns` output pixels.
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
    let (taps, run) = join_taps(taps, c / shape.groups);
    WindowSet {
        per_image: inputs.len(),
        inputs,
        outputs,
        taps,
        kernel,
        run,
    }
}

/// The output position that input position `y` receives a gradient from through tap `k`, along one
/// dimension: `(y + padding - k * dilation) / stride`, if that is a whole number. It may lie
/// outside of the output.
fn output_position(shape: &ConvShape, i: usize, y: usize, k: usize) -> Option<i64> {
    let at = (y + shape.padding[i][0]) as i64 - (k * shape.dilation[i]) as i64;
    let stride = shape.stride[i] as i64;
    (at.rem_euclid(stride) == 0).then(|| at.div_euclid(stride))
}

/// The border of the output gradient that the input gradient reads; `used` is the size of that
/// gradient.
pub(crate) fn backward_border(shape: &ConvShape, used: [usize; 2]) -> Border {
    let bounds = [0, 1].map(|dimension| output_bounds(shape, dimension, used[dimension]));
    Border {
        before: bounds.map(|(low, _)| -low as usize),
        size: bounds.map(|(low, high)| (high - low + 1) as usize),
    }
}

/// First and last output position that gradients are read from along a dimension, including all
/// `used` ones.
fn output_bounds(shape: &ConvShape, dimension: usize, used: usize) -> (i64, i64) {
    let (mut low, mut high) = (0, used as i64 - 1);
    for y in 0..shape.input[dimension] {
        for k in 0..shape.kernel[dimension] {
            if let Some(at) = output_position(shape, dimension, y, k) {
                (low, high) = (low.min(at), high.max(at));
            }
        }
    }
    (low, high)
}

/// The windows of the input gradient, one set for each phase of the stride. They are read from the
/// bordered output gradient and written to the input image.
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
    let rows = backward_taps(shape, border, phase, 0);
    let columns = backward_taps(shape, border, phase, 1);
    let (mut taps, mut kernel) = (Vec::new(), Vec::new());
    for &(ky, y) in &rows {
        for &(kx, x) in &columns {
            taps.push((y * width + x) * f);
            kernel.push([ky, kx]);
        }
    }
    let (taps, run) = join_taps(taps, f / shape.groups);
    WindowSet {
        per_image: inputs.len(),
        inputs,
        outputs,
        taps,
        kernel,
        run,
    }
}

/// The taps that contribute to input positions of a phase along a dimension, in descending order:
/// each with the bordered position that it reads for the first of these inputs.
fn backward_taps(
    shape: &ConvShape,
    border: &Border,
    phase: [usize; 2],
    dimension: usize,
) -> Vec<(usize, usize)> {
    let before = border.before[dimension] as i64;
    let mut taps = Vec::new();
    for k in (0..shape.kernel[dimension]).rev() {
        if let Some(at) = output_position(shape, dimension, phase[dimension], k) {
            taps.push((k, (at + before) as usize));
        }
    }
    taps
}

/// Joins adjacent taps into longer ones, in the largest groups that divide all taps evenly.
fn join_taps(taps: Vec<usize>, run: usize) -> (Vec<usize>, usize) {
    let n = taps.len();
    let are_adjacent = |m: usize| {
        taps.chunks(m)
            .all(|c| c.windows(2).all(|w| w[1] == w[0] + run))
    };
    match (2..=n)
        .rev()
        .find(|&m| n.is_multiple_of(m) && are_adjacent(m))
    {
        Some(m) => (taps.iter().copied().step_by(m).collect(), run * m),
        None => (taps, run),
    }
}

/// Copies a block of images `[rows, columns, channels]` into bordered images. The border is zero.
pub(crate) fn add_border(
    source: &[f32],
    size: [usize; 2],
    channels: usize,
    border: &Border,
    out: &mut [f32],
) {
    let row = size[1] * channels;
    let bordered_row = border.size[1] * channels;
    let left = border.before[1] * channels;
    for (from, to) in source
        .chunks_exact(size[0] * row)
        .zip(out.chunks_exact_mut(border.values(channels)))
    {
        let (top, rest) = to.split_at_mut(border.before[0] * bordered_row);
        top.fill(0.0);
        let (middle, bottom) = rest.split_at_mut(size[0] * bordered_row);
        for (from, to) in from
            .chunks_exact(row)
            .zip(middle.chunks_exact_mut(bordered_row))
        {
            to[..left].fill(0.0);
            to[left..left + row].copy_from_slice(from);
            to[left + row..].fill(0.0);
        }
        bottom.fill(0.0);
    }
}
