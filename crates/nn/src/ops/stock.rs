//! The same operations from Burn's own.

use super::{ConvUnit, DenseUnit};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};

pub(super) fn conv(x: Tensor<4>, weight: Tensor<1>, bias: Option<Tensor<1>>, unit: &ConvUnit) -> Tensor<4> {
    let channels = x.dims()[1] / unit.groups;
    let weight = weight.reshape([unit.filters, channels, unit.kernel[0], unit.kernel[1]]);
    let ConvUnit { stride, dilation, padding, groups, .. } = *unit;
    let mut y = conv2d(x, weight, bias, ConvOptions { stride, padding, dilation, groups });
    if unit.relu {
        y = relu(y);
    }
    if unit.pool { max_pool2d(y, MaxPoolOptions::new([2, 2]).with_stride([2, 2])) } else { y }
}

pub(super) fn dense(x: Tensor<2>, weight: Tensor<1>, bias: Option<Tensor<1>>, unit: DenseUnit) -> Tensor<2> {
    let features = x.dims()[1];
    let mut y = x.matmul(weight.reshape([unit.units, features]).transpose());
    if let Some(bias) = bias {
        y = y + bias.unsqueeze();
    }
    if unit.relu { relu(y) } else { y }
}
