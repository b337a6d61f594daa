//! The definition of a convolution in register blocks: every kernel size, stride, padding, dilation
//! and number of groups.

use super::depthwise;
use super::pack::{PassDirection, pack, packed_len, unpack};
use super::sparse::{PooledSums, pooled_len, pooled_weights};
use super::taps::{
    Border, WindowSet, add_border, backward_border, backward_window_sets, forward_border,
    forward_windows,
};
use super::{
    BackwardTask, ConvMethod, ConvOutput, ConvShape, Epilogue, LayerGradients, NeedsGradient,
    OutputPointers, UpstreamGradient, backward_in_parts, forward_in_parts, pool_rows, unpool_image,
    used_output,
};
use crate::block::{self, DotsTarget, Finish, LeftRows, OuterFactors, dots, outer, should_stream};
use crate::buffer::Buffer;
use crate::norm::{accumulate_moments, moments_chunk_rows};
use crate::pool::{add_placed_rows, mask};
use crate::simd::{Kernel, PANEL, Vector};
use std::ops::Range;

pub(super) struct DirectForward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub epilogue: Epilogue,
}

impl Kernel for DirectForward<'_> {
    type Output = ConvOutput;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> ConvOutput {
        let DirectForward {
            shape,
            x,
            weight,
            bias,
            epilogue,
        } = self;
        let size = used_output(shape, epilogue);
        let border = forward_border(shape);
        let image = size[0] * size[1] * shape.filters;
        let block = if epilogue.pool {
            1
        } else {
            image_block(shape, size)
        };
        let windows =
            forward_windows(shape, size).repeat(block, border.values(shape.channels), image);
        let mut packed = Buffer::new(packed_len(
            shape,
            PassDirection::Forward,
            windows.kernel.len(),
        ));
        pack::<V>(
            shape,
            PassDirection::Forward,
            &windows.kernel,
            weight,
            &mut packed,
        );
        let finish = Finish {
            bias: bias.map_or(std::ptr::null(), |b| b.as_ptr()),
            relu: epilogue.relu && !epilogue.pool,
            stream: false,
        };
        let len = shape.output_len(epilogue);
        forward_in_parts(shape, epilogue, |images, to| {
            let stream =
                !epilogue.pool && should_stream::<V>(to.output, len, aligned(shape, shape.filters));
            let finish = Finish { stream, ..finish };
            let pass = PackedConv {
                shape,
                direction: PassDirection::Forward,
                windows: &windows,
                packed: &packed,
                finish,
            };
            V::outlined(DirectForwardPart {
                pass: &pass,
                x,
                border,
                epilogue,
                block,
                images,
                to,
            });
        })
    }
}

/// Some of the images.
struct DirectForwardPart<'a> {
    pass: &'a PackedConv<'a>,
    x: &'a [f32],
    border: Border,
    epilogue: Epilogue,
    block: usize,
    images: Range<usize>,
    to: OutputPointers,
}

impl Kernel for DirectForwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DirectForwardPart {
            pass,
            x,
            border,
            epilogue,
            block,
            images: range,
            to,
        } = self;
        let shape = pass.shape;
        let size = used_output(shape, epilogue);
        let mut images =
            BorderedImages::new(x, shape.input, shape.channels, border, block, range.end);
        let pixels = size[0] * size[1];
        if !epilogue.pool {
            let mut moments = epilogue.moments.then(|| ConvMoments::new(pass, pixels, to));
            for first in range.step_by(block) {
                let (x, count) = images.from(first);
                let y = to.output.add(first * pixels * shape.filters);
                match &mut moments {
                    Some(moments) => moments.block::<V>(x, [first, count], y),
                    None => pass.part::<V>(x, 0..count * pixels, y),
                }
            }
            V::stream_fence();
            return;
        }
        let row = size[1] * shape.filters;
        let mut rows = Buffer::new(2 * row);
        for first in range {
            let (x, _) = images.from(first);
            for pooled in 0..size[0] / 2 {
                pass.part::<V>(
                    x,
                    2 * pooled * size[1]..(2 * pooled + 2) * size[1],
                    rows.as_mut_ptr(),
                );
                let at = (first * (size[0] / 2) + pooled) * row / 2;
                let (y, argmax) = (to.output.add(at), to.argmax.add(at));
                pool_rows::<V>(
                    rows.as_ptr(),
                    size[1],
                    shape.filters,
                    epilogue.relu,
                    y,
                    argmax,
                );
            }
        }
    }
}

