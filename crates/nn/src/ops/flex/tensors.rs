//! Between Burn's flex tensors and the slices that our kernels take.

use crate::ops::interface::WeightAndBias;
use burn::backend::Flex;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Device, Shape, Tensor};
use convsweep_kernels::{LayerGradients, NeedsGradient, transpose};
use std::borrow::Cow;

/// Weights and bias of a layer with `count` outputs; zeros if it has no bias.
pub(super) fn weight_and_bias(layer: WeightAndBias, count: usize) -> [Tensor<1>; 2] {
    let device = layer.weight.device();
    let bias = layer.bias.unwrap_or_else(|| zeros(count, &device));
    [layer.weight, bias]
}

fn zeros(count: usize, device: &Device) -> Tensor<1> {
    Tensor::zeros([count], &device.clone().inner())
}

/// The values in the order of the tensor's shape; borrowed if they are stored in that order.
pub(super) fn values(tensor: &FlexTensor) -> Cow<'_, [f32]> {
    match tensor.as_slice::<f32>() {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(tensor.to_contiguous().storage::<f32>().to_vec()),
    }
}

/// The tensor with exactly its values stored, in the order of its shape. Nothing is copied if they
/// already are.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if let Some(copied) = copy_long_rows(&tensor).or_else(|| transpose_planes(&tensor)) {
        return copied;
    }
    // This drops the tensor itself, so that the result is the only owner of its values if that was.
    tensor.to_contiguous()
}

/// Copies rows without gaps that are cut out of longer ones (some of the channels of each pixel).
/// Burn would copy them value by value.
fn copy_long_rows(tensor: &FlexTensor) -> Option<FlexTensor> {
    let layout = tensor.layout();
    let (shape, strides) = (layout.shape(), layout.strides());
    let last = strides.len().checked_sub(2)?;
    let is_regular = (0..last).all(|d| strides[d] == strides[d + 1] * shape[d + 1] as isize);
    let (length, step) = (shape[last + 1], usize::try_from(strides[last]).ok()?);
    if !is_regular || strides[last + 1] != 1 || step <= length {
        return None;
    }
    let values = tensor.storage::<f32>().get(layout.start_offset()..)?;
    let mut rows = Vec::with_capacity(layout.num_elements());
    let count = layout.num_elements() / length.max(1);
    for row in values.chunks(step).take(count) {
        rows.extend_from_slice(row.get(..length)?);
    }
    Some(self::tensor(rows, shape.clone()))
}

/// Copies images that are stored plane by plane and viewed with their channels last. Burn's copy is
/// made for any order of dimensions, and slower.
fn transpose_planes(tensor: &FlexTensor) -> Option<FlexTensor> {
    let layout = tensor.layout();
    let &[_, h, w, c] = &layout.shape()[..] else {
        return None;
    };
    let planes = [h * w * c, w, 1, h * w].map(|step| step as isize);
    if layout.strides() != planes || h * w * c == 0 {
        return None;
    }
    let values = tensor.storage::<f32>().get(layout.start_offset()..)?;
    let values = values.get(..layout.num_elements())?;
    Some(self::tensor(
        transpose(values, c, h * w),
        layout.shape().clone(),
    ))
}

/// The tensor of this shape.
pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::new(
        Bytes::from_elems(values),
        Layout::contiguous(shape.into()),
        DType::F32,
    )
}

/// The flat tensor of these values.
pub(super) fn flat(values: Vec<f32>) -> FlexTensor {
    let count = values.len();
    tensor(values, [count])
}

/// Which gradients a layer's parents need: `x`, `weight` and `bias`, then any others.
pub(super) fn needed_gradients(parents: &[Option<NodeId>]) -> NeedsGradient {
    NeedsGradient {
        input: parents[0].is_some(),
        bias: parents[2].is_some(),
    }
}

/// Passes a layer's gradients on to its parents `[x, weight, bias]`; that of `x` has its shape.
pub(super) fn register(
    gradients: &mut Gradients,
    [of_x, of_weight, of_bias]: [Option<NodeId>; 3],
    found: LayerGradients,
    x: impl Into<Shape>,
) {
    if let Some(id) = of_x {
        gradients.register::<Flex>(id, tensor(found.input, x));
    }
    for (id, values) in [(of_weight, found.weight), (of_bias, found.bias)] {
        if let Some(id) = id {
            gradients.register::<Flex>(id, flat(values));
        }
    }
}

/// Passes gradients on to those of the parents that need one.
pub(super) fn register_all<const N: usize>(
    parents: [Option<NodeId>; N],
    found: impl Iterator<Item = FlexTensor>,
    gradients: &mut Gradients,
) {
    for (parent, gradient) in parents.into_iter().zip(found) {
        if let Some(id) = parent {
            gradients.register::<Flex>(id, gradient);
        }
    }
}
