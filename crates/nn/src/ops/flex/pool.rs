//! Pooling by our kernels.

use super::tensors::{contiguous, tensor, values};
use crate::batch::Batch;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use convsweep_kernels::{self as kernels, PoolShape};
use std::sync::Arc;

/// What is computed from the pixels `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reduction {
    Max(PoolShape),
    Average(PoolShape),
    /// The mean of each plane.
    GlobalAverage {
        pixels: usize,
        channels: usize,
    },
}

#[backend_extension(Flex, Autodiff)]
pub(super) trait PoolKernel: Backend {
    fn reduce_windows(x: FloatTensor<Self>, reduction: Reduction) -> FloatTensor<Self>;
}

/// The sizes of a maximum pooling, if our kernels can compute it.
pub(super) fn max_pool_shape(batch: &Batch, options: &MaxPoolOptions<2>) -> Option<PoolShape> {
    if options.dilation != [1, 1] || options.ceil_mode {
        return None;
    }
    supported_shape(batch, options.kernel_size, options.stride, options.padding)
}

/// The sizes of an average pooling, if our kernels can compute it.
pub(super) fn average_pool_shape(batch: &Batch, options: &AvgPoolOptions<2>) -> Option<PoolShape> {
    if options.count_include_pad || options.ceil_mode {
        return None;
    }
    supported_shape(batch, options.kernel_size, options.stride, options.padding)
}

fn supported_shape(
    batch: &Batch,
    window: [usize; 2],
    stride: [usize; 2],
    padding: [(usize, usize); 2],
) -> Option<PoolShape> {
    let [images, channels, height, width] = batch.dims().try_into().ok()?;
    let shape = PoolShape {
        images,
        input: [height, width],
        channels,
        window,
        stride,
        padding: padding.map(|(before, after)| [before, after]),
    };
    shape.is_supported().then_some(shape)
}

pub(super) fn max_pool(x: Tensor<4>, shape: PoolShape) -> Tensor<4> {
    reduce(x, Reduction::Max(shape))
}

pub(super) fn average_pool(x: Tensor<4>, shape: PoolShape) -> Tensor<4> {
    reduce(x, Reduction::Average(shape))
}

/// `[batch, channels]`
pub(super) fn global_average(x: Tensor<4>) -> Tensor<2> {
    let [_, h, w, channels] = x.dims();
    let pixels = h * w;
    reduce(x, Reduction::GlobalAverage { pixels, channels })
}

fn reduce<const D: usize>(x: Tensor<4>, reduction: Reduction) -> Tensor<D> {
    let y = <Dispatch as PoolKernel>::reduce_windows(x.into_dispatch(), reduction);
    Tensor::from_dispatch(y)
}

impl PoolKernel for Flex {
    fn reduce_windows(x: FlexTensor, reduction: Reduction) -> FlexTensor {
        forward(x, reduction).0
    }
}

impl<C: CheckpointStrategy> PoolKernel for Autodiff<Flex, C> {
    fn reduce_windows(x: FloatTensor<Self>, reduction: Reduction) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let dims = x.layout().shape().dims::<4>();
        let (y, argmax) = forward(x, reduction);
        match PoolGradient.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                PooledState {
                    dims,
                    argmax: Arc::new(argmax),
                    reduction,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

/// The output, and the place of each maximum.
fn forward(x: FlexTensor, reduction: Reduction) -> (FlexTensor, Vec<u8>) {
    let x = contiguous(x);
    let [images, ..] = x.layout().shape().dims::<4>();
    let x = values(&x);
    match reduction {
        Reduction::Max(shape) => {
            let (y, argmax) = kernels::max_pool(&shape, &x);
            let [h, w] = shape.output();
            (tensor(y, [images, h, w, shape.channels]), argmax)
        }
        Reduction::Average(shape) => {
            let y = kernels::average_pool(&shape, &x);
            let [h, w] = shape.output();
            (tensor(y, [images, h, w, shape.channels]), vec![])
        }
        Reduction::GlobalAverage { pixels, channels } => {
            let y = kernels::global_average(&x, pixels, channels);
            (tensor(y, [images, channels]), vec![])
        }
    }
}

#[derive(Clone, Debug)]
struct PooledState {
    dims: [usize; 4],
    argmax: Arc<Vec<u8>>,
    reduction: Reduction,
}

#[derive(Debug)]
struct PoolGradient;

impl Backward<Flex, 1> for PoolGradient {
    type State = PooledState;

    fn backward(self, ops: Ops<PooledState, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let gradient = values(&gradient);
        let PooledState {
            dims,
            argmax,
            reduction,
        } = ops.state;
        let [Some(node)] = ops.parents else { return };
        let found = match reduction {
            Reduction::Max(shape) => kernels::max_pool_backward(&shape, &gradient, &argmax),
            Reduction::Average(shape) => kernels::average_pool_backward(&shape, &gradient),
            Reduction::GlobalAverage { pixels, channels } => {
                kernels::global_average_backward(&gradient, pixels, channels)
            }
        };
        gradients.register::<Flex>(node.id, tensor(found, dims));
    }
}
