//! Batch normalisation, with an addition and ReLU, by our kernels.

use super::{contiguous, flat, tensor, values};
use crate::ops::NormUnit;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Device, Tensor, TensorData};
use convsweep_kernels::{self as kernels, ChannelMoments, NormParameters};
use std::sync::{Arc, OnceLock};

/// Mean and variance: found by the pass where they are not there yet.
pub(super) type Found = Arc<OnceLock<ChannelMoments>>;

#[backend_extension(Flex, Autodiff)]
pub(super) trait NormKernels: Backend {
    fn norm_unit(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: NormUnit,
        found: Found,
    ) -> FloatTensor<Self>;

    fn norm_sum_unit(
        x: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: NormUnit,
        found: Found,
    ) -> FloatTensor<Self>;
}

/// Normalises the last dimension of `x` by its own moments; these come too.
pub(in crate::ops) fn train<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift]: [Tensor<1>; 2],
    unit: NormUnit,
) -> (Tensor<D>, [Tensor<1>; 2]) {
    let (found, device) = (Found::default(), scale.device().inner());
    let y = normalize(x, summand, [scale, shift], unit, found.clone());
    (y, tensors(&found, &device))
}

/// Mean and variance that were found.
pub(super) fn tensors(found: &Found, device: &Device) -> [Tensor<1>; 2] {
    let ChannelMoments { mean, variance } = found.get().cloned().unwrap_or_default();
    [mean, variance].map(|values| {
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), device)
    })
}

/// Normalises the last dimension of `x` by given moments. The gradients would be wrong: none are
/// asked for in evaluation.
pub(in crate::ops) fn apply<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift, mean, variance]: [Tensor<1>; 4],
    unit: NormUnit,
) -> Tensor<D> {
    let [mean, variance] = [mean, variance].map(crate::forward::values);
    normalize(
        x,
        summand,
        [scale, shift],
        unit,
        Arc::new(OnceLock::from(ChannelMoments { mean, variance })),
    )
}

fn normalize<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift]: [Tensor<1>; 2],
    unit: NormUnit,
    found: Found,
) -> Tensor<D> {
    let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
    let (x, summand) = (x.into_dispatch(), summand.map(Tensor::into_dispatch));
    Tensor::from_dispatch(match summand {
        Some(summand) => {
            <Dispatch as NormKernels>::norm_sum_unit(x, summand, scale, shift, unit, found)
        }
        None => <Dispatch as NormKernels>::norm_unit(x, scale, shift, unit, found),
    })
}

impl NormKernels for Flex {
    fn norm_unit(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        unit: NormUnit,
        found: Found,
    ) -> FlexTensor {
        forward(&contiguous(x), None, [&scale, &shift], unit, &found)
    }

    fn norm_sum_unit(
        x: FlexTensor,
        summand: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        unit: NormUnit,
        found: Found,
    ) -> FlexTensor {
        forward(
            &contiguous(x),
            Some(&contiguous(summand)),
            [&scale, &shift],
            unit,
            &found,
        )
    }
}

impl<C: CheckpointStrategy> NormKernels for Autodiff<Flex, C> {
    fn norm_unit(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: NormUnit,
        found: Found,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node()];
        let [x, scale, shift] = [x, scale, shift].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, None, [&scale, &shift], unit, &found);
        match NormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                NormState {
                    x,
                    output: None,
                    scale,
                    shift,
                    unit,
                    found,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn norm_sum_unit(
        x: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: NormUnit,
        found: Found,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node(), summand.node()];
        let [x, scale, shift, summand] =
            [x, scale, shift, summand].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, Some(&summand), [&scale, &shift], unit, &found);
        match NormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                NormState {
                    x,
                    output: Some(y.clone()),
                    scale,
                    shift,
                    unit,
                    found,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

fn forward(
    x: &FlexTensor,
    summand: Option<&FlexTensor>,
    [scale, shift]: [&FlexTensor; 2],
    unit: NormUnit,
    found: &Found,
) -> FlexTensor {
    let (x_values, scale, shift) = (values(x), values(scale), values(shift));
    let moments = found.get_or_init(|| kernels::moments(&x_values, scale.len()));
    let norm = NormParameters {
        moments,
        scale: &scale,
        shift: &shift,
        epsilon: unit.epsilon,
        relu: unit.relu,
    };
    let summand = summand.map(values);
    tensor(
        kernels::batch_norm(&norm, &x_values, summand.as_deref()),
        x.layout().shape().clone(),
    )
}

#[derive(Clone, Debug)]
struct NormState {
    x: FlexTensor,
    /// Where a summand was added.
    output: Option<FlexTensor>,
    scale: FlexTensor,
    shift: FlexTensor,
    unit: NormUnit,
    found: Found,
}

impl NormState {
    /// Gradients of `x`, scale, shift and the summand, if there was one.
    fn backward(self, gradient: FlexTensor) -> ([FlexTensor; 3], Option<FlexTensor>) {
        let mut gradient = contiguous(gradient);
        let (shape, with_summand) = (self.x.layout().shape().clone(), self.output.is_some());
        let unmasked = (with_summand && !self.unit.relu).then(|| gradient.clone());
        let (scale, shift, moments) = (
            values(&self.scale),
            values(&self.shift),
            self.found.get_or_init(ChannelMoments::default),
        );
        let norm = NormParameters {
            moments,
            scale: &scale,
            shift: &shift,
            epsilon: self.unit.epsilon,
            relu: self.unit.relu,
        };
        let (x, output) = (values(&self.x), self.output.as_ref().map(values));
        let found =
            kernels::batch_norm_backward(&norm, &x, output.as_deref(), gradient.storage_mut());
        let summand = unmasked.or_else(|| with_summand.then(|| tensor(found.residual, shape)));
        ([gradient, flat(found.scale), flat(found.shift)], summand)
    }
}

#[derive(Debug)]
struct NormBackward;

/// Of `[x, scale, shift]`, and the summand where there is one.
impl<const N: usize> Backward<Flex, N> for NormBackward {
    type State = NormState;

    fn backward(self, ops: Ops<NormState, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let (found, summand) = ops.state.backward(gradient);
        for (node, gradient) in ops
            .parents
            .into_iter()
            .zip(found.into_iter().chain(summand))
        {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}
