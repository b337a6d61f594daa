//! Batch normalisation, then an addition and ReLU, by our kernels.

use super::tensors::{contiguous, flat, register_all, tensor, values};
use crate::host;
use crate::ops::fused::FusedNorm;
use crate::ops::interface::BatchMoments;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Device, Tensor};
use convsweep_kernels::{self as kernels, ChannelMoments, NormParameters};
use std::sync::{Arc, OnceLock};

/// The mean and variance of each channel, which the forward pass computes unless they are given.
pub(super) type SharedMoments = Arc<OnceLock<ChannelMoments>>;

#[backend_extension(Flex, Autodiff)]
pub(super) trait NormKernel: Backend {
    fn fused_batch_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FloatTensor<Self>;

    fn fused_batch_norm_sum(
        x: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FloatTensor<Self>;
}

/// Normalises the last dimension of `x` by its own moments, which are returned too.
pub(super) fn train<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    parameters: [Tensor<1>; 2],
    norm: FusedNorm,
) -> (Tensor<D>, BatchMoments) {
    let device = parameters[0].device().inner();
    let moments = SharedMoments::default();
    let y = normalize(x, summand, parameters, norm, moments.clone());
    (y, to_tensors(&moments, &device))
}

/// The moments that a forward pass has computed.
pub(super) fn to_tensors(moments: &SharedMoments, device: &Device) -> BatchMoments {
    let ChannelMoments { mean, variance } = moments.get().cloned().unwrap_or_default();
    [mean, variance].map(|values| host::tensor(values, device))
}

/// Normalises the last dimension of `x` by given moments. For evaluation only: gradients would be
/// wrong.
pub(super) fn evaluate<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift, mean, variance]: [Tensor<1>; 4],
    norm: FusedNorm,
) -> Tensor<D> {
    let [mean, variance] = [mean, variance].map(host::values);
    let moments = Arc::new(OnceLock::from(ChannelMoments { mean, variance }));
    normalize(x, summand, [scale, shift], norm, moments)
}

fn normalize<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift]: [Tensor<1>; 2],
    norm: FusedNorm,
    moments: SharedMoments,
) -> Tensor<D> {
    let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
    let (x, summand) = (x.into_dispatch(), summand.map(Tensor::into_dispatch));
    Tensor::from_dispatch(match summand {
        Some(summand) => {
            <Dispatch as NormKernel>::fused_batch_norm_sum(x, summand, scale, shift, norm, moments)
        }
        None => <Dispatch as NormKernel>::fused_batch_norm(x, scale, shift, norm, moments),
    })
}

impl NormKernel for Flex {
    fn fused_batch_norm(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FlexTensor {
        forward(&contiguous(x), None, [&scale, &shift], norm, &moments)
    }

    fn fused_batch_norm_sum(
        x: FlexTensor,
        summand: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FlexTensor {
        forward(
            &contiguous(x),
            Some(&contiguous(summand)),
            [&scale, &shift],
            norm,
            &moments,
        )
    }
}

impl<C: CheckpointStrategy> NormKernel for Autodiff<Flex, C> {
    fn fused_batch_norm(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node()];
        let [x, scale, shift] = [x, scale, shift].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, None, [&scale, &shift], norm, &moments);
        match NormGradient.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                NormState {
                    x,
                    output: None,
                    scale,
                    shift,
                    norm,
                    moments,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn fused_batch_norm_sum(
        x: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: FusedNorm,
        moments: SharedMoments,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node(), summand.node()];
        let [x, scale, shift, summand] =
            [x, scale, shift, summand].map(|t| contiguous(t.into_primitive()));
        let y = forward(&x, Some(&summand), [&scale, &shift], norm, &moments);
        match NormGradient.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(
                NormState {
                    x,
                    output: Some(y.clone()),
                    scale,
                    shift,
                    norm,
                    moments,
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
    norm: FusedNorm,
    moments: &SharedMoments,
) -> FlexTensor {
    let (x_values, scale, shift) = (values(x), values(scale), values(shift));
    let moments = moments.get_or_init(|| kernels::moments(&x_values, scale.len()));
    let parameters = NormParameters {
        moments,
        scale: &scale,
        shift: &shift,
        epsilon: norm.epsilon,
        relu: norm.relu,
    };
    let summand = summand.map(values);
    tensor(
        kernels::batch_norm(&parameters, &x_values, summand.as_deref()),
        x.layout().shape().clone(),
    )
}

#[derive(Clone, Debug)]
struct NormState {
    x: FlexTensor,
    /// The output, if a summand was added.
    output: Option<FlexTensor>,
    scale: FlexTensor,
    shift: FlexTensor,
    norm: FusedNorm,
    moments: SharedMoments,
}

impl NormState {
    /// Gradients of `x`, scale, shift and the summand, if there was one.
    fn backward(self, gradient: FlexTensor) -> ([FlexTensor; 3], Option<FlexTensor>) {
        let mut gradient = contiguous(gradient);
        let (shape, has_summand) = (self.x.layout().shape().clone(), self.output.is_some());
        let unmasked = (has_summand && !self.norm.relu).then(|| gradient.clone());
        let (scale, shift, moments) = (
            values(&self.scale),
            values(&self.shift),
            self.moments.get_or_init(ChannelMoments::default),
        );
        let norm = NormParameters {
            moments,
            scale: &scale,
            shift: &shift,
            epsilon: self.norm.epsilon,
            relu: self.norm.relu,
        };
        let (x, output) = (values(&self.x), self.output.as_ref().map(values));
        let found =
            kernels::batch_norm_backward(&norm, &x, output.as_deref(), gradient.storage_mut());
        let summand = unmasked.or_else(|| has_summand.then(|| tensor(found.residual, shape)));
        ([gradient, flat(found.scale), flat(found.shift)], summand)
    }
}

#[derive(Debug)]
struct NormGradient;

/// The parents are `[x, scale, shift]`, and the summand if there is one.
impl<const N: usize> Backward<Flex, N> for NormGradient {
    type State = NormState;

    fn backward(self, ops: Ops<NormState, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let (found, summand) = ops.state.backward(gradient);
        let parents = ops.parents.map(|node| Some(node?.id));
        register_all(parents, found.into_iter().chain(summand), gradients);
    }
}
