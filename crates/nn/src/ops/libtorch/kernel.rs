//! Units under Burn's LibTorch backend: LibTorch differentiates what is inside of one.
//!
//! Burn calls this a backend extension. A tracked unit is computed with LibTorch's own gradients
//! on; its graph is kept until the backward pass, which asks LibTorch for the gradients of the
//! unit's inputs.

use super::precise_unit::PreciseUnit;
use super::recording;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_tch::{LibTorch, TchTensor};
use std::sync::Arc;

#[backend_extension(LibTorch, Autodiff)]
pub(super) trait UnitKernel: Backend {
    fn unit_of_one(x: FloatTensor<Self>, unit: PreciseUnit) -> FloatTensor<Self>;

    fn unit_of_two(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self>;

    fn unit_of_three(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self>;

    fn unit_of_four(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        third: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self>;

    fn unit_of_five(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self>;
}

/// The unit of `x` alone.
pub(super) fn of_one<const D: usize, const E: usize>(x: Tensor<D>, unit: PreciseUnit) -> Tensor<E> {
    let y = <Dispatch as UnitKernel>::unit_of_one(x.into_dispatch(), unit);
    Tensor::from_dispatch(y)
}

/// The unit of `x` and the parameters of a layer: weights, and biases if there are any.
pub(super) fn of_layer<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: PreciseUnit,
) -> Tensor<D> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match bias {
        None => <Dispatch as UnitKernel>::unit_of_two(x, weight, unit),
        Some(bias) => {
            <Dispatch as UnitKernel>::unit_of_three(x, weight, bias.into_dispatch(), unit)
        }
    })
}

/// The unit of `x`, scale, shift, and a summand if there is one.
pub(super) fn of_norm<const D: usize>(
    x: Tensor<D>,
    parameters: [Tensor<1>; 2],
    summand: Option<Tensor<D>>,
    unit: PreciseUnit,
) -> Tensor<D> {
    let [scale, shift] = parameters.map(Tensor::into_dispatch);
    let x = x.into_dispatch();
    Tensor::from_dispatch(match summand.map(Tensor::into_dispatch) {
        None => <Dispatch as UnitKernel>::unit_of_three(x, scale, shift, unit),
        Some(summand) => <Dispatch as UnitKernel>::unit_of_four(x, scale, shift, summand, unit),
    })
}

/// The unit of `x`, the weights of a convolution, scale, shift, and a summand if there is one.
pub(super) fn of_conv_norm(
    x: Tensor<4>,
    weight: Tensor<1>,
    parameters: [Tensor<1>; 2],
    summand: Option<Tensor<4>>,
    unit: PreciseUnit,
) -> Tensor<4> {
    let [scale, shift] = parameters.map(Tensor::into_dispatch);
    let (x, w) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match summand.map(Tensor::into_dispatch) {
        None => <Dispatch as UnitKernel>::unit_of_four(x, w, scale, shift, unit),
        Some(summand) => <Dispatch as UnitKernel>::unit_of_five(x, w, scale, shift, summand, unit),
    })
}

impl UnitKernel for LibTorch {
    fn unit_of_one(x: TchTensor, unit: PreciseUnit) -> TchTensor {
        evaluated([x], &unit)
    }

    fn unit_of_two(x: TchTensor, weight: TchTensor, unit: PreciseUnit) -> TchTensor {
        evaluated([x, weight], &unit)
    }

    fn unit_of_three(
        x: TchTensor,
        first: TchTensor,
        second: TchTensor,
        unit: PreciseUnit,
    ) -> TchTensor {
        evaluated([x, first, second], &unit)
    }

    fn unit_of_four(
        x: TchTensor,
        first: TchTensor,
        second: TchTensor,
        third: TchTensor,
        unit: PreciseUnit,
    ) -> TchTensor {
        evaluated([x, first, second, third], &unit)
    }

    fn unit_of_five(
        x: TchTensor,
        weight: TchTensor,
        scale: TchTensor,
        shift: TchTensor,
        summand: TchTensor,
        unit: PreciseUnit,
    ) -> TchTensor {
        evaluated([x, weight, scale, shift, summand], &unit)
    }
}

