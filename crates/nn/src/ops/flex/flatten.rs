//! From images to flat features, plane by plane, by our kernel.

use super::tensors::{contiguous, tensor, values};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::transpose;

#[backend_extension(Flex, Autodiff)]
pub(super) trait FlattenKernel: Backend {
    fn flatten_channels_last(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// `[batch, channels * height * width]` from `[batch, height, width, channels]`.
pub(super) fn flatten(x: Tensor<4>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FlattenKernel>::flatten_channels_last(
        x.into_dispatch(),
    ))
}

impl FlattenKernel for Flex {
    fn flatten_channels_last(x: FlexTensor) -> FlexTensor {
        let x = contiguous(x);
        let [images, h, w, c] = x.layout().shape().dims::<4>();
        let features = transpose(&values(&x), h * w, c);
        tensor(features, [images, c * h * w])
    }
}

impl<C: CheckpointStrategy> FlattenKernel for Autodiff<Flex, C> {
    fn flatten_channels_last(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let dims = x.layout().shape().dims::<4>();
        let y = Flex::flatten_channels_last(x);
        match FlattenBackward
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(dims, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

#[derive(Debug)]
struct FlattenBackward;

impl Backward<Flex, 1> for FlattenBackward {
    type State = [usize; 4];

    fn backward(self, ops: Ops<[usize; 4], 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let [Some(node)] = ops.parents else { return };
        let [_, h, w, c] = ops.state;
        let pixels = transpose(&values(&gradient), c, h * w);
        gradients.register::<Flex>(node.id, tensor(pixels, ops.state));
    }
}
