//! Convolutions: plain, depthwise and separable.

use crate::layer_names::{part, role};
use crate::model::{Conv, Depthwise, Separable};
use crate::shape::measure::{Measure, Window, check_groups};
use crate::shape::text::{groups, norm_and_activation, pair, times, window};

pub(in crate::shape) fn describe_conv(conv: &Conv) -> String {
    let mut text = format!("conv {}, {}", pair(conv.kernel), conv.filters);
    text += &window(conv.stride, conv.padding, conv.dilation);
    text += &groups(conv.groups);
    text + &norm_and_activation(conv.norm, conv.activation)
}

pub(in crate::shape) fn describe_depthwise(depthwise: &Depthwise) -> String {
    let Depthwise {
        stride,
        padding,
        dilation,
        ..
    } = *depthwise;
    let mut text = format!("depthwise {}", pair(depthwise.kernel));
    text += &times(depthwise.multiplier);
    text += &window(stride, padding, dilation);
    text + &norm_and_activation(depthwise.norm, depthwise.activation)
}

pub(in crate::shape) fn describe_separable(separable: &Separable) -> String {
    let Separable {
        stride,
        padding,
        dilation,
        ..
    } = *separable;
    let mut text = format!("separable {}", pair(separable.kernel));
    text += &times(separable.multiplier);
    text += &format!(", {}", separable.filters);
    text += &window(stride, padding, dilation);
    text + &norm_and_activation(separable.norm, separable.activation)
}

/// Measures a convolution, which may be a part of the layer and then has a name of its own.
pub(in crate::shape) fn measure_conv(
    measure: &mut Measure,
    name: &str,
    conv: &Conv,
) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    check_groups(conv.groups, channels, conv.filters)?;
    let window = Window {
        kernel: conv.kernel,
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
    };
    let [h, w] = measure.slide([height, width], window)?;
    measure.set_image(conv.filters, [h, w]);
    let [rows, columns] = conv.kernel.map(u64::from);
    let in_channels = u64::from(channels / conv.groups);
    let dims = [conv.filters.into(), in_channels, rows, columns];
    let weights = measure.parameter(name, role::WEIGHT, &dims);
    let macs = weights.saturating_mul(u64::from(h) * u64::from(w));
    measure.macs = measure.macs.saturating_add(macs);
    measure.channel_bias(name, conv.bias);
    measure.norm_and_activation(name, conv.norm, conv.activation)
}

pub(in crate::shape) fn measure_depthwise(
    measure: &mut Measure,
    depthwise: &Depthwise,
) -> Result<(), String> {
    let [channels, ..] = measure.image()?;
    measure_conv(measure, measure.name, &depthwise.conv(channels))
}

pub(in crate::shape) fn measure_separable(
    measure: &mut Measure,
    separable: &Separable,
) -> Result<(), String> {
    let [channels, ..] = measure.image()?;
    let name = measure.name;
    let [depthwise, pointwise] = separable.convs(channels);
    measure_conv(measure, &part(name, role::DEPTHWISE), &depthwise)?;
    measure_conv(measure, &part(name, role::POINTWISE), &pointwise)?;
    measure.norm_and_activation(name, separable.norm, separable.activation)
}
