//! Dense layers by our kernels.

use super::tensors::{needed_gradients, register, tensor, values, weight_and_bias};
use crate::ops::fused::FusedDense;
use crate::ops::interface::WeightAndBias;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::{DenseShape, dense_backward, dense_forward};

#[backend_extension(Flex, Autodiff)]
pub(super) trait DenseKernel: Backend {
    fn fused_dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
}

/// `[batch, units]` from `x` `[batch, features]`.
pub(super) fn dense(x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
    let [weight, bias] = weight_and_bias(layer, dense.units).map(Tensor::into_dispatch);
    let x = x.into_dispatch();
    let y = <Dispatch as DenseKernel>::fused_dense(x, weight, bias, dense.relu);
    Tensor::from_dispatch(y)
}

impl DenseKernel for Flex {
    fn fused_dense(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, relu: bool) -> FlexTensor {
        forward(&x, &weight, &bias, relu)
    }
}

impl<C: CheckpointStrategy> DenseKernel for Autodiff<Flex, C> {
    fn fused_dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|t| t.into_primitive());
        let y = forward(&x, &weight, &bias, relu);
        match DenseGradient.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = DenseState {
                    x,
                    weight,
                    output: y.clone(),
                    relu,
                };
                prepared.finish(state, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

fn shape(x: &FlexTensor, units: usize) -> DenseShape {
    let [rows, features] = x.layout().shape().dims();
    DenseShape {
        rows,
        features,
        units,
    }
}

fn forward(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor, relu: bool) -> FlexTensor {
    let bias = values(bias);
    let shape = shape(x, bias.len());
    let y = dense_forward(&shape, &values(x), &values(weight), Some(&bias), relu);
    tensor(y, [shape.rows, shape.units])
}

#[derive(Clone, Debug)]
struct DenseState {
    x: FlexTensor,
    weight: FlexTensor,
    output: FlexTensor,
    relu: bool,
}

#[derive(Debug)]
struct DenseGradient;

impl Backward<Flex, 3> for DenseGradient {
    type State = DenseState;

    fn backward(self, ops: Ops<DenseState, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let state = ops.state;
        let [rows, units] = state.output.layout().shape().dims();
        let shape = shape(&state.x, units);
        let parents = ops.parents.map(|node| Some(node?.id));
        let found = dense_backward(
            &shape,
            &values(&state.x),
            &values(&state.weight),
            &values(&state.output),
            &values(&gradient),
            state.relu,
            needed_gradients(&parents).input,
        );
        register(gradients, parents, found, [rows, shape.features]);
    }
}
