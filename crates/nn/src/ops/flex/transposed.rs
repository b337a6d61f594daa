//! Transposed convolution by our kernels.

use super::tensors::{contiguous, needed_gradients, register, tensor, values, weight_and_bias};
use crate::ops::fused::FusedConv;
use crate::ops::interface::WeightAndBias;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::{transposed_backward, transposed_forward};

#[backend_extension(Flex, Autodiff)]
pub(super) trait TransposedKernel: Backend {
    fn fused_transposed_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: FusedConv,
    ) -> FloatTensor<Self>;
}

/// The transpose of the convolution `conv`; `x` and the result are
/// `[batch, height, width, channels]`.
pub(super) fn transposed(x: Tensor<4>, layer: WeightAndBias, conv: &FusedConv) -> Tensor<4> {
    let [weight, bias] = weight_and_bias(layer, conv.channels).map(Tensor::into_dispatch);
    let (x, conv) = (x.into_dispatch(), conv.clone());
    let y = <Dispatch as TransposedKernel>::fused_transposed_conv(x, weight, bias, conv);
    Tensor::from_dispatch(y)
}

impl TransposedKernel for Flex {
    fn fused_transposed_conv(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        conv: FusedConv,
    ) -> FlexTensor {
        forward(&contiguous(x), &weight, &bias, &conv)
    }
}

impl<C: CheckpointStrategy> TransposedKernel for Autodiff<Flex, C> {
    fn fused_transposed_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: FusedConv,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, &weight, &bias, &conv);
        match TransposedBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(TransposedState { x, weight, conv }, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

fn forward(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor, conv: &FusedConv) -> FlexTensor {
    let [images, ..] = x.layout().shape().dims::<4>();
    let shape = conv.shape(images);
    let y = transposed_forward(&shape, &values(x), &values(weight), Some(&values(bias)));
    tensor(y, [images, shape.input[0], shape.input[1], shape.channels])
}

#[derive(Clone, Debug)]
struct TransposedState {
    x: FlexTensor,
    weight: FlexTensor,
    conv: FusedConv,
}

#[derive(Debug)]
struct TransposedBackward;

impl Backward<Flex, 3> for TransposedBackward {
    type State = TransposedState;

    fn backward(
        self,
        ops: Ops<TransposedState, 3>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let TransposedState { x, weight, conv } = ops.state;
        let dims = x.layout().shape().dims::<4>();
        let parents = ops.parents.map(|node| Some(node?.id));
        let (shape, needed) = (conv.shape(dims[0]), needed_gradients(&parents));
        let found = transposed_backward(
            &shape,
            &values(&x),
            &values(&weight),
            &values(&gradient),
            needed,
        );
        register(gradients, parents, found, dims);
    }
}
