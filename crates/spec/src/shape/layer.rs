//! Which functions describe and measure each kind of layer. A new kind has an arm in both.

use super::layers::{convolution, dense, locally_connected, planes, pooling, transposed};
use super::measure::Measure;
use super::text::{name_of, norm};
use crate::model::Layer;

/// A short description of a layer by itself, as `conv 3×3, 32, same, relu`.
pub fn describe(layer: &Layer) -> String {
    match layer {
        Layer::Conv(conv) => convolution::describe_conv(conv),
        Layer::Depthwise(depthwise) => convolution::describe_depthwise(depthwise),
        Layer::Separable(separable) => convolution::describe_separable(separable),
        Layer::Transposed(layer) => transposed::describe(layer),
        Layer::LocallyConnected(layer) => locally_connected::describe(layer),
        Layer::Pool(pool) => pooling::describe(pool),
        Layer::Norm { norm: layer } => norm(*layer),
        Layer::Activation { activation } => name_of(activation),
        Layer::Dropout { rate } => format!("dropout {rate}"),
        Layer::SpatialDropout { rate } => format!("spatial dropout {rate}"),
        Layer::DropPath { rate } => format!("drop path {rate}"),
        Layer::Flatten => "flatten".into(),
        Layer::Dense(layer) => dense::describe(layer),
        Layer::Upsample(upsample) => planes::describe_upsample(upsample),
        Layer::SqueezeExcite(squeeze) => dense::describe_squeeze_excite(squeeze),
        Layer::Pad(pad) => planes::describe_pad(pad),
        Layer::Residual(_) => "add".into(),
        Layer::Parallel(parallel) => {
            let branches = parallel.branches.len();
            format!("{} {branches} branches", name_of(&parallel.join))
        }
    }
}

/// Measures a layer that is not a structure.
///
/// # Errors
/// Why it does not fit its input, as the rest of a sentence after the layer's name.
pub(super) fn measure(measure: &mut Measure, layer: &Layer) -> Result<(), String> {
    let name = measure.name;
    match layer {
        Layer::Conv(conv) => convolution::measure_conv(measure, name, conv),
        Layer::Depthwise(depthwise) => convolution::measure_depthwise(measure, depthwise),
        Layer::Separable(separable) => convolution::measure_separable(measure, separable),
        Layer::Transposed(layer) => transposed::measure(measure, layer),
        Layer::LocallyConnected(layer) => locally_connected::measure(measure, layer),
        Layer::Pool(pool) => pooling::measure(measure, pool),
        Layer::Norm { norm } => measure.norm(name, *norm),
        Layer::Activation { activation } => {
            measure.activation(name, Some(*activation));
            Ok(())
        }
        Layer::Dropout { .. } | Layer::SpatialDropout { .. } | Layer::DropPath { .. } => Ok(()),
        Layer::Flatten => dense::measure_flatten(measure),
        Layer::Dense(layer) => dense::measure(measure, layer),
        Layer::Upsample(upsample) => planes::measure_upsample(measure, upsample),
        Layer::SqueezeExcite(squeeze) => dense::measure_squeeze_excite(measure, squeeze),
        Layer::Pad(pad) => planes::measure_pad(measure, pad),
        Layer::Residual(_) | Layer::Parallel(_) => {
            unreachable!("structures are walked through, not measured")
        }
    }
}
