//! Convolution by our kernels.

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
use convsweep_kernels::{ConvMethod, UpstreamGradient, conv_backward, conv_forward};
use std::sync::Arc;

#[backend_extension(Flex, Autodiff)]
pub(super) trait ConvKernel: Backend {
    fn fused_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: FusedConv,
        method: ConvMethod,
    ) -> FloatTensor<Self>;
}

/// Convolves `x`; it and the result are `[batch, height, width, channels]`.
pub(super) fn conv(
    x: Tensor<4>,
    layer: WeightAndBias,
    conv: &FusedConv,
    method: ConvMethod,
) -> Tensor<4> {
    let [weight, bias] = weight_and_bias(layer, conv.filters).map(Tensor::into_dispatch);
    let (x, conv) = (x.into_dispatch(), conv.clone());
    let y = <Dispatch as ConvKernel>::fused_conv(x, weight, bias, conv, method);
    Tensor::from_dispatch(y)
}

impl ConvKernel for Flex {
    fn fused_conv(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        conv: FusedConv,
        method: ConvMethod,
    ) -> FlexTensor {
        forward(&contiguous(x), &weight, &bias, &conv, method).0
    }
}

impl<C: CheckpointStrategy> ConvKernel for Autodiff<Flex, C> {
    fn fused_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: FusedConv,
        method: ConvMethod,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|t| contiguous(t.into_primitive()));
        let (y, argmax) = forward(&x, &weight, &bias, &conv, method);
        match ConvBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = ConvState {
                    x,
                    weight,
                    output: y.clone(),
                    argmax: Arc::new(argmax),
                    conv,
                    method,
                };
                prepared.finish(state, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

/// The output, and the place of each maximum if a pooling is fused.
fn forward(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: &FlexTensor,
    conv: &FusedConv,
    method: ConvMethod,
) -> (FlexTensor, Vec<u8>) {
    let [images, ..] = x.layout().shape().dims::<4>();
    let (shape, epilogue) = (conv.shape(images), conv.epilogue());
    let found = conv_forward(
        &shape,
        method,
        &values(x),
        &values(weight),
        Some(&values(bias)),
        epilogue,
    );
    let [height, width] = shape.output_after(epilogue);
    let y = tensor(found.output, [images, height, width, shape.filters]);
    (y, found.argmax)
}

#[derive(Clone, Debug)]
struct ConvState {
    x: FlexTensor,
    weight: FlexTensor,
    output: FlexTensor,
    argmax: Arc<Vec<u8>>,
    conv: FusedConv,
    method: ConvMethod,
}

#[derive(Debug)]
struct ConvBackward;

impl Backward<Flex, 3> for ConvBackward {
    type State = ConvState;

    fn backward(self, ops: Ops<ConvState, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let state = ops.state;
        let dims = state.x.layout().shape().dims::<4>();
        let upstream = UpstreamGradient {
            gradient: &values(&gradient),
            norm: None,
            output: &values(&state.output),
            argmax: state.argmax.as_slice(),
        };
        let parents = ops.parents.map(|node| Some(node?.id));
        let found = conv_backward(
            &state.conv.shape(dims[0]),
            state.method,
            &values(&state.x),
            &values(&state.weight),
            upstream,
            state.conv.epilogue(),
            needed_gradients(&parents),
        );
        register(gradients, parents, found, dims);
    }
}
