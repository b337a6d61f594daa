//! The definition of a convolution in register blocks: every kernel size, stride, padding, dilation
//! and number of groups.

use super::depthwise;
use super::pack::{Way, pack, packed_len, unpack};
use super::sparse::{PooledSums, pooled_len, pooled_weights};
use super::taps::{
    Border, Family, add_border, backward_border, backward_families, forward_border, forward_family,
};
use super::{
    ConvShape, Follow, Gradients, Method, PartOf, To, Wanted, backward_in_parts, forward_in_parts,
    pool_rows, unpool_image, used,
};
use crate::block::{self, Finish, PLAIN, Pixels, Rows, Target, dots, outer, streams};
use crate::buffer::Buffer;
use crate::norm::{gather, gather_step};
use crate::pool::{add_placed_rows, mask};
use crate::simd::{Kernel, PANEL, Vector};
use std::ops::Range;

pub(super) struct Forward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub follow: Follow,
}

impl Kernel for Forward<'_> {
    type Output = super::Forward;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> super::Forward {
        let Forward {
            shape,
            x,
            weight,
            bias,
            follow,
        } = self;
        let size = used(shape, follow);
        let border = forward_border(shape);
        let image = size[0] * size[1] * shape.filters;
        let block = if follow.pool {
            1
        } else {
            image_block(shape, size)
        };
        let family =
            forward_family(shape, size).repeat(block, border.values(shape.channels), image);
        let mut packed = Buffer::new(packed_len(shape, Way::Forward, family.kernel.len()));
        pack::<V>(shape, Way::Forward, &family.kernel, weight, &mut packed);
        let finish = Finish {
            bias: bias.map_or(std::ptr::null(), |b| b.as_ptr()),
            relu: follow.relu && !follow.pool,
            stream: false,
        };
        let len = shape.output_len(follow);
        forward_in_parts(shape, follow, |images, to| {
            let stream =
                !follow.pool && streams::<V>(to.output, len, aligned(shape, shape.filters));
            let finish = Finish { stream, ..finish };
            let pass = Pass {
                shape,
                way: Way::Forward,
                family: &family,
                packed: &packed,
                finish,
            };
            V::apart(ForwardPart {
                pass: &pass,
                x,
                border,
                follow,
                block,
                images,
                to,
            });
        })
    }
}

/// Some of the images.
struct ForwardPart<'a> {
    pass: &'a Pass<'a>,
    x: &'a [f32],
    border: Border,
    follow: Follow,
    block: usize,
    images: Range<usize>,
    to: To,
}

impl Kernel for ForwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let ForwardPart {
            pass,
            x,
            border,
            follow,
            block,
            images: range,
            to,
        } = self;
        let shape = pass.shape;
        let size = used(shape, follow);
        let mut images = Images::new(x, shape.input, shape.channels, border, block, range.end);
        let pixels = size[0] * size[1];
        if !follow.pool {
            let mut moments = follow.moments.then(|| Gathering::new(pass, pixels, to));
            for first in range.step_by(block) {
                let (x, count) = images.from(first);
                let y = to.output.add(first * pixels * shape.filters);
                match &mut moments {
                    Some(moments) => moments.block::<V>(x, [first, count], y),
                    None => pass.part::<V>(x, 0..count * pixels, y),
                }
            }
            V::streamed();
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
                let (y, places) = (to.output.add(at), to.places.add(at));
                pool_rows::<V>(
                    rows.as_ptr(),
                    size[1],
                    shape.filters,
                    follow.relu,
                    y,
                    places,
                );
            }
        }
    }
}

/// A pass that finds the moments of its outputs while they are in the caches.
struct Gathering<'a> {
    pass: Pass<'a>,
    /// Of an image.
    pixels: usize,
    /// Pixels that are gone through together, unless images are smaller: enough that reading the
    /// weights is cheap beside them.
    strip: usize,
    to: To,
    /// Outputs that go past the caches afterwards.
    scratch: Buffer,
}

impl<'a> Gathering<'a> {
    fn new(pass: &Pass<'a>, pixels: usize, to: To) -> Self {
        let filters = pass.shape.filters;
        let strip = 128_usize.next_multiple_of(gather_step(filters));
        let scratch = Buffer::new(if pass.finish.stream {
            strip.min(pixels) * filters
        } else {
            0
        });
        let pass = Pass {
            finish: Finish {
                stream: false,
                ..pass.finish
            },
            ..*pass
        };
        Gathering {
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
                gather::<V>((part, to), [at, n], filters, found);
            }
        }
    }
}

