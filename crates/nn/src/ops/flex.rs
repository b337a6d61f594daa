//! Our kernels under Burn's flex backend, each with its own backward pass.
//!
//! Burn's way for that is a backend extension: a trait implemented for the backend and for its
//! autodiff decorator, and a generated route from a tensor to the one it belongs to.
//!
//! Images come and go with their channels last, without gaps: so Burn's own operations between ours
//! are fast too.

pub(super) mod conv_norm;
pub(super) mod flatten;
pub(super) mod norm;
pub(super) mod pool;
pub(super) mod transposed;

use super::{ConvUnit, DenseUnit, Step};
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Bytes, DType, Device, Shape, Tensor};
use convsweep_kernels as kernels;
use convsweep_kernels::{ConvMethod, DenseShape};
use convsweep_spec::train::{Moments, Rule};
use std::borrow::Cow;
use std::sync::Arc;

#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    fn conv_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: ConvUnit,
        method: ConvMethod,
    ) -> FloatTensor<Self>;

    fn dense_unit(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
}

/// `x` and the result are `[batch, height, width, channels]`.
pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &ConvUnit,
    method: ConvMethod,
) -> Tensor<4> {
    let bias = bias.unwrap_or_else(|| no_bias(unit.filters, &x.device()));
    let [x, weight, bias] = [
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ];
    Tensor::from_dispatch(<Dispatch as Kernels>::conv_unit(
        x,
        weight,
        bias,
        unit.clone(),
        method,
    ))
}

/// What is added where there is none.
pub(super) fn no_bias(count: usize, device: &Device) -> Tensor<1> {
    Tensor::zeros([count], &device.clone().inner())
}

pub(super) fn dense(
    x: Tensor<2>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: DenseUnit,
) -> Tensor<2> {
    let bias = bias.unwrap_or_else(|| Tensor::zeros([unit.units], &x.device().inner()));
    let [x, weight, bias] = [
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ];
    Tensor::from_dispatch(<Dispatch as Kernels>::dense_unit(
        x, weight, bias, unit.relu,
    ))
}

impl Kernels for Flex {
    fn conv_unit(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        unit: ConvUnit,
        method: ConvMethod,
    ) -> FlexTensor {
        conv_forward(&contiguous(x), &weight, &bias, &unit, method).0
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
        method: ConvMethod,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|t| contiguous(t.into_primitive()));
        let (y, places) = conv_forward(&x, &weight, &bias, &unit, method);
        match ConvBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = ConvState {
                    x,
                    weight,
                    output: y.clone(),
                    places: Arc::new(places),
                    unit,
                    method,
                };
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
        match DenseBackward
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prepared.finish(
                    DenseState {
                        x,
                        weight,
                        output: y.clone(),
                        relu,
                    },
                    y,
                )
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

/// The tensor with its values, and no others, in the order of its shape; not copied where they lie
/// so.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if let Some(found) = whole_rows(&tensor).or_else(|| pixels(&tensor)) {
        return found;
    }
    // The tensor itself is dropped here, so that the result has its values to itself where it had.
    tensor.to_contiguous()
}

/// Rows without gaps, cut out of longer ones (a part of the channels of each pixel): Burn's copy
/// would go value by value.
fn whole_rows(tensor: &FlexTensor) -> Option<FlexTensor> {
    let layout = tensor.layout();
    let (shape, strides) = (layout.shape(), layout.strides());
    let last = strides.len().checked_sub(2)?;
    let regular = (0..last).all(|d| strides[d] == strides[d + 1] * shape[d + 1] as isize);
    let (length, step) = (shape[last + 1], usize::try_from(strides[last]).ok()?);
    if !regular || strides[last + 1] != 1 || step <= length {
        return None;
    }
    let values = tensor.storage::<f32>().get(layout.start_offset()..)?;
    let mut rows = Vec::with_capacity(layout.num_elements());
    for row in values
        .chunks(step)
        .take(layout.num_elements() / length.max(1))
    {
        rows.extend_from_slice(row.get(..length)?);
    }
    Some(self::tensor(rows, shape.clone()))
}

/// Images whose planes lie one behind the other, seen as pixels: Burn's copy is for any order of
/// dimensions and slower.
fn pixels(tensor: &FlexTensor) -> Option<FlexTensor> {
    let layout = tensor.layout();
    let &[_, h, w, c] = &layout.shape()[..] else {
        return None;
    };
    let planes = [h * w * c, w, 1, h * w].map(|step| step as isize);
    if layout.strides() != planes || h * w * c == 0 {
        return None;
    }
    let values = tensor
        .storage::<f32>()
        .get(layout.start_offset()..)?
        .get(..layout.num_elements())?;
    Some(self::tensor(
        kernels::transpose(values, c, h * w),
        layout.shape().clone(),
    ))
}

/// The tensor of this shape.
fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(
        Bytes::from_elems(values),
        Layout::contiguous(shape.into()),
        DType::F32,
    )
}

/// The flat tensor of these values.
fn flat(values: Vec<f32>) -> FlexTensor {
    let count = values.len();
    tensor(values, [count])
}

/// Which gradients a layer's parents, `[x, weight, bias]`, ask for.
fn wanted(parents: &[Option<NodeId>; 3]) -> kernels::NeedsGradient {
    kernels::NeedsGradient {
        input: parents[0].is_some(),
        bias: parents[2].is_some(),
    }
}

