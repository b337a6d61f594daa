//! The forward pass.

use super::gradient::{ConvNormGradient, ConvNormState};
use super::options::FusedConvNorm;
use crate::ops::flex::norm::{SharedMoments, to_tensors};
use crate::ops::flex::tensors::{contiguous, tensor, values, weight_and_bias};
use crate::ops::fused::{FusedConv, FusedNorm};
use crate::ops::interface::{BatchMoments, WeightAndBias};
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use convsweep_kernels::{self as kernels, ConvMethod, Epilogue, NormParameters};

#[backend_extension(Flex, Autodiff)]
pub(in crate::ops::flex) trait ConvNormKernel: Backend {
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
pub(in crate::ops::flex) fn train(
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
