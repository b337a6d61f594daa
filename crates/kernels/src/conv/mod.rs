//! Convolution over NHWC activations, forward and backward, with what often follows it fused in.
//!
//! Activations are `[image, row, column, channel]`, weights
//! `[filter, channel of the group, kernel row, kernel column]` as in model files; everything is
//! f32.

mod depthwise;
mod direct;
mod pack;
mod sparse;
mod taps;
mod transposed;
mod winograd;

use crate::buffer::Buffer;
use crate::norm::{ChannelMoments, FollowingNorm, merge_image_moments};
use crate::pool;
use crate::simd::{Vector, dispatch};
use crate::threads;
use std::ops::Range;

pub use transposed::{transposed_backward, transposed_forward};

/// Sizes of a 2-D convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images of the batch.
    pub images: usize,
    /// Rows and columns of an input image.
    pub input: [usize; 2],
    /// Input channels.
    pub channels: usize,
    /// Output channels.
    pub filters: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Steps by rows and columns.
    pub stride: [usize; 2],
    /// Distance of the kernel's taps by rows and columns.
    pub dilation: [usize; 2],
    /// Zeros before and after rows, before and after columns.
    pub padding: [[usize; 2]; 2],
    /// Parts that channels and filters are cut into; each part of the filters sees its part of the
    /// channels only.
    pub groups: usize,
}

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvMethod {
    /// Sums of products as in the definition, in register blocks.
    Direct,
    /// Winograd's F(4×4, 3×3) and F(2×2, 5×5) (Lavin and Gray 2016): about a quarter and a third of
    /// the multiplications, relative errors around 1e-6 where direct has 1e-7. For kernels of 3×3
    /// and 5×5 with stride 1, without dilation and groups.
    Winograd,
}

/// What follows the convolution in the same pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epilogue {
    /// `max(y, 0)`.
    pub relu: bool,
    /// The largest of each 2×2 block, stride 2, without padding; odd last rows and columns are
    /// dropped.
    pub pool: bool,
    /// Each filter's mean and variance are found too, for the batch normalisation that comes next;
    /// not with the others.
    pub moments: bool,
}

/// Output of a forward pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConvOutput {
    /// `[image, row, column, filter]`, after what follows.
    pub output: Vec<f32>,
    /// With pooling: for each output which of its block's four pixels (row-major) it was; 4 where
    /// ReLU made it zero.
    pub argmax: Vec<u8>,
    /// Mean and variance of each filter over all pixels, where they were asked for.
    pub moments: ChannelMoments,
}

/// What a backward pass starts from.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamGradient<'a> {
    /// The gradient of the output; of that of the batch normalisation, where there is one behind.
    pub gradient: &'a [f32],
    /// The batch normalisation behind.
    pub norm: Option<FollowingNorm<'a>>,
    /// The output of the forward pass; read with ReLU without pooling only.
    pub output: &'a [f32],
    /// [`ConvOutput::places`].
    pub argmax: &'a [u8],
}

/// LayerGradients that are asked for besides that of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsGradient {
    /// That of the input: not for a first layer.
    pub input: bool,
    /// That of the bias: not where there is none.
    pub bias: bool,
}

/// LayerGradients of a convolution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerGradients {
    /// `[image, row, column, channel]`; empty unless asked for.
    pub input: Vec<f32>,
    /// In the weights' order.
    pub weight: Vec<f32>,
    /// One for each filter; empty unless asked for.
    pub bias: Vec<f32>,
}

