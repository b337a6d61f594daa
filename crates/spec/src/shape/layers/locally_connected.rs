//! Locally connected layers.

use crate::layer_names::role;
use crate::model::LocallyConnected;
use crate::shape::measure::{Measure, Window};
use crate::shape::text::{norm_and_activation, pair, window};

pub(in crate::shape) fn describe(layer: &LocallyConnected) -> String {
    let kernel = pair(layer.kernel);
    let mut text = format!("locally connected {kernel}, {}", layer.filters);
    text += &window(layer.stride, layer.padding, [1, 1]);
    text + &norm_and_activation(layer.norm, layer.activation)
}

pub(in crate::shape) fn measure(
    measure: &mut Measure,
    layer: &LocallyConnected,
) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    let window = Window {
        kernel: layer.kernel,
        stride: layer.stride,
        padding: layer.padding,
        dilation: [1, 1],
    };
    let [h, w] = measure.slide([height, width], window)?;
    measure.set_image(layer.filters, [h, w]);
    let [h, w, filters] = [h, w, layer.filters].map(u64::from);
    let [rows, columns] = layer.kernel.map(u64::from);
    let taps = u64::from(channels).saturating_mul(rows * columns);
    let name = measure.name;
    measure.macs = measure.parameter(name, role::WEIGHT, &[h * w, filters, taps]);
    if layer.bias {
        measure.parameter(name, role::BIAS, &[filters, h, w]);
    }
    measure.norm_and_activation(name, layer.norm, layer.activation)
}