impl<C: CheckpointStrategy> UnitKernel for Autodiff<LibTorch, C> {
    fn unit_of_one(x: FloatTensor<Self>, unit: PreciseUnit) -> FloatTensor<Self> {
        tracked::<C, 1>([x], unit)
    }

    fn unit_of_two(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self> {
        tracked::<C, 2>([x, weight], unit)
    }

    fn unit_of_three(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self> {
        tracked::<C, 3>([x, first, second], unit)
    }

    fn unit_of_four(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        third: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self> {
        tracked::<C, 4>([x, first, second, third], unit)
    }

    fn unit_of_five(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        unit: PreciseUnit,
    ) -> FloatTensor<Self> {
        tracked::<C, 5>([x, weight, scale, shift, summand], unit)
    }
}

fn evaluated<const N: usize>(inputs: [TchTensor; N], unit: &PreciseUnit) -> TchTensor {
    let tensors = inputs.each_ref().map(|input| input.tensor.shallow_clone());
    if tensors.iter().all(|tensor| !tensor.requires_grad()) {
        return TchTensor::new(tch::no_grad(|| unit.of(&tensors)));
    }
    let y = TchTensor::new(unit.of(&tensors));
    recording::keep(inputs.into_iter().chain([y.clone()]));
    y
}

/// What LibTorch keeps of a unit for its backward pass.
#[derive(Debug)]
struct TorchGraph<const N: usize> {
    /// The inputs as LibTorch differentiates them.
    leaves: [TchTensor; N],
    /// The result with its graph.
    output: TchTensor,
    /// Burn changes a tensor in place that has one owner. The graph reads the inputs and the output
    /// later, so they have another one here.
    _owned: ([TchTensor; N], TchTensor),
}

fn tracked<C: CheckpointStrategy, const N: usize>(
    inputs: [FloatTensor<Autodiff<LibTorch, C>>; N],
    unit: PreciseUnit,
) -> FloatTensor<Autodiff<LibTorch, C>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs = inputs.map(|input| input.into_primitive());
    match UnitBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prepared) => prepared.finish(evaluated(inputs, &unit)),
        OpsKind::Tracked(prepared) => {
            let graph = graph(inputs, &unit);
            let y = graph._owned.1.clone();
            prepared.finish(Arc::new(graph), y)
        }
    }
}

fn graph<const N: usize>(inputs: [TchTensor; N], unit: &PreciseUnit) -> TorchGraph<N> {
    let leaves = inputs
        .each_ref()
        .map(|input| input.tensor.detach().set_requires_grad(true));
    let output = tch::with_grad(|| unit.of(&leaves));
    let y = TchTensor::new(output.detach());
    TorchGraph {
        leaves: leaves.map(TchTensor::new),
        output: TchTensor::new(output),
        _owned: (inputs, y),
    }
}

#[derive(Debug)]
struct UnitBackward;

impl<const N: usize> Backward<LibTorch, N> for UnitBackward {
    type State = Arc<TorchGraph<N>>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<LibTorch>(&ops.node);
        let graph = ops.state;
        let mut wanted = Vec::with_capacity(N);
        let mut leaves = Vec::with_capacity(N);
        for (parent, leaf) in ops.parents.iter().zip(&graph.leaves) {
            if let Some(node) = parent {
                wanted.push(node.id);
                leaves.push(&leaf.tensor);
            }
        }
        // The derivative of the inner product with the gradient is the derivative along it.
        let output = graph.output.tensor.reshape(-1);
        let gradient = gradient.tensor.to_kind(output.kind()).reshape(-1);
        let product = tch::with_grad(|| output.dot(&gradient));
        let found = tch::Tensor::run_backward(&[product], &leaves, false, false);
        for (id, found) in wanted.into_iter().zip(found) {
            gradients.register::<LibTorch>(id, TchTensor::new(found));
        }
    }
}