/// One way through a convolution with its packed weights.
#[derive(Clone, Copy)]
struct Pass<'a> {
    shape: &'a ConvShape,
    way: Way,
    family: &'a Family,
    packed: &'a [f32],
    finish: Finish,
}

impl Pass<'_> {
    /// Some pixels of the family, to `y` as if the first of them were the first.
    #[inline(always)]
    unsafe fn part<V: Vector>(&self, x: *const f32, pixels: std::ops::Range<usize>, y: *mut f32) {
        let (run, columns) = self.way.sizes(self.shape);
        let (outputs, inputs) = (
            &self.family.outputs[..pixels.len()],
            &self.family.inputs[pixels],
        );
        if depthwise::is(self.shape) {
            let (channels, packed) = (self.shape.channels, self.packed.as_ptr());
            let taps = self.family.taps.as_slice();
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
        let rows = Rows {
            inputs,
            taps: &self.family.taps,
            run: self.family.run,
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
            let target = Target {
                y: y.add(group * columns),
                outputs,
                panel: PANEL,
            };
            dots::<V>(x.add(group * run), rows, packed, columns, finish, target);
        }
    }
}

/// Images in blocks, with the border that a pass reads; up to the one where they end.
struct Images<'a> {
    values: &'a [f32],
    size: [usize; 2],
    channels: usize,
    border: Border,
    block: usize,
    scratch: Buffer,
}

impl<'a> Images<'a> {
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
        Images {
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

/// Channels between places where vectors begin: those of a group, whose vectors are its own.
pub(super) fn aligned(shape: &ConvShape, channels: usize) -> usize {
    if depthwise::is(shape) {
        channels
    } else {
        channels / shape.groups
    }
}

/// Images that are gone through together: enough pixels that reading the weights is cheap beside
/// them.
pub(super) fn image_block(shape: &ConvShape, [rows, columns]: [usize; 2]) -> usize {
    128_usize
        .div_ceil(rows * columns)
        .clamp(1, shape.images.max(1))
}

pub(super) struct Backward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    pub backward: super::Backward<'a>,
    pub follow: Follow,
    pub want: Wanted,
}

impl Kernel for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Gradients {
        let Backward {
            shape,
            x,
            weight,
            backward,
            follow,
            want,
        } = self;
        let size = used(shape, follow);
        let block = image_block(shape, size);
        let pooled = follow.pool && shape.groups == 1 && !want.input;
        let image = size[0] * size[1] * shape.filters;
        let repeated = if pooled { 1 } else { block };
        let family = forward_family(shape, size).repeat(
            repeated,
            forward_border(shape).values(shape.channels),
            image,
        );
        let sums = Sums::new(shape, family);
        let inputs = want
            .input
            .then(|| InputGradient::new::<V>(shape, weight, size, block));
        let len = match pooled {
            true => pooled_len(shape, &sums.family),
            false => packed_len(shape, Way::Forward, sums.family.kernel.len()),
        };
        let (found, mut total) = backward_in_parts(
            shape,
            Method::Direct,
            follow,
            want,
            len,
            |part| match pooled {
                true => V::apart(PooledPart {
                    sums: &sums,
                    x,
                    backward,
                    want,
                    part,
                }),
                false => {
                    let inputs = inputs.as_ref();
                    V::apart(BackwardPart {
                        sums: &sums,
                        inputs,
                        x,
                        backward,
                        follow,
                        want,
                        block,
                        part,
                    });
                }
            },
        );
        let weight = match pooled {
            true => pooled_weights(shape, &sums.family, total.total()),
            false => sums.weights::<V>(total.total()),
        };
        Gradients { weight, ..found }
    }
}

/// Some of the images: their part of the weights' gradient, packed, and of the bias'.
struct BackwardPart<'a> {
    sums: &'a Sums<'a>,
    inputs: Option<&'a InputGradient<'a>>,
    x: &'a [f32],
    backward: super::Backward<'a>,
    follow: Follow,
    want: Wanted,
    block: usize,
    part: PartOf<'a>,
}

impl Kernel for BackwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let BackwardPart {
            sums,
            inputs,
            x,
            backward,
            follow,
            want,
            block,
            part,
        } = self;
        let PartOf {
            images: range,
            sums: packed,
            bias,
            dx,
        } = part;
        let shape = sums.shape;
        let [h, w] = used(shape, follow);
        let image = shape.input[0] * shape.input[1] * shape.channels;
        let bias = if want.bias { bias } else { &mut [] };
        let stream = streams::<V>(dx, shape.input_len(), aligned(shape, shape.channels));
        let mut scratch = Buffer::new(block * h * w * shape.filters);
        let mut images = Images::new(
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
                before_following::<V>(shape, &backward, follow, first, count, &mut scratch[..n]);
            sums.add::<V>(x, gradient, count * h * w, packed, bias);
            if let Some(inputs) = inputs {
                inputs.block::<V>(
                    gradient,
                    dx.add(first * image),
                    count,
                    Finish { stream, ..PLAIN },
                );
            }
        }
        V::streamed();
    }
}

