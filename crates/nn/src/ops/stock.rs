//! The same operations from Burn's own.

use super::{ConvUnit, DenseUnit, NormUnit, TransposedUnit};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::{self, conv_transpose2d, conv2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};

pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &ConvUnit,
) -> Tensor<4> {
    let channels = x.dims()[1] / unit.groups;
    let weight = weight.reshape([unit.filters, channels, unit.kernel[0], unit.kernel[1]]);
    let ConvUnit {
        stride,
        dilation,
        padding,
        groups,
        ..
    } = *unit;
    let mut y = conv2d(
        x,
        weight,
        bias,
        ConvOptions {
            stride,
            padding,
            dilation,
            groups,
        },
    );
    if unit.relu {
        y = relu(y);
    }
    if unit.pool {
        max_pool2d(y, MaxPoolOptions::new([2, 2]).with_stride([2, 2]))
    } else {
        y
    }
}

pub(super) fn transposed(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: &TransposedUnit,
) -> Tensor<4> {
    let TransposedUnit {
        conv,
        options,
        extra,
        ..
    } = unit;
    let weight = weight.reshape([
        conv.filters,
        conv.channels / conv.groups,
        conv.kernel[0],
        conv.kernel[1],
    ]);
    let y = conv_transpose2d(x, weight, bias, options.clone());
    let [n, c, h, w] = y.dims();
    if *extra == [0, 0] {
        y
    } else {
        y.slice([0..n, 0..c, 0..h - extra[0], 0..w - extra[1]])
    }
}

pub(super) fn dense(
    x: Tensor<2>,
    weight: Tensor<1>,
    bias: Option<Tensor<1>>,
    unit: DenseUnit,
) -> Tensor<2> {
    let features = x.dims()[1];
    let mut y = x.matmul(weight.reshape([unit.units, features]).transpose());
    if let Some(bias) = bias {
        y = y + bias.unsqueeze();
    }
    if unit.relu { relu(y) } else { y }
}

pub(super) fn batch_norm_train<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift]: [Tensor<1>; 2],
    unit: NormUnit,
) -> (Tensor<D>, [Tensor<1>; 2]) {
    let found = module::batch_norm_train(x, scale, shift, unit.epsilon);
    (
        followed(found.output, summand, unit.relu),
        [found.mean, found.variance].map(Tensor::inner),
    )
}

pub(super) fn batch_norm<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift, mean, variance]: [Tensor<1>; 4],
    unit: NormUnit,
) -> Tensor<D> {
    followed(
        module::batch_norm(x, scale, shift, mean, variance, unit.epsilon),
        summand,
        unit.relu,
    )
}

fn followed<const D: usize>(
    y: Tensor<D>,
    summand: Option<Tensor<D>>,
    then_relu: bool,
) -> Tensor<D> {
    let y = match summand {
        Some(summand) => y + summand,
        None => y,
    };
    if then_relu { relu(y) } else { y }
}

pub(super) fn max_pool(x: Tensor<4>, options: &MaxPoolOptions<2>) -> Tensor<4> {
    max_pool2d(x, options.clone())
}

pub(super) fn average_pool(x: Tensor<4>, options: &AvgPoolOptions<2>) -> Tensor<4> {
    module::avg_pool2d(x, options.clone())
}

pub(super) fn global_average(x: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c])
}