impl ConvShape {
    /// Rows and columns of the convolution's output.
    ///
    /// # Panics
    /// Where the kernel is larger than the padded image, or a size is zero.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|i| {
            let padded = self.input[i] + self.padding[i][0] + self.padding[i][1];
            let span = (self.kernel[i] - 1) * self.dilation[i] + 1;
            assert!(
                padded >= span,
                "a kernel that spans {span} on {padded} pixels"
            );
            (padded - span) / self.stride[i] + 1
        })
    }

    /// Rows and columns after what follows.
    pub fn output_after(&self, epilogue: Epilogue) -> [usize; 2] {
        if epilogue.pool {
            self.output().map(|n| n / 2)
        } else {
            self.output()
        }
    }

    /// Multiplications and additions of the definition, without padding's savings: the usual count
    /// of a forward pass.
    pub fn flops(&self) -> f64 {
        let [oh, ow] = self.output();
        let taps = self.kernel[0] * self.kernel[1] * self.channels / self.groups;
        2.0 * (self.images * oh * ow * self.filters * taps) as f64
    }

    /// Whether `method` can compute this.
    pub fn supports(&self, method: ConvMethod) -> bool {
        let plain = winograd::tile(self.kernel).is_some()
            && self.stride == [1, 1]
            && self.dilation == [1, 1]
            && self.groups == 1;
        method == ConvMethod::Direct
            || plain && self.channels.is_multiple_of(16) && self.filters.is_multiple_of(16)
    }

    /// Parts of the batch whose gradients of the weights are summed up one by one and then added.
    /// By the sizes alone, so that bits do not depend on threads; each so large that the weights
    /// cost little beside it, but two where that can be, for the second thread, and a power of two,
    /// so that none waits.
    fn parts(&self, method: ConvMethod, epilogue: Epilogue) -> usize {
        let [h, w] = used_output(self, epilogue);
        let rows = match (method, winograd::tile(self.kernel)) {
            (ConvMethod::Winograd, Some(tile)) => self.images * h.div_ceil(tile) * w.div_ceil(tile),
            _ => self.images * h * w / 8,
        };
        let (least, most) = (if rows < 32 { 1 } else { 2 }, 8.min(self.images.max(1)));
        1 << (rows / 128).clamp(least, 8).min(most).ilog2()
    }

    fn input_len(&self) -> usize {
        self.images * self.input[0] * self.input[1] * self.channels
    }

    fn weight_len(&self) -> usize {
        self.filters * self.channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    fn output_len(&self, epilogue: Epilogue) -> usize {
        let [h, w] = self.output_after(epilogue);
        self.images * h * w * self.filters
    }

    fn check_sizes(&self) {
        assert!(
            self.groups > 0
                && self.channels.is_multiple_of(self.groups)
                && self.filters.is_multiple_of(self.groups)
        );
        let sizes = [
            self.channels,
            self.filters,
            self.kernel[0],
            self.kernel[1],
            self.input[0],
            self.input[1],
        ];
        let steps = [
            self.stride[0],
            self.stride[1],
            self.dilation[0],
            self.dilation[1],
        ];
        assert!(
            sizes.iter().chain(&steps).all(|&n| n > 0),
            "a size of zero in {self:?}"
        );
    }

    fn check(&self, method: ConvMethod, epilogue: Epilogue, x: &[f32], weight: &[f32]) {
        self.check_sizes();
        assert!(
            !self.output_after(epilogue).contains(&0),
            "nothing to pool in {self:?}"
        );
        assert!(self.supports(method), "{method:?} cannot compute {self:?}");
        assert!(
            !epilogue.moments || !epilogue.relu && !epilogue.pool,
            "moments of {self:?} behind something else"
        );
        assert_eq!(x.len(), self.input_len(), "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
    }
}

/// `x * weight + bias`, then what follows.
///
/// # Panics
/// Where a slice does not have the size that `shape` says, or `method` cannot compute it.
pub fn conv_forward(
    shape: &ConvShape,
    method: ConvMethod,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    epilogue: Epilogue,
) -> ConvOutput {
    shape.check(method, epilogue, x, weight);
    assert!(
        bias.is_none_or(|b| b.len() == shape.filters),
        "bias of {shape:?}"
    );
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        match method {
            ConvMethod::Direct => dispatch(direct::DirectForward {
                shape,
                x,
                weight,
                bias,
                epilogue,
            }),
            ConvMethod::Winograd => dispatch(winograd::WinogradForward {
                shape,
                x,
                weight,
                bias,
                epilogue,
            }),
        }
    }
}