/// Hands a layer's gradients to its parents, that of `x` in its shape.
fn register(
    gradients: &mut Gradients,
    [to_x, to_weight, to_bias]: [Option<NodeId>; 3],
    found: kernels::LayerGradients,
    x: impl Into<Shape>,
) {
    if let Some(id) = to_x {
        gradients.register::<Flex>(id, tensor(found.input, x));
    }
    for (id, values) in [(to_weight, found.weight), (to_bias, found.bias)] {
        if let Some(id) = id {
            gradients.register::<Flex>(id, flat(values));
        }
    }
}

fn conv_forward(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: &FlexTensor,
    unit: &ConvUnit,
    method: ConvMethod,
) -> (FlexTensor, Vec<u8>) {
    let [images, ..] = x.layout().shape().dims::<4>();
    let (shape, follow) = (unit.shape(images), unit.follow());
    let found = kernels::conv_forward(
        &shape,
        method,
        &values(x),
        &values(weight),
        Some(&values(bias)),
        follow,
    );
    let [height, width] = shape.output_after(follow);
    (
        tensor(found.output, [images, height, width, shape.filters]),
        found.argmax,
    )
}

#[derive(Clone, Debug)]
struct ConvState {
    x: FlexTensor,
    weight: FlexTensor,
    output: FlexTensor,
    places: Arc<Vec<u8>>,
    unit: ConvUnit,
    method: ConvMethod,
}

#[derive(Debug)]
struct ConvBackward;

impl Backward<Flex, 3> for ConvBackward {
    type State = ConvState;

    fn backward(self, ops: Ops<ConvState, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let ConvState {
            x,
            weight,
            output,
            places,
            unit,
            method,
        } = ops.state;
        let dims = x.layout().shape().dims::<4>();
        let (shape, follow) = (unit.shape(dims[0]), unit.follow());
        let backward = kernels::UpstreamGradient {
            gradient: &values(&gradient),
            norm: None,
            output: &values(&output),
            argmax: places.as_slice(),
        };
        let parents = ops.parents.map(|node| Some(node?.id));
        let (weight, want) = (values(&weight), wanted(&parents));
        let found =
            kernels::conv_backward(&shape, method, &values(&x), &weight, backward, follow, want);
        register(gradients, parents, found, dims);
    }
}

fn dense_shape(x: &FlexTensor, bias: usize) -> DenseShape {
    let [rows, features] = x.layout().shape().dims();
    DenseShape {
        rows,
        features,
        units: bias,
    }
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
        let DenseState {
            x,
            weight,
            output,
            relu,
        } = ops.state;
        let [rows, units] = output.layout().shape().dims();
        let shape = dense_shape(&x, units);
        let parents = ops.parents.map(|node| Some(node?.id));
        let (output, gradient, want) = (values(&output), values(&gradient), wanted(&parents).input);
        let found = kernels::dense_backward(
            &shape,
            &values(&x),
            &values(&weight),
            &output,
            &gradient,
            relu,
            want,
        );
        register(gradients, parents, found, [rows, shape.features]);
    }
}

/// The flex tensor of a parameter or moment, taken out to be changed in place.
fn take(tensor: &mut Tensor<1>) -> FlexTensor {
    let device = tensor.device();
    let taken = std::mem::replace(tensor, Tensor::empty([0], &device));
    taken
        .try_into_primitive::<Flex>()
        .expect("only tensors on flex come here")
}

fn put(tensor: &mut Tensor<1>, values: FlexTensor) {
    *tensor = Tensor::from_primitive::<Flex>(values);
}

pub(super) fn step(
    step: Step,
    value: &mut Tensor<1>,
    gradient: &Tensor<1>,
    remembered: &mut [&mut Tensor<1>],
) -> bool {
    let Step {
        rule,
        lr,
        decay: weight_decay,
        shrink,
        number,
    } = step;
    if !matches!(rule, Rule::Sgd { .. } | Rule::Adam(_) | Rule::Adamw(_)) {
        return false;
    }
    let Ok(gradient) = gradient.clone().try_into_primitive::<Flex>() else {
        return false;
    };
    let gradient = values(&gradient);
    let mut weight = take(value);
    let mut moments: Vec<FlexTensor> = remembered.iter_mut().map(|m| take(m)).collect();
    let weights = weight.storage_mut::<f32>();
    match (rule, &mut moments[..]) {
        (&Rule::Sgd { momentum, nesterov }, moments) => {
            let sgd = kernels::Sgd {
                lr,
                momentum,
                nesterov,
                weight_decay,
                shrink,
            };
            let velocity = moments.first_mut().map(|v| v.storage_mut::<f32>());
            sgd.step(weights, &gradient, velocity.unwrap_or_default());
        }
        (
            &Rule::Adam(Moments {
                beta1,
                beta2,
                epsilon,
            })
            | &Rule::Adamw(Moments {
                beta1,
                beta2,
                epsilon,
            }),
            [m, v],
        ) => {
            let adam = kernels::Adam {
                lr,
                beta1,
                beta2,
                epsilon,
                weight_decay,
                shrink,
                step: number,
            };
            adam.step(weights, &gradient, m.storage_mut(), v.storage_mut());
        }
        _ => unreachable!("Adam has two moments, and other rules do not come here"),
    }
    put(value, weight);
    for (tensor, values) in remembered.iter_mut().zip(moments) {
        put(tensor, values);
    }
    true
}

pub(super) fn sum_of_squares(tensor: &Tensor<1>) -> Option<f64> {
    let tensor = tensor.clone().try_into_primitive::<Flex>().ok()?;
    Some(kernels::sum_of_squares(&values(&tensor)))
}