/// A pass that finds the moments of its outputs while they are in the caches.
struct ConvMoments<'a> {
    pass: PackedConv<'a>,
    /// Of an image.
    pixels: usize,
    /// OuterFactors that are gone through together, unless images are smaller: enough that reading the
    /// weights is cheap beside them.
    strip: usize,
    to: OutputPointers,
    /// Outputs that go past the caches afterwards.
    scratch: Buffer,
}

impl<'a> ConvMoments<'a> {
    fn new(pass: &PackedConv<'a>, pixels: usize, to: OutputPointers) -> Self {
        let filters = pass.shape.filters;
        let strip = 128_usize.next_multiple_of(moments_chunk_rows(filters));
        let scratch = Buffer::new(if pass.finish.stream {
            strip.min(pixels) * filters
        } else {
            0
        });
        let pass = PackedConv {
            finish: Finish {
                stream: false,
                ..pass.finish
            },
            ..*pass
        };
        ConvMoments {
            pass,
            pixels,
            strip,
            to,
            scratch,
        }
    }

    /// The pixels of `[first, count]` images, to `y`.
    #[inline(always)]
    unsafe fn block<V: Vector>(&mut self, x: *const f32, [first, count]: [usize; 2], y: *mut f32) {
        let (filters, pixels) = (self.pass.shape.filters, self.pixels);
        let stream = !self.scratch.is_empty();
        let at_once = count > 1 && !stream;
        if at_once {
            self.pass.part::<V>(x, 0..count * pixels, y);
        }
        for i in 0..count {
            let found = &mut *self.to.moments.add(first + i);
            found.resize(filters, [0.0; 2]);
            for at in (0..pixels).step_by(self.strip) {
                let (n, start) = (self.strip.min(pixels - at), i * pixels + at);
                let y = y.add(start * filters);
                let (part, to) = if stream {
                    (self.scratch.as_mut_ptr(), y)
                } else {
                    (y, std::ptr::null_mut())
                };
                if !at_once {
                    self.pass.part::<V>(x, start..start + n, part);
                }
                accumulate_moments::<V>((part, to), [at, n], filters, found);
            }
        }
    }
}

/// One way through a convolution with its packed weights.
#[derive(Clone, Copy)]
struct PackedConv<'a> {
    shape: &'a ConvShape,
    direction: PassDirection,
    windows: &'a WindowSet,
    packed: &'a [f32],
    finish: Finish,
}

impl PackedConv<'_> {
    /// Some pixels of the family, to `y` as if the first of them were the first.
    #[inline(always)]
    unsafe fn part<V: Vector>(&self, x: *const f32, pixels: std::ops::Range<usize>, y: *mut f32) {
        let (run, columns) = self.direction.sizes(self.shape);
        let (outputs, inputs) = (
            &self.windows.outputs[..pixels.len()],
            &self.windows.inputs[pixels],
        );
        if depthwise::is(self.shape) {
            let (channels, packed) = (self.shape.channels, self.packed.as_ptr());
            let taps = self.windows.taps.as_slice();
            return depthwise::forward::<V>(
                x,
                [inputs, taps],
                packed,
                channels,
                self.finish,
                y,
                outputs,
            );
        }
        let rows = LeftRows {
            inputs,
            taps: &self.windows.taps,
            run: self.windows.run,
            fresh: run,
        };
        let panels = columns.div_ceil(PANEL) * PANEL;
        for group in 0..self.shape.groups {
            let finish = match self.finish.bias.is_null() {
                true => self.finish,
                false => Finish {
                    bias: self.finish.bias.add(group * columns),
                    ..self.finish
                },
            };
            let packed = self.packed.as_ptr().add(group * panels * rows.len());
            let target = DotsTarget {
                y: y.add(group * columns),
                outputs,
                panel: PANEL,
            };
            dots::<V>(x.add(group * run), rows, packed, columns, finish, target);
        }
    }
}