/// LayerGradients of the weights and what else is wanted.
///
/// # Panics
/// As [`conv_forward`].
pub fn conv_backward(
    shape: &ConvShape,
    method: ConvMethod,
    x: &[f32],
    weight: &[f32],
    backward: UpstreamGradient,
    epilogue: Epilogue,
    needs: NeedsGradient,
) -> LayerGradients {
    shape.check(method, epilogue, x, weight);
    let n = shape.output_len(epilogue);
    assert_eq!(backward.gradient.len(), n, "gradient of {shape:?}");
    assert!(
        !epilogue.pool || backward.argmax.len() == n,
        "argmax of {shape:?}"
    );
    // A fold, since a search that may end early is not made of vectors.
    assert!(
        backward
            .argmax
            .iter()
            .fold(0, |most, &place| place.max(most))
            <= 4,
        "argmax of another pass"
    );
    assert!(
        epilogue.pool || !epilogue.relu || backward.output.len() == n,
        "output of {shape:?}"
    );
    if let Some(norm) = &backward.norm {
        assert!(
            !epilogue.pool && !epilogue.relu,
            "a norm behind something else in {shape:?}"
        );
        norm.check(n, shape.filters);
    }
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        match method {
            ConvMethod::Direct => dispatch(direct::DirectBackward {
                shape,
                x,
                weight,
                backward,
                epilogue,
                needs,
            }),
            ConvMethod::Winograd => dispatch(winograd::WinogradBackward {
                shape,
                x,
                weight,
                backward,
                epilogue,
                needs,
            }),
        }
    }
}

/// Which method is the faster one for a shape, and why.
pub fn conv_method(shape: &ConvShape, epilogue: Epilogue) -> (ConvMethod, &'static str) {
    let Some(tile) = winograd::tile(shape.kernel) else {
        return (
            ConvMethod::Direct,
            "Winograd's tiles here are for kernels of 3×3 and 5×5",
        );
    };
    if shape.stride != [1, 1] || shape.dilation != [1, 1] || shape.groups != 1 {
        return (
            ConvMethod::Direct,
            "strides, dilations and groups leave nothing for Winograd's tiles to share",
        );
    }
    if !shape.supports(ConvMethod::Winograd) {
        return (
            ConvMethod::Direct,
            "channels and filters are not both multiples of 16: the transforms would cost more",
        );
    }
    let [oh, ow] = used_output(shape, epilogue);
    let tiles = oh.div_ceil(tile) * ow.div_ceil(tile);
    // 36 products a tile where direct has one a tap and pixel, and about a third more for the
    // transforms.
    if shape.kernel[0] * shape.kernel[1] * oh * ow <= 48 * tiles {
        return (
            ConvMethod::Direct,
            "too few of the pixels of Winograd's tiles would be used",
        );
    }
    match tile {
        2 => (
            ConvMethod::Winograd,
            "36 multiplications where the definition has 100",
        ),
        _ => (ConvMethod::Winograd, "a quarter of the multiplications"),
    }
}

/// The pixels of the convolution that are used: pooling drops odd last rows and columns.
fn used_output(shape: &ConvShape, epilogue: Epilogue) -> [usize; 2] {
    let [h, w] = shape.output_after(epilogue);
    if epilogue.pool {
        [2 * h, 2 * w]
    } else {
        [h, w]
    }
}

use pool::{pool_rows, unpool_image};

/// Where a forward pass puts what it finds of the whole batch.
#[derive(Clone, Copy)]
struct OutputPointers {
    output: *mut f32,
    argmax: *mut u8,
    /// For each image each filter's mean and summed squared distance.
    moments: *mut Vec<[f64; 2]>,
}

