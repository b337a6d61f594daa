//! Our kernels under Burn's flex backend, each with its own backward pass.
//!
//! Burn's way for that is a backend extension: a trait implemented for the backend and for its autodiff decorator, and a
//! generated route from a tensor to the one it belongs to.

use super::ConvUnit;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Bytes, DType, Shape, Tensor};
use convsweep_kernels as kernels;
use convsweep_kernels::{ConvShape, DenseShape, Follow, Method, conv_method};
use std::borrow::Cow;
use std::sync::Arc;

#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    fn conv_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: ConvUnit,
    ) -> FloatTensor<Self>;

    fn dense_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
}

pub(super) fn conv(x: Tensor<4>, weight: Tensor<1>, bias: Option<Tensor<1>>, unit: &ConvUnit) -> Tensor<4> {
    let bias = bias.unwrap_or_else(|| Tensor::zeros([unit.filters], &x.device().inner()));
    let [x, weight, bias] = [x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as Kernels>::conv_unit(x, weight, bias, unit.clone()))
}

pub(super) fn dense(x: Tensor<2>, weight: Tensor<1>, bias: Option<Tensor<1>>, units: usize, relu: bool) -> Tensor<2> {
    let bias = bias.unwrap_or_else(|| Tensor::zeros([units], &x.device().inner()));
    let [x, weight, bias] = [x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as Kernels>::dense_unit(x, weight, bias, relu))
}

impl Kernels for Flex {
    fn conv_unit(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, unit: ConvUnit) -> FlexTensor {
        conv_forward(&x, &weight, &bias, &unit).0
    }

    fn dense_unit(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, relu: bool) -> FlexTensor {
        dense_forward(&x, &weight, &bias, relu)
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn conv_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: ConvUnit,
    ) -> FloatTensor<Self> {
        let (y, places) = conv_forward(x.primitive(), weight.primitive(), bias.primitive(), &unit);
        match ConvBackward.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                let state = ConvState { x, weight, output: y.clone(), places: Arc::new(places), unit };
                prepared.finish(state, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn dense_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let y = dense_forward(x.primitive(), weight.primitive(), bias.primitive(), relu);
        match DenseBackward.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prepared.finish(DenseState { x, weight, output: y.clone(), relu }, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

/// The values in the order of the tensor's shape: without a copy where they lie so.
fn values(tensor: &FlexTensor) -> Cow<'_, [f32]> {
    match tensor.as_slice::<f32>() {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(tensor.to_contiguous().storage::<f32>().to_vec()),
    }
}

/// A tensor `[batch, channel, height, width]` with its values in the order `[batch, height, width, channel]`.
fn channels_last(tensor: &FlexTensor) -> FlexTensor {
    let permuted = tensor.permute(&[0, 2, 3, 1]);
    if permuted.is_contiguous() { permuted } else { permuted.to_contiguous() }
}

/// The tensor of this shape.
fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(shape.into()), DType::F32)
}

/// `[batch, channel, height, width]` from values in the order `[batch, height, width, channel]`.
fn image_tensor(values: Vec<f32>, [n, c, h, w]: [usize; 4]) -> FlexTensor {
    tensor(values, [n, h, w, c]).permute(&[0, 3, 1, 2])
}

impl ConvUnit {
    fn shape(&self, [images, channels, height, width]: [usize; 4]) -> ConvShape {
        ConvShape {
            images,
            input: [height, width],
            channels,
            filters: self.filters,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            padding: self.padding.map(|(before, after)| [before, after]),
            groups: self.groups,
        }
    }

    fn follow(&self) -> Follow {
        Follow { relu: self.relu, pool: self.pool }
    }

    fn method(&self, shape: &ConvShape) -> Method {
        conv_method(shape, self.follow())
    }
}

fn conv_forward(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor, unit: &ConvUnit) -> (FlexTensor, Vec<u8>) {
    let shape = unit.shape(x.layout().shape().dims());
    let follow = unit.follow();
    let x = channels_last(x);
    let method = unit.method(&shape);
    let found = kernels::conv_forward(&shape, method, &values(&x), &values(weight), Some(&values(bias)), follow);
    let [height, width] = shape.output_after(follow);
    (image_tensor(found.output, [shape.images, shape.filters, height, width]), found.places)
}

#[derive(Clone, Debug)]
struct ConvState {
    x: FlexTensor,
    weight: FlexTensor,
    output: FlexTensor,
    places: Arc<Vec<u8>>,
    unit: ConvUnit,
}

#[derive(Debug)]
struct ConvBackward;

impl Backward<Flex, 3> for ConvBackward {
    type State = ConvState;

    fn backward(self, ops: Ops<ConvState, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = channels_last(&gradients.consume::<Flex>(&ops.node));
        let ConvState { x, weight, output, places, unit } = ops.state;
        let dims = x.layout().shape().dims::<4>();
        let (shape, follow) = (unit.shape(dims), unit.follow());
        let (x, output) = (channels_last(&x), channels_last(&output));
        let backward =
            kernels::Backward { gradient: &values(&gradient), output: &values(&output), places: places.as_slice() };
        let [to_x, to_weight, to_bias] = ops.parents;
        let (method, weight) = (unit.method(&shape), values(&weight));
        let want = to_x.is_some();
        let found = kernels::conv_backward(&shape, method, &values(&x), &weight, backward, follow, want);
        if let Some(node) = to_x {
            gradients.register::<Flex>(node.id, image_tensor(found.input, dims));
        }
        for (node, values) in [(to_weight, found.weight), (to_bias, found.bias)] {
            if let Some(node) = node {
                let count = values.len();
                gradients.register::<Flex>(node.id, tensor(values, [count]));
            }
        }
    }
}

fn dense_shape(x: &FlexTensor, bias: usize) -> DenseShape {
    let [rows, features] = x.layout().shape().dims();
    DenseShape { rows, features, units: bias }
}

fn dense_forward(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor, relu: bool) -> FlexTensor {
    let bias = values(bias);
    let shape = dense_shape(x, bias.len());
    let y = kernels::dense_forward(&shape, &values(x), &values(weight), Some(&bias), relu);
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
struct DenseBackward;

impl Backward<Flex, 3> for DenseBackward {
    type State = DenseState;

    fn backward(self, ops: Ops<DenseState, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let DenseState { x, weight, output, relu } = ops.state;
        let [rows, units] = output.layout().shape().dims();
        let shape = dense_shape(&x, units);
        let [to_x, to_weight, to_bias] = ops.parents;
        let (output, gradient) = (values(&output), values(&gradient));
        let want = to_x.is_some();
        let found = kernels::dense_backward(&shape, &values(&x), &values(&weight), &output, &gradient, relu, want);
        if let Some(node) = to_x {
            gradients.register::<Flex>(node.id, tensor(found.input, [rows, shape.features]));
        }
        for (node, values) in [(to_weight, found.weight), (to_bias, found.bias)] {
            if let Some(node) = node {
                let count = values.len();
                gradients.register::<Flex>(node.id, tensor(values, [count]));
            }
        }
    }
}
