//! A convolution and the batch normalisation of its output, with an addition and ReLU, by our
//! kernels: the moments are found while the outputs are in the caches, and the bare convolution's
//! gradient is made as it is used.

use super::norm::{Found, tensors};
use super::{contiguous, flat, tensor, values};
use crate::ops::{ConvUnit, NormUnit};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use convsweep_kernels::{
    self as kernels, ChannelMoments, ConvMethod, Epilogue, FollowingNorm, NeedsGradient,
    NormParameters,
};

/// Both, and where the moments go.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    conv: ConvUnit,
    method: ConvMethod,
    norm: NormUnit,
    found: Found,
}

#[backend_extension(Flex, Autodiff)]
pub(super) trait ConvNormKernels: Backend {
    fn conv_norm_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: Unit,
    ) -> FloatTensor<Self>;

    fn conv_norm_sum_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        unit: Unit,
    ) -> FloatTensor<Self>;
}

/// Convolves `x` and normalises each filter by its own moments; these come too. `x`, `summand` and
/// the result are `[batch, height, width, channels]`.
pub(in crate::ops) fn train(
    x: Tensor<4>,
    summand: Option<Tensor<4>>,
    [weight, bias, scale, shift]: [Tensor<1>; 4],
    (conv, method): (&ConvUnit, ConvMethod),
    norm: NormUnit,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    let (found, device) = (Found::default(), scale.device().inner());
    let unit = Unit {
        conv: conv.clone(),
        method,
        norm,
        found: found.clone(),
    };
    let [weight, bias, scale, shift] = [weight, bias, scale, shift].map(Tensor::into_dispatch);
    let (x, summand) = (x.into_dispatch(), summand.map(Tensor::into_dispatch));
    let y = match summand {
        Some(summand) => <Dispatch as ConvNormKernels>::conv_norm_sum_unit(
            x, weight, bias, scale, shift, summand, unit,
        ),
        None => <Dispatch as ConvNormKernels>::conv_norm_unit(x, weight, bias, scale, shift, unit),
    };
    (Tensor::from_dispatch(y), tensors(&found, &device))
}

/// Weights and bias of the convolution that does what one with these does and a norm by
/// `[scale, shift, mean, variance]` behind it.
pub(in crate::ops) fn folded(
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    numbers: [Tensor<1>; 4],
    epsilon: f64,
) -> (Tensor<1>, Tensor<1>) {
    let device = weight.device();
    let (mut weight, bias) = (
        crate::forward::values(weight),
        bias.map(crate::forward::values),
    );
    let [scale, shift, mean, variance] = numbers.map(crate::forward::values);
    let filters = scale.len();
    let of_filter = weight.len() / filters.max(1);
    let mut found = Vec::with_capacity(filters);
    for (f, weights) in weight.chunks_exact_mut(of_filter.max(1)).enumerate() {
        let factor = f64::from(scale[f]) / (f64::from(variance[f]) + epsilon).sqrt();
        weights
            .iter_mut()
            .for_each(|w| *w = (f64::from(*w) * factor) as f32);
        let bias = f64::from(bias.as_ref().map_or(0.0, |bias| bias[f]));
        found.push((f64::from(shift[f]) + (bias - f64::from(mean[f])) * factor) as f32);
    }
    let tensor = |values: Vec<f32>| {
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), &device)
    };
    (tensor(weight), tensor(found))
}

impl ConvNormKernels for Flex {
    fn conv_norm_unit(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        unit: Unit,
    ) -> FlexTensor {
        forward(&[contiguous(x), weight, bias, scale, shift], None, &unit).1
    }

    fn conv_norm_sum_unit(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        summand: FlexTensor,
        unit: Unit,
    ) -> FlexTensor {
        forward(
            &[contiguous(x), weight, bias, scale, shift],
            Some(&contiguous(summand)),
            &unit,
        )
        .1
    }
}

impl<C: CheckpointStrategy> ConvNormKernels for Autodiff<Flex, C> {
    fn conv_norm_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        unit: Unit,
    ) -> FloatTensor<Self> {
        let nodes = [
            x.node(),
            weight.node(),
            bias.node(),
            scale.node(),
            shift.node(),
        ];
        let inputs = [x, weight, bias, scale, shift].map(|t| contiguous(t.into_primitive()));
        let (bare, y) = forward(&inputs, None, &unit);
        match ConvNormBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(
                State {
                    inputs,
                    bare,
                    output: None,
                    unit,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn conv_norm_sum_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        summand: FloatTensor<Self>,
        unit: Unit,
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
        let (bare, y) = forward(&inputs, Some(&contiguous(summand.into_primitive())), &unit);
        match ConvNormBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(
                State {
                    inputs,
                    bare,
                    output: Some(y.clone()),
                    unit,
                },
                y,
            ),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

/// The output of the bare convolution, and that of the norm, from
/// `[x, weight, bias, scale, shift]`.
fn forward(
    inputs: &[FlexTensor; 5],
    summand: Option<&FlexTensor>,
    unit: &Unit,
) -> (FlexTensor, FlexTensor) {
    let [images, ..] = inputs[0].layout().shape().dims::<4>();
    let [x, weight, bias, scale, shift] = inputs.each_ref().map(values);
    let shape = unit.conv.shape(images);
    let follow = Epilogue {
        moments: true,
        ..Epilogue::default()
    };
    let bare = kernels::conv_forward(&shape, unit.method, &x, &weight, Some(&bias), follow);
    let moments = unit.found.get_or_init(|| bare.moments);
    let NormUnit { epsilon, relu } = unit.norm;
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
struct State {
    /// x, weight, bias, scale, shift
    inputs: [FlexTensor; 5],
    /// The bare convolution's output.
    bare: FlexTensor,
    /// The norm's, where a summand was added.
    output: Option<FlexTensor>,
    unit: Unit,
}

impl State {
    /// Gradients of the inputs, that of `x` where it is wanted, and that of the summand, if there
    /// was one.
    fn backward(
        self,
        gradient: FlexTensor,
        want: NeedsGradient,
    ) -> ([FlexTensor; 5], Option<FlexTensor>) {
        let gradient = contiguous(gradient);
        let (dims, shape_of_y) = (
            self.inputs[0].layout().shape().dims::<4>(),
            self.bare.layout().shape().clone(),
        );
        let [x, weight, _, scale, shift] = self.inputs.each_ref().map(values);
        let (bare, output) = (values(&self.bare), self.output.as_ref().map(values));
        let NormUnit { epsilon, relu } = self.unit.norm;
        let moments = self.unit.found.get_or_init(ChannelMoments::default);
        let norm = NormParameters {
            moments,
            scale: &scale,
            shift: &shift,
            epsilon,
            relu,
        };
        let (mut sums, slopes) =
            kernels::batch_norm_sums(&norm, &bare, output.as_deref(), &values(&gradient));
        // The summand's is the masked one, if there is ReLU.
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
        let (unit, follow) = (&self.unit, Epilogue::default());
        let conv = kernels::conv_backward(
            &unit.conv.shape(dims[0]),
            unit.method,
            &x,
            &weight,
            backward,
            follow,
            want,
        );
        let input = if want.input {
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
struct ConvNormBackward;

/// Of `[x, weight, bias, scale, shift]`, and the summand where there is one.
impl<const N: usize> Backward<Flex, N> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let want = NeedsGradient {
            input: ops.parents[0].is_some(),
            bias: ops.parents[2].is_some(),
        };
        let (found, summand) = ops.state.backward(gradient, want);
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