/// The whole batch's output, and what was found with it, from what `part` writes for some images at
/// a time.
///
/// # Safety
/// `part` must write all that belongs to its images, at their places behind the pointers, from any
/// thread.
#[inline(always)]
unsafe fn forward_in_parts(
    shape: &ConvShape,
    epilogue: Epilogue,
    part: impl Fn(Range<usize>, OutputPointers),
) -> ConvOutput {
    let len = shape.output_len(epilogue);
    let mut output: Vec<f32> = Vec::with_capacity(len);
    let mut argmax: Vec<u8> = Vec::with_capacity(if epilogue.pool { len } else { 0 });
    let mut moments = vec![vec![]; if epilogue.moments { shape.images } else { 0 }];
    let to = OutputPointers {
        output: output.as_mut_ptr(),
        argmax: argmax.as_mut_ptr(),
        moments: moments.as_mut_ptr(),
    };
    let tasks = threads::task_count(shape.images);
    threads::run_tasks(tasks, |i| {
        part(threads::task_range(shape.images, tasks, i), to)
    });
    output.set_len(len);
    if epilogue.pool {
        argmax.set_len(len);
    }
    let moments = merge_image_moments(&moments, len / shape.filters / shape.images.max(1));
    ConvOutput {
        output,
        argmax,
        moments,
    }
}

/// A part of a backward pass: some images, and where what is found of them goes.
struct BackwardTask<'a> {
    images: Range<usize>,
    /// The sums that the weights' gradient is made of, to add to.
    sums: &'a mut [f32],
    /// The same for each filter's bias.
    bias: &'a mut [f32],
    /// The whole batch's input gradient, where that is wanted.
    dx: *mut f32,
}

/// What the parts of a backward pass have summed up, one behind the other.
struct PartialSums {
    values: Buffer,
    /// Values of a part.
    len: usize,
}

impl PartialSums {
    /// The sum of the parts' vectors at `at`, in their order.
    #[inline(always)]
    unsafe fn vector<V: Vector>(&self, at: usize) -> V {
        let mut sum = V::load(self.values.as_ptr().add(at));
        for first in (self.len..self.values.len()).step_by(self.len) {
            sum = sum.add(V::load(self.values.as_ptr().add(first + at)));
        }
        sum
    }

    /// Adds all parts to the first, in their order.
    fn total(&mut self) -> &[f32] {
        let (sum, others) = self.values.split_at_mut(self.len);
        for part in others.chunks_exact(self.len.max(1)) {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, value)| *sum += value);
        }
        sum
    }
}

/// The gradients but for that of the weights, whose `len` sums come apart. `part` adds up some
/// images at a time and writes the input's gradient for them. The parts are cut by the sizes alone.
///
/// # Safety
/// As [`forward_in_parts`].
#[inline(always)]
unsafe fn backward_in_parts(
    shape: &ConvShape,
    method: ConvMethod,
    epilogue: Epilogue,
    needs: NeedsGradient,
    len: usize,
    part: impl Fn(BackwardTask),
) -> (LayerGradients, PartialSums) {
    let input_len = if needs.input { shape.input_len() } else { 0 };
    let mut input: Vec<f32> = Vec::with_capacity(input_len);
    let parts = shape.parts(method, epilogue);
    let mut sums = PartialSums {
        values: Buffer::new(parts * len),
        len,
    };
    let mut biases = PartialSums {
        values: Buffer::zeros(parts * shape.filters),
        len: shape.filters,
    };
    let to = [&mut sums, &mut biases].map(|sums| (sums.values.as_mut_ptr(), sums.len));
    let dx = input.as_mut_ptr();
    threads::run_tasks(parts, |i| {
        // The parts' argmax do not overlap.
        let [sums, bias] = to.map(|(to, len)| std::slice::from_raw_parts_mut(to.add(i * len), len));
        sums.fill(0.0);
        part(BackwardTask {
            images: threads::task_range(shape.images, parts, i),
            sums,
            bias,
            dx,
        });
    });
    input.set_len(input_len);
    let bias = if needs.bias {
        biases.total().to_vec()
    } else {
        vec![]
    };
    (
        LayerGradients {
            input,
            weight: vec![],
            bias,
        },
        sums,
    )
}
