//! Passes over a batch in parts of several images, which the threads share.

use super::epilogue::{ConvOutput, Epilogue};
use super::gradients::{LayerGradients, NeedsGradient};
use super::method::ConvMethod;
use super::shape::ConvShape;
use crate::buffer::Buffer;
use crate::norm::merge_image_moments;
use crate::simd::Vector;
use crate::threads;
use std::ops::Range;

/// Runs a forward pass over the whole batch. `part` computes a range of images.
///
/// # Safety
/// `part` must write everything that belongs to its images at their positions behind the pointers,
/// and must be safe to call on any thread.
#[inline(always)]
pub(crate) unsafe fn forward_in_parts(
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

/// Where a forward pass stores its results for the whole batch.
#[derive(Clone, Copy)]
pub(crate) struct OutputPointers {
    pub output: *mut f32,
    pub argmax: *mut u8,
    /// For each image, the mean of each filter and the summed squared distance from it.
    pub moments: *mut Vec<[f64; 2]>,
}

/// Runs a backward pass over the whole batch. `part` adds up the gradients of a range of images and
/// writes their input gradient. Returns the finished gradients except that of the weights, whose
/// `len` sums are returned separately for each part.
///
/// # Safety
/// As for [`forward_in_parts`].
#[inline(always)]
pub(crate) unsafe fn backward_in_parts(
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
        // Each part has its own range of the sums.
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

/// One part of a backward pass: a range of images, and where their gradients go.
pub(crate) struct BackwardTask<'a> {
    pub images: Range<usize>,
    /// Accumulates the sums from which the weight gradient is computed.
    pub sums: &'a mut [f32],
    /// Accumulates the bias gradient.
    pub bias: &'a mut [f32],
    /// Input gradient of the whole batch, if needed.
    pub dx: *mut f32,
}

/// The sums of each part of a backward pass, one part after the other.
pub(crate) struct PartialSums {
    values: Buffer,
    /// Number of sums of a part.
    len: usize,
}

impl PartialSums {
    /// The vector at `at`, added over the parts in their order.
    #[inline(always)]
    pub(crate) unsafe fn vector<V: Vector>(&self, at: usize) -> V {
        let mut sum = V::load(self.values.as_ptr().add(at));
        for first in (self.len..self.values.len()).step_by(self.len) {
            sum = sum.add(V::load(self.values.as_ptr().add(first + at)));
        }
        sum
    }

    /// Adds all parts to the first, in their order.
    pub(crate) fn total(&mut self) -> &[f32] {
        let (sum, others) = self.values.split_at_mut(self.len);
        for part in others.chunks_exact(self.len.max(1)) {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, value)| *sum += value);
        }
        sum
    }
}
