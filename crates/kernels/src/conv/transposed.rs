//! Transposed convolution: the input gradient of a convolution, as a layer of its own.

use super::direct::{InputGradient, image_block, vector_channels};
use super::epilogue::Epilogue;
use super::forward_backward::{conv_backward, conv_forward};
use super::gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
use super::method::conv_method;
use super::shape::ConvShape;
use crate::elementwise::add_rows;
use crate::matrix::Finish;
use crate::simd::{Kernel, Vector, dispatch, should_stream};
use crate::threads;
use std::ops::Range;

/// The transpose of the convolution of this `shape`. `x` is `[image, row, column, filter]`, of that
/// convolution's output size; the result is `[image, row, column, channel]`, of its input size;
/// `bias` has one value for each channel.
///
/// # Panics
/// If the length of a slice does not match `shape`.
pub fn transposed_forward(
    shape: &ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
) -> Vec<f32> {
    check(shape, x, weight);
    assert!(
        bias.is_none_or(|b| b.len() == shape.channels),
        "bias of {shape:?}"
    );
    // SAFETY: all sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        dispatch(TransposedForward {
            shape,
            x,
            weight,
            bias,
        })
    }
}

/// Gradient of the weights, and the others that are needed, from the gradient of the output.
///
/// # Panics
/// As [`transposed_forward`].
pub fn transposed_backward(
    shape: &ConvShape,
    x: &[f32],
    weight: &[f32],
    gradient: &[f32],
    needs: NeedsGradient,
) -> LayerGradients {
    check(shape, x, weight);
    assert_eq!(gradient.len(), shape.input_len(), "gradient of {shape:?}");
    let (method, _) = conv_method(shape, Epilogue::default());
    let upstream = UpstreamGradient {
        gradient: x,
        norm: None,
        output: &[],
        argmax: &[],
    };
    let weight_only = NeedsGradient {
        input: false,
        bias: false,
    };
    let mut gradients = conv_backward(
        shape,
        method,
        gradient,
        weight,
        upstream,
        Epilogue::default(),
        weight_only,
    );
    if needs.input {
        gradients.input =
            conv_forward(shape, method, gradient, weight, None, Epilogue::default()).output;
    }
    if needs.bias {
        gradients.bias = vec![0.0; shape.channels];
        // SAFETY: the gradient is whole rows of channels; `dispatch` only uses instructions that
        // this CPU supports.
        unsafe {
            dispatch(BiasGradient {
                gradient,
                sums: &mut gradients.bias,
            })
        };
    }
    gradients
}

fn check(shape: &ConvShape, x: &[f32], weight: &[f32]) {
    shape.check_sizes();
    assert_eq!(
        x.len(),
        shape.output_len(Epilogue::default()),
        "input of the transpose of {shape:?}"
    );
    assert_eq!(weight.len(), shape.weight_len(), "weights of {shape:?}");
}

struct TransposedForward<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
}

impl Kernel for TransposedForward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let TransposedForward {
            shape,
            x,
            weight,
            bias,
        } = self;
        let size = shape.output();
        let block = image_block(shape, size);
        let inputs = InputGradient::new::<V>(shape, weight, size, block);
        let mut y: Vec<f32> = Vec::with_capacity(shape.input_len());
        let stream = should_stream::<V>(
            y.as_ptr(),
            shape.input_len(),
            vector_channels(shape, shape.channels),
        );
        let finish = Finish {
            bias: bias.map_or(std::ptr::null(), <[f32]>::as_ptr),
            stream,
            ..Finish::NONE
        };
        let to = y.as_mut_ptr();
        threads::run_ranges(shape.images, shape.input_len(), |images| {
            V::outlined(TransposedForwardPart {
                inputs: &inputs,
                x,
                finish,
                block,
                images,
                shape,
                to,
            });
        });
        y.set_len(shape.input_len());
        y
    }
}

/// Some of the images.
struct TransposedForwardPart<'a> {
    shape: &'a ConvShape,
    inputs: &'a InputGradient<'a>,
    x: &'a [f32],
    finish: Finish,
    block: usize,
    images: Range<usize>,
    /// Output of the whole batch.
    to: *mut f32,
}

impl Kernel for TransposedForwardPart<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let TransposedForwardPart {
            shape,
            inputs,
            x,
            finish,
            block,
            images,
            to,
        } = self;
        let [from, into] = [x.len(), shape.input_len()].map(|len| len / shape.images.max(1));
        for first in images.clone().step_by(block) {
            let count = block.min(images.end - first);
            inputs.compute::<V>(
                &x[first * from..(first + count) * from],
                to.add(first * into),
                count,
                finish,
            );
        }
        V::stream_fence();
    }
}

struct BiasGradient<'a> {
    gradient: &'a [f32],
    sums: &'a mut [f32],
}

impl Kernel for BiasGradient<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        add_rows::<V>(self.gradient, self.sums);
    }
}
