//! Transposed convolution by our kernels.

use super::{contiguous, no_bias, register, tensor, values, wanted};
use crate::ops::ConvUnit;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels as kernels;

#[backend_extension(Flex, Autodiff)]
pub(super) trait TransposedKernels: Backend {
    fn transposed_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: ConvUnit,
    ) -> FloatTensor<Self>;
}

/// The transpose of the convolution `unit`; `x` and the result are
/// `[batch, height, width, channels]`.
pub(in crate::ops) fn transposed(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &ConvUnit,
) -> Tensor<4> {
    let bias = bias.unwrap_or_else(|| no_bias(unit.channels, &x.device()));
    let [x, weight, bias] = [
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ];
    Tensor::from_dispatch(<Dispatch as TransposedKernels>::transposed_unit(
        x,
        weight,
        bias,
        unit.clone(),
    ))
}

impl TransposedKernels for Flex {
    fn transposed_unit(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        unit: ConvUnit,
    ) -> FlexTensor {
        forward(&contiguous(x), &weight, &bias, &unit)
    }
}

impl<C: CheckpointStrategy> TransposedKernels for Autodiff<Flex, C> {
    fn transposed_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: ConvUnit,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, &weight, &bias, &unit);
        match TransposedBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(State { x, weight, unit }, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

fn forward(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor, unit: &ConvUnit) -> FlexTensor {
    let [images, ..] = x.layout().shape().dims::<4>();
    let shape = unit.shape(images);
    let y = kernels::transposed_forward(&shape, &values(x), &values(weight), Some(&values(bias)));
    tensor(y, [images, shape.input[0], shape.input[1], shape.channels])
}

#[derive(Clone, Debug)]
struct State {
    x: FlexTensor,
    weight: FlexTensor,
    unit: ConvUnit,
}

#[derive(Debug)]
struct TransposedBackward;

impl Backward<Flex, 3> for TransposedBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let State { x, weight, unit } = ops.state;
        let dims = x.layout().shape().dims::<4>();
        let parents = ops.parents.map(|node| Some(node?.id));
        let (shape, want) = (unit.shape(dims[0]), wanted(&parents));
        let found = kernels::transposed_backward(
            &shape,
            &values(&x),
            &values(&weight),
            &values(&gradient),
            want,
        );
        register(gradients, parents, found, dims);
    }
}
