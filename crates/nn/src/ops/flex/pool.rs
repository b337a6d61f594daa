//! Pooling by our kernels.

use super::{contiguous, tensor, values};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::{self as kernels, PoolShape};
use std::sync::Arc;

/// What becomes of the pixels `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pool {
    Max(PoolShape),
    Average(PoolShape),
    /// Of images with so many pixels and channels.
    Global {
        pixels: usize,
        channels: usize,
    },
}

#[backend_extension(Flex, Autodiff)]
pub(super) trait PoolKernels: Backend {
    fn pool_unit(x: FloatTensor<Self>, pool: Pool) -> FloatTensor<Self>;
}

pub(in crate::ops) fn max(x: Tensor<4>, shape: PoolShape) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PoolKernels>::pool_unit(
        x.into_dispatch(),
        Pool::Max(shape),
    ))
}

pub(in crate::ops) fn average(x: Tensor<4>, shape: PoolShape) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PoolKernels>::pool_unit(
        x.into_dispatch(),
        Pool::Average(shape),
    ))
}

/// `[batch, channels]`
pub(in crate::ops) fn global_average(x: Tensor<4>) -> Tensor<2> {
    let [_, h, w, channels] = x.dims();
    let pool = Pool::Global {
        pixels: h * w,
        channels,
    };
    Tensor::from_dispatch(<Dispatch as PoolKernels>::pool_unit(
        x.into_dispatch(),
        pool,
    ))
}

impl PoolKernels for Flex {
    fn pool_unit(x: FlexTensor, pool: Pool) -> FlexTensor {
        forward(x, pool).0
    }
}

impl<C: CheckpointStrategy> PoolKernels for Autodiff<Flex, C> {
    fn pool_unit(x: FloatTensor<Self>, pool: Pool) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let dims = x.layout().shape().dims::<4>();
        let (y, places) = forward(x, pool);
        match PoolBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                PoolState {
                    dims,
                    places: Arc::new(places),
                    pool,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

fn forward(x: FlexTensor, pool: Pool) -> (FlexTensor, Vec<u8>) {
    let x = contiguous(x);
    let [images, ..] = x.layout().shape().dims::<4>();
    match pool {
        Pool::Max(shape) => {
            let (y, places) = kernels::max_pool(&shape, &values(&x));
            let [h, w] = shape.output();
            (tensor(y, [images, h, w, shape.channels]), places)
        }
        Pool::Average(shape) => {
            let [h, w] = shape.output();
            (
                tensor(
                    kernels::average_pool(&shape, &values(&x)),
                    [images, h, w, shape.channels],
                ),
                vec![],
            )
        }
        Pool::Global { pixels, channels } => (
            tensor(
                kernels::global_average(&values(&x), pixels, channels),
                [images, channels],
            ),
            vec![],
        ),
    }
}

#[derive(Clone, Debug)]
struct PoolState {
    dims: [usize; 4],
    places: Arc<Vec<u8>>,
    pool: Pool,
}

#[derive(Debug)]
struct PoolBackward;

impl Backward<Flex, 1> for PoolBackward {
    type State = PoolState;

    fn backward(self, ops: Ops<PoolState, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let gradient = values(&gradient);
        let PoolState { dims, places, pool } = ops.state;
        let [Some(node)] = ops.parents else { return };
        let found = match pool {
            Pool::Max(shape) => kernels::max_pool_backward(&shape, &gradient, &places),
            Pool::Average(shape) => kernels::average_pool_backward(&shape, &gradient),
            Pool::Global { pixels, channels } => {
                kernels::global_average_backward(&gradient, pixels, channels)
            }
        };
        gradients.register::<Flex>(node.id, tensor(found, dims));
    }
}