/// The same for a first layer with pooling.
struct PooledPart<'a> {
    sums: &'a Sums<'a>,
    x: &'a [f32],
    backward: super::Backward<'a>,
    want: Wanted,
    part: PartOf<'a>,
}

impl Kernel for PooledPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let PooledPart {
            sums: &Sums {
                shape, ref family, ..
            },
            x,
            backward,
            want,
            part,
        } = self;
        let size = used(
            shape,
            Follow {
                pool: true,
                ..Follow::default()
            },
        );
        let mut sums = PooledSums::new(shape, family, size[1], part.sums);
        let mut images = Images::new(
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
            let (gradient, places) = (&backward.gradient[at.clone()], &backward.places[at]);
            sums.add::<V>(x, gradient, places);
            if want.bias {
                add_placed_rows::<V>(gradient, places, part.bias);
            }
        }
    }
}

/// The gradient of the bare convolution's used pixels for some images, from the gradient behind
/// what follows.
#[inline(always)]
unsafe fn before_following<'a, V: Vector>(
    shape: &ConvShape,
    backward: &super::Backward<'a>,
    follow: Follow,
    first: usize,
    count: usize,
    scratch: &'a mut [f32],
) -> &'a [f32] {
    let [h, w] = shape.output_after(follow);
    let image = h * w * shape.filters;
    let part = first * image..(first + count) * image;
    if let Some(norm) = &backward.norm {
        norm.bare::<V>(&backward.gradient[part], first * h * w, scratch);
        scratch
    } else if follow.pool {
        let parts = backward.gradient[part.clone()]
            .chunks(image)
            .zip(backward.places[part].chunks(image));
        for ((gradient, places), out) in parts.zip(scratch.chunks_exact_mut(4 * image)) {
            unpool_image::<V>(gradient, places, [h, w], shape.filters, out);
        }
        scratch
    } else if follow.relu {
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
struct Sums<'a> {
    shape: &'a ConvShape,
    family: Family,
    /// Offset of each row of the weights in a window: taps × channels of a group.
    places: Vec<usize>,
}

impl<'a> Sums<'a> {
    fn new(shape: &'a ConvShape, family: Family) -> Self {
        let places = family
            .taps
            .iter()
            .flat_map(|t| (0..family.run).map(move |k| t + k))
            .collect();
        Sums {
            shape,
            family,
            places,
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
        let (run, columns) = Way::Forward.sizes(self.shape);
        let (width, rows) = (PANEL, self.places.len());
        let (inputs, grads) = (
            &self.family.inputs[..pixels],
            &self.family.outputs[..pixels],
        );
        let pixels = Pixels {
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
            let (taps, channels) = (&self.family.taps, self.shape.channels);
            return depthwise::sums::<V>(pixels, taps, channels, packed.as_mut_ptr(), bias);
        }
        for group in 0..self.shape.groups {
            let c = packed
                .as_mut_ptr()
                .add(group * columns.div_ceil(width) * rows * width);
            let pixels = Pixels {
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
                &self.places,
                columns,
                block::Sums {
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
        unpack::<V>(self.shape, &self.family.kernel, packed, &mut weight);
        weight
    }
}

/// The input gradient: one pass for each phase of the stride over the bordered gradient of the
/// output.
pub(super) struct InputGradient<'a> {
    shape: &'a ConvShape,
    used: [usize; 2],
    border: Border,
    passes: Vec<(Family, Vec<f32>)>,
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
        let packed = |family: Family| {
            let mut packed = vec![0.0; packed_len(shape, Way::Backward, family.kernel.len())];
            pack::<V>(shape, Way::Backward, &family.kernel, weight, &mut packed);
            (
                family.repeat(block, border.values(shape.filters), image),
                packed,
            )
        };
        let passes = backward_families(shape, &border)
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
        let mut images = Images::new(
            gradient,
            self.used,
            shape.filters,
            self.border,
            count,
            count,
        );
        let (g, _) = images.from(0);
        for (family, packed) in &self.passes {
            let pixels = 0..count * family.of_image;
            Pass {
                shape,
                way: Way::Backward,
                family,
                packed,
                finish,
            }
            .part::<V>(g, pixels, dx);
        }
    }
}
