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
    let bounds = [0, 1].map(|i| {
        let all = (0..shape.input[i]).flat_map(|y| {
            (0..shape.kernel[i]).filter_map(move |k| output_position(shape, i, y, k))
        });
        all.fold((0, used[i] as i64 - 1), |(low, high), at| {
            (low.min(at), high.max(at))
        })
    });
    Border {
        before: bounds.map(|(low, _)| -low as usize),
        size: bounds.map(|(low, high)| (high - low + 1) as usize),
    }
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
    let along = |i: usize| -> Vec<(usize, usize)> {
        let all = (0..shape.kernel[i])
            .rev()
            .filter_map(|k| Some((k, output_position(shape, i, phase[i], k)?)));
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

/// Joins adjacent taps into longer ones, in the largest groups that divide all taps evenly.
fn join_taps(taps: Vec<usize>, run: usize) -> (Vec<usize>, usize) {
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

/// Copies a block of images `[rows, columns, channels]` into bordered images. The border is zero.
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