/// BorderedImages in blocks, with the border that a pass reads; up to the one where they end.
struct BorderedImages<'a> {
    values: &'a [f32],
    size: [usize; 2],
    channels: usize,
    border: Border,
    block: usize,
    scratch: Buffer,
}

impl<'a> BorderedImages<'a> {
    fn new(
        values: &'a [f32],
        size: [usize; 2],
        channels: usize,
        border: Border,
        block: usize,
        end: usize,
    ) -> Self {
        let values = &values[..end * size[0] * size[1] * channels];
        let plain = border.size == size;
        let scratch = Buffer::new(if plain {
            0
        } else {
            block * border.values(channels)
        });
        BorderedImages {
            values,
            size,
            channels,
            border,
            block,
            scratch,
        }
    }

    /// The block that begins with image `first`: where its bordered images lie side by side, and
    /// how many.
    fn from(&mut self, first: usize) -> (*const f32, usize) {
        let image = self.size[0] * self.size[1] * self.channels;
        let rest = &self.values[first * image..];
        let images = &rest[..rest.len().min(self.block * image)];
        let count = images.len() / image;
        if self.border.size == self.size {
            return (images.as_ptr(), count);
        }
        let bordered = self.border.values(self.channels);
        let scratch = &mut self.scratch[..count * bordered];
        add_border(images, self.size, self.channels, &self.border, scratch);
        (scratch.as_ptr(), count)
    }
}

/// Channels between argmax where vectors begin: those of a group, whose vectors are its own.
pub(super) fn aligned(shape: &ConvShape, channels: usize) -> usize {
    if depthwise::is(shape) {
        channels
    } else {
        channels / shape.groups
    }
}

/// BorderedImages that are gone through together: enough pixels that reading the weights is cheap beside
/// them.
pub(super) fn image_block(shape: &ConvShape, [rows, columns]: [usize; 2]) -> usize {
    128_usize
        .div_ceil(rows * columns)
        .clamp(1, shape.images.max(1))
}

pub(super) struct DirectBackward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: UpstreamGradient<'a>,
    pub epilogue: Epilogue,
    pub needs: NeedsGradient,
}

impl Kernel for DirectBackward<'_> {
    type Output = LayerGradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LayerGradients {
        let DirectBackward {
            shape,
            x,
            weight,
            backward,
            epilogue,
            needs,
        } = self;
        let size = used_output(shape, epilogue);
        let block = image_block(shape, size);
        let pooled = epilogue.pool && shape.groups == 1 && !needs.input;
        let image = size[0] * size[1] * shape.filters;
        let repeated = if pooled { 1 } else { block };
        let windows = forward_windows(shape, size).repeat(
            repeated,
            forward_border(shape).values(shape.channels),
            image,
        );
        let sums = WeightSums::new(shape, windows);
        let inputs = needs
            .input
            .then(|| InputGradient::new::<V>(shape, weight, size, block));
        let len = match pooled {
            true => pooled_len(shape, &sums.windows),
            false => packed_len(shape, PassDirection::Forward, sums.windows.kernel.len()),
        };
        let (found, mut total) = backward_in_parts(
            shape,
            ConvMethod::Direct,
            epilogue,
            needs,
            len,
            |part| match pooled {
                true => V::outlined(PooledPart {
                    sums: &sums,
                    x,
                    backward,
                    needs,
                    part,
                }),
                false => {
                    let inputs = inputs.as_ref();
                    V::outlined(DirectBackwardPart {
                        sums: &sums,
                        inputs,
                        x,
                        backward,
                        epilogue,
                        needs,
                        block,
                        part,
                    });
                }
            },
        );
        let weight = match pooled {
            true => pooled_weights(shape, &sums.windows, total.total()),
            false => sums.weights::<V>(total.total()),
        };
        LayerGradients { weight, ..found }
    }
}

/// Some of the images: their part of the weights' gradient, packed, and of the bias'.
struct DirectBackwardPart<'a> {
    sums: &'a WeightSums<'a>,
    inputs: Option<&'a InputGradient<'a>>,
    x: &'a [f32],
    backward: UpstreamGradient<'a>,
    epilogue: Epilogue,
    needs: NeedsGradient,
    block: usize,
    part: BackwardTask<'a>,
}

