//! A convolution and the batch normalisation of its output, then an addition and ReLU, by our
//! kernels: the moments are computed while the outputs are in the caches, and the gradient of the
//! bare convolution's output is computed as it is used.

use super::norm::{SharedMoments, to_tensors};
use super::tensors::{contiguous, flat, register_all, tensor, values, weight_and_bias};
use crate::host;
use crate::ops::fused::{FusedConv, FusedNorm};
use crate::ops::interface::{BatchMoments, WeightAndBias};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::{
    self as kernels, ChannelMoments, ConvMethod, Epilogue, FollowingNorm, NeedsGradient,
    NormParameters,
};

/// The convolution, the norm, and where the moments are put.
#[derive(Clone, Debug)]
pub(super) struct FusedConvNorm {
    conv: FusedConv,
    method: ConvMethod,
    norm: FusedNorm,
    moments: SharedMoments,
}

#[backend_extension(Flex, Autodiff)]
pub(super) trait ConvNormKernel: Backend {
    fn fused_conv_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        fused: FusedConvNorm,
    ) -> FloatTensor<Self>;

    fn fused_conv_norm_sum(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        fused: FusedConvNorm,
    ) -> FloatTensor<Self>;
}

/// Convolves `x` and normalises each filter by its own moments, which are returned too. `x`,
/// `summand` and the result are `[batch, height, width, channels]`; parameters `[scale, shift]`.
pub(super) fn train(
    x: Tensor<4>,
    summand: Option<Tensor<4>>,
    layer: WeightAndBias,
    [scale, shift]: [Tensor<1>; 2],
    (conv, method): (&FusedConv, ConvMethod),
    norm: FusedNorm,
) -> (Tensor<4>, BatchMoments) {
    let device = scale.device().inner();
    let moments = SharedMoments::default();
    let fused = FusedConvNorm {
        conv: conv.clone(),
        method,
        norm,
        moments: moments.clone(),
    };
    let [weight, bias] = weight_and_bias(layer, conv.filters);
    let [weight, bias, scale, shift] = [weight, bias, scale, shift].map(Tensor::into_dispatch);
    let (x, summand) = (x.into_dispatch(), summand.map(Tensor::into_dispatch));
    let y = match summand {
        Some(summand) => <Dispatch as ConvNormKernel>::fused_conv_norm_sum(
            x, weight, bias, scale, shift, summand, fused,
        ),
        None => <Dispatch as ConvNormKernel>::fused_conv_norm(x, weight, bias, scale, shift, fused),
    };
    (Tensor::from_dispatch(y), to_tensors(&moments, &device))
}

/// Weights and bias of the one convolution that computes the same as `layer` and a norm with the
/// parameters `[scale, shift, mean, variance]` behind it.
pub(super) fn fold(
    layer: WeightAndBias,
    parameters: [Tensor<1>; 4],
    epsilon: f64,
) -> WeightAndBias {
    let device = layer.weight.device();
    let mut weight = host::values(layer.weight);
    let bias = layer.bias.map(host::values);
    let [scale, shift, mean, variance] = parameters.map(host::values);
    let filters = scale.len();
    let filter_size = (weight.len() / filters.max(1)).max(1);
    let mut folded_bias = Vec::with_capacity(filters);
    for (f, weights) in weight.chunks_exact_mut(filter_size).enumerate() {
        let factor = f64::from(scale[f]) / (f64::from(variance[f]) + epsilon).sqrt();
        for w in weights {
            *w = (f64::from(*w) * factor) as f32;
        }
        let bias = f64::from(bias.as_ref().map_or(0.0, |bias| bias[f]));
        folded_bias.push((f64::from(shift[f]) + (bias - f64::from(mean[f])) * factor) as f32);
    }
    WeightAndBias {
        weight: host::tensor(weight, &device),
        bias: Some(host::tensor(folded_bias, &device)),
    }
}

