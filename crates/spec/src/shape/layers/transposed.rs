//! Transposed convolution.

use crate::layer_names::role;
use crate::model::Transposed;
use crate::shape::measure::{Measure, check_groups, check_positive};
use crate::shape::text::{groups, norm_and_activation, pair, window};
use crate::shape::window::{extent, transposed_cut};

pub(in crate::shape) fn describe(layer: &Transposed) -> String {
    let mut text = format!("transposed {}, {}", pair(layer.kernel), layer.filters);
    text += &window(layer.stride, layer.padding, layer.dilation);
    text += &groups(layer.groups);
    text + &norm_and_activation(layer.norm, layer.activation)
}

pub(in crate::shape) fn measure(measure: &mut Measure, layer: &Transposed) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    check_groups(layer.groups, channels, layer.filters)?;
    check_positive(layer.kernel, layer.stride, layer.dilation)?;
    check_output_padding(layer)?;
    let cut = transposed_cut(
        layer.padding,
        layer.kernel,
        layer.stride,
        layer.dilation,
        layer.output_padding,
    );
    let mut output = [0; 2];
    for d in [0, 1] {
        let reach = extent(layer.kernel[d], layer.dilation[d]);
        let size = u64::from([height, width][d]);
        let full = (size - 1) * u64::from(layer.stride[d]) + reach;
        let left = i64::try_from(full).unwrap_or(i64::MAX) - cut[d][0] - cut[d][1];
        if left < 1 {
            return Err(format!(
                "cuts off more than the {full} pixels that it makes: use less padding"
            ));
        }
        output[d] = u32::try_from(left).map_err(|_| "is too large")?;
        let inputs = reach.div_ceil(layer.stride[d].into());
        measure.flow.widen(d, (inputs - 1) as f64);
        measure.flow.step[d] /= f64::from(layer.stride[d]);
    }
    measure.set_image(layer.filters, output);
    let [rows, columns] = layer.kernel.map(u64::from);
    let filters = u64::from(layer.filters / layer.groups);
    let dims = [channels.into(), filters, rows, columns];
    let name = measure.name;
    let weights = measure.parameter(name, role::WEIGHT, &dims);
    measure.macs = weights.saturating_mul(u64::from(height) * u64::from(width));
    measure.channel_bias(name, layer.bias);
    measure.norm_and_activation(name, layer.norm, layer.activation)
}

fn check_output_padding(layer: &Transposed) -> Result<(), String> {
    for d in [0, 1] {
        let (more, stride) = (layer.output_padding[d], layer.stride[d]);
        if more > 0 && more >= stride.max(layer.dilation[d]) {
            return Err(format!(
                "has an output_padding of {more}, which must be smaller than its stride {stride}"
            ));
        }
    }
    Ok(())
}