impl Kernel for DirectBackwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let DirectBackwardPart {
            sums,
            inputs,
            x,
            backward,
            epilogue,
            needs,
            block,
            part,
        } = self;
        let BackwardTask {
            images: range,
            sums: packed,
            bias,
            dx,
        } = part;
        let shape = sums.shape;
        let [h, w] = used_output(shape, epilogue);
        let image = shape.input[0] * shape.input[1] * shape.channels;
        let bias = if needs.bias { bias } else { &mut [] };
        let stream = should_stream::<V>(dx, shape.input_len(), aligned(shape, shape.channels));
        let mut scratch = Buffer::new(block * h * w * shape.filters);
        let mut images = BorderedImages::new(
            x,
            shape.input,
            shape.channels,
            forward_border(shape),
            block,
            range.end,
        );
        for first in range.step_by(block) {
            let (x, count) = images.from(first);
            let n = count * h * w * shape.filters;
            let gradient =
                before_following::<V>(shape, &backward, epilogue, first, count, &mut scratch[..n]);
            sums.add::<V>(x, gradient, count * h * w, packed, bias);
            if let Some(inputs) = inputs {
                inputs.block::<V>(
                    gradient,
                    dx.add(first * image),
                    count,
                    Finish {
                        stream,
                        ..Finish::NONE
                    },
                );
            }
        }
        V::stream_fence();
    }
}

/// The same for a first layer with pooling.
struct PooledPart<'a> {
    sums: &'a WeightSums<'a>,
    x: &'a [f32],
    backward: UpstreamGradient<'a>,
    needs: NeedsGradient,
    part: BackwardTask<'a>,
}

impl Kernel for PooledPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let PooledPart {
            sums: &WeightSums {
                shape, ref windows, ..
            },
            x,
            backward,
            needs,
            part,
        } = self;
        let size = used_output(
            shape,
            Epilogue {
                pool: true,
                ..Epilogue::default()
            },
        );
        let mut sums = PooledSums::new(shape, windows, size[1], part.sums);
        let mut images = BorderedImages::new(
            x,
            shape.input,
            shape.channels,
            forward_border(shape),
            1,
            part.images.end,
        );
        let image = size[0] * size[1] / 4 * shape.filters;
        for i in part.images {
            let (x, _) = images.from(i);
            let at = i * image..(i + 1) * image;
            let (gradient, argmax) = (&backward.gradient[at.clone()], &backward.argmax[at]);
            sums.add::<V>(x, gradient, argmax);
            if needs.bias {
                add_placed_rows::<V>(gradient, argmax, part.bias);
            }
        }
    }
}

/// The gradient of the bare convolution's used pixels for some images, from the gradient behind
/// what follows.
#[inline(always)]
unsafe fn before_following<'a, V: Vector>(
    shape: &ConvShape,
    backward: &UpstreamGradient<'a>,
    epilogue: Epilogue,
    first: usize,
    count: usize,
    scratch: &'a mut [f32],
) -> &'a [f32] {
    let [h, w] = shape.output_after(epilogue);
    let image = h * w * shape.filters;
    let part = first * image..(first + count) * image;
    if let Some(norm) = &backward.norm {
        norm.input_gradient::<V>(&backward.gradient[part], first * h * w, scratch);
        scratch
    } else if epilogue.pool {
        let parts = backward.gradient[part.clone()]
            .chunks(image)
            .zip(backward.argmax[part].chunks(image));
        for ((gradient, argmax), out) in parts.zip(scratch.chunks_exact_mut(4 * image)) {
            unpool_image::<V>(gradient, argmax, [h, w], shape.filters, out);
        }
        scratch
    } else if epilogue.relu {
        mask::<V>(
            &backward.gradient[part.clone()],
            &backward.output[part],
            scratch,
        );
        scratch
    } else {
        &backward.gradient[part]
    }
}

/// How the gradients of the weights and the bias are summed up.
struct WeightSums<'a> {
    shape: &'a ConvShape,
    windows: WindowSet,
    /// Offset of each row of the weights in a window: taps × channels of a group.
    offsets: Vec<usize>,
}

