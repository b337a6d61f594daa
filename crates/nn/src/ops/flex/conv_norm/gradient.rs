//! The backward pass.

use super::options::FusedConvNorm;
use crate::ops::flex::tensors::{contiguous, flat, needed_gradients, register_all, tensor, values};
use crate::ops::fused::FusedNorm;
use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use convsweep_kernels::{
    self as kernels, ChannelMoments, Epilogue, FollowingNorm, NeedsGradient, NormParameters,
};

#[derive(Clone, Debug)]
pub(super) struct ConvNormState {
    /// x, weight, bias, scale, shift
    pub inputs: [FlexTensor; 5],
    /// The output of the convolution alone.
    pub bare: FlexTensor,
    /// The output of the norm, if a summand was added.
    pub output: Option<FlexTensor>,
    pub fused: FusedConvNorm,
}

impl ConvNormState {
    /// Gradients of the inputs, that of `x` only if it is needed, and that of the summand if there
    /// was one.
    fn backward(
        self,
        gradient: FlexTensor,
        needed: NeedsGradient,
    ) -> ([FlexTensor; 5], Option<FlexTensor>) {
        let gradient = contiguous(gradient);
        let (dims, shape_of_y) = (
            self.inputs[0].layout().shape().dims::<4>(),
            self.bare.layout().shape().clone(),
        );
        let [x, weight, _, scale, shift] = self.inputs.each_ref().map(values);
        let (bare, output) = (values(&self.bare), self.output.as_ref().map(values));
        let FusedNorm { epsilon, relu } = self.fused.norm;
        let moments = self.fused.moments.get_or_init(ChannelMoments::default);
        let norm = NormParameters {
            moments,
            scale: &scale,
            shift: &shift,
            epsilon,
            relu,
        };
        let (mut sums, slopes) =
            kernels::batch_norm_sums(&norm, &bare, output.as_deref(), &values(&gradient));
        // Behind ReLU, the gradient of the summand is the masked one.
        let summand = output.is_some().then(|| match relu {
            true => tensor(std::mem::take(&mut sums.residual), shape_of_y),
            false => gradient.clone(),
        });
        let norm = NormParameters {
            relu: relu && summand.is_none(),
            ..norm
        };
        let behind = FollowingNorm {
            norm,
            coefficients: &slopes,
            x: &bare,
        };
        let from = values(summand.as_ref().unwrap_or(&gradient));
        let backward = kernels::UpstreamGradient {
            gradient: &from,
            norm: Some(behind),
            output: &[],
            argmax: &[],
        };
        let conv = kernels::conv_backward(
            &self.fused.conv.shape(dims[0]),
            self.fused.method,
            &x,
            &weight,
            backward,
            Epilogue::default(),
            needed,
        );
        let input = if needed.input {
            tensor(conv.input, dims)
        } else {
            flat(conv.input)
        };
        let [weight, bias, scale, shift] =
            [conv.weight, conv.bias, sums.scale, sums.shift].map(flat);
        drop(from);
        ([input, weight, bias, scale, shift], summand)
    }
}

#[derive(Debug)]
pub(super) struct ConvNormGradient;

/// The parents are `[x, weight, bias, scale, shift]`, and the summand if there is one.
impl<const N: usize> Backward<Flex, N> for ConvNormGradient {
    type State = ConvNormState;

    fn backward(self, ops: Ops<ConvNormState, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let parents = ops.parents.map(|node| Some(node?.id));
        let needed = needed_gradients(&parents);
        let (found, summand) = ops.state.backward(gradient, needed);
        register_all(parents, found.into_iter().chain(summand), gradients);
    }
}