impl ConvNormKernel for Flex {
    fn fused_conv_norm(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        fused: FusedConvNorm,
    ) -> FlexTensor {
        forward(&[contiguous(x), weight, bias, scale, shift], None, &fused).1
    }

    fn fused_conv_norm_sum(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        summand: FlexTensor,
        fused: FusedConvNorm,
    ) -> FlexTensor {
        forward(
            &[contiguous(x), weight, bias, scale, shift],
            Some(&contiguous(summand)),
            &fused,
        )
        .1
    }
}

impl<C: CheckpointStrategy> ConvNormKernel for Autodiff<Flex, C> {
    fn fused_conv_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        fused: FusedConvNorm,
    ) -> FloatTensor<Self> {
        let nodes = [
            x.node(),
            weight.node(),
            bias.node(),
            scale.node(),
            shift.node(),
        ];
        let inputs = [x, weight, bias, scale, shift].map(|t| contiguous(t.into_primitive()));
        let (bare, y) = forward(&inputs, None, &fused);
        match ConvNormGradient
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(
                ConvNormState {
                    inputs,
                    bare,
                    output: None,
                    fused,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn fused_conv_norm_sum(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        fused: FusedConvNorm,
    ) -> FloatTensor<Self> {
        let nodes = [
            x.node(),
            weight.node(),
            bias.node(),
            scale.node(),
            shift.node(),
            summand.node(),
        ];
        let inputs = [x, weight, bias, scale, shift].map(|t| contiguous(t.into_primitive()));
        let (bare, y) = forward(&inputs, Some(&contiguous(summand.into_primitive())), &fused);
        match ConvNormGradient
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(
                ConvNormState {
                    inputs,
                    bare,
                    output: Some(y.clone()),
                    fused,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

/// The output of the convolution alone and that of the norm, from
/// `[x, weight, bias, scale, shift]`.
fn forward(
    inputs: &[FlexTensor; 5],
    summand: Option<&FlexTensor>,
    fused: &FusedConvNorm,
) -> (FlexTensor, FlexTensor) {
    let [images, ..] = inputs[0].layout().shape().dims::<4>();
    let [x, weight, bias, scale, shift] = inputs.each_ref().map(values);
    let shape = fused.conv.shape(images);
    let epilogue = Epilogue {
        moments: true,
        ..Epilogue::default()
    };
    let bare = kernels::conv_forward(&shape, fused.method, &x, &weight, Some(&bias), epilogue);
    let moments = fused.moments.get_or_init(|| bare.moments);
    let FusedNorm { epsilon, relu } = fused.norm;
    let norm = NormParameters {
        moments,
        scale: &scale,
        shift: &shift,
        epsilon,
        relu,
    };
    let y = kernels::batch_norm(&norm, &bare.output, summand.map(values).as_deref());
    let [height, width] = shape.output();
    let dims = [images, height, width, shape.filters];
    (tensor(bare.output, dims), tensor(y, dims))
}

#[derive(Clone, Debug)]
struct ConvNormState {
    /// x, weight, bias, scale, shift
    inputs: [FlexTensor; 5],
    /// The output of the convolution alone.
    bare: FlexTensor,
    /// The output of the norm, where a summand was added.
    output: Option<FlexTensor>,
    fused: FusedConvNorm,
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
struct ConvNormGradient;

/// The parents are `[x, weight, bias, scale, shift]`, and the summand where there is one.
impl<const N: usize> Backward<Flex, N> for ConvNormGradient {
    type State = ConvNormState;

    fn backward(self, ops: Ops<ConvNormState, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let needed = NeedsGradient {
            input: ops.parents[0].is_some(),
            bias: ops.parents[2].is_some(),
        };
        let (found, summand) = ops.state.backward(gradient, needed);
        let parents = ops.parents.map(|node| Some(node?.id));
        register_all(parents, found.into_iter().chain(summand), gradients);
    }
}