impl<'a> WeightSums<'a> {
    fn new(shape: &'a ConvShape, windows: WindowSet) -> Self {
        let offsets = windows
            .taps
            .iter()
            .flat_map(|t| (0..windows.run).map(move |k| t + k))
            .collect();
        WeightSums {
            shape,
            windows,
            offsets,
        }
    }

    /// Adds some pixels to the packed gradient of the weights and, unless that is empty, to the
    /// bias'.
    #[inline(always)]
    unsafe fn add<V: Vector>(
        &self,
        x: *const f32,
        gradient: &[f32],
        pixels: usize,
        packed: &mut [f32],
        bias: &mut [f32],
    ) {
        let (run, columns) = PassDirection::Forward.sizes(self.shape);
        let (width, rows) = (PANEL, self.offsets.len());
        let (inputs, grads) = (
            &self.windows.inputs[..pixels],
            &self.windows.outputs[..pixels],
        );
        let pixels = OuterFactors {
            x,
            inputs,
            g: gradient.as_ptr(),
            grads,
        };
        let bias = if bias.is_empty() {
            std::ptr::null_mut()
        } else {
            bias.as_mut_ptr()
        };
        if depthwise::is(self.shape) {
            let (taps, channels) = (&self.windows.taps, self.shape.channels);
            return depthwise::sums::<V>(pixels, taps, channels, packed.as_mut_ptr(), bias);
        }
        for group in 0..self.shape.groups {
            let c = packed
                .as_mut_ptr()
                .add(group * columns.div_ceil(width) * rows * width);
            let pixels = OuterFactors {
                x: pixels.x.add(group * run),
                g: pixels.g.add(group * columns),
                ..pixels
            };
            let right = if bias.is_null() {
                bias
            } else {
                bias.add(group * columns)
            };
            outer::<V>(
                pixels,
                &self.offsets,
                columns,
                block::OuterTarget {
                    c,
                    row: width,
                    panel: rows * width,
                    right,
                },
            );
        }
    }

    #[inline(always)]
    unsafe fn weights<V: Vector>(&self, packed: &[f32]) -> Vec<f32> {
        let mut weight = vec![0.0; self.shape.weight_len()];
        unpack::<V>(self.shape, &self.windows.kernel, packed, &mut weight);
        weight
    }
}

/// The input gradient: one pass for each phase of the stride over the bordered gradient of the
/// output.
pub(super) struct InputGradient<'a> {
    shape: &'a ConvShape,
    used: [usize; 2],
    border: Border,
    passes: Vec<(WindowSet, Vec<f32>)>,
}

impl<'a> InputGradient<'a> {
    #[inline(always)]
    pub(super) unsafe fn new<V: Vector>(
        shape: &'a ConvShape,
        weight: &[f32],
        used: [usize; 2],
        block: usize,
    ) -> Self {
        let border = backward_border(shape, used);
        let image = shape.input[0] * shape.input[1] * shape.channels;
        let packed = |windows: WindowSet| {
            let mut packed =
                vec![0.0; packed_len(shape, PassDirection::Backward, windows.kernel.len())];
            pack::<V>(
                shape,
                PassDirection::Backward,
                &windows.kernel,
                weight,
                &mut packed,
            );
            (
                windows.repeat(block, border.values(shape.filters), image),
                packed,
            )
        };
        let passes = backward_window_sets(shape, &border)
            .into_iter()
            .map(packed)
            .collect();
        InputGradient {
            shape,
            used,
            border,
            passes,
        }
    }

    #[inline(always)]
    pub(super) unsafe fn block<V: Vector>(
        &self,
        gradient: &[f32],
        dx: *mut f32,
        count: usize,
        finish: Finish,
    ) {
        let shape = self.shape;
        let mut images = BorderedImages::new(
            gradient,
            self.used,
            shape.filters,
            self.border,
            count,
            count,
        );
        let (g, _) = images.from(0);
        for (windows, packed) in &self.passes {
            let pixels = 0..count * windows.per_image;
            PackedConv {
                shape,
                direction: PassDirection::Backward,
                windows,
                packed,
                finish,
            }
            .part::<V>(g, pixels, dx);
        }
    }
}
