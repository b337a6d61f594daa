//! Dense layers, squeeze and excitation, and flattening.

use crate::layer_names::{part, role};
use crate::model::{Dense, SqueezeExcite};
use crate::shape::dims::Shape;
use crate::shape::measure::Measure;
use crate::shape::text::{name_of, norm_and_activation};

pub(in crate::shape) fn describe(dense: &Dense) -> String {
    format!("dense {}", dense.units) + &norm_and_activation(None, dense.activation)
}

pub(in crate::shape) fn describe_squeeze_excite(squeeze: &SqueezeExcite) -> String {
    let (activation, gate) = (name_of(&squeeze.activation), name_of(&squeeze.gate));
    format!(
        "squeeze-excite 1/{}, {activation}, {gate}",
        squeeze.reduction
    )
}

pub(in crate::shape) fn measure(measure: &mut Measure, dense: &Dense) -> Result<(), String> {
    let Shape::Flat(features) = measure.flow.shape else {
        return Err(format!(
            "needs a flat input but gets {}: put {{ flatten = true }} before it",
            measure.flow.shape
        ));
    };
    measure_part(measure, measure.name, features, dense);
    Ok(())
}

/// Measures a dense layer over `features` features, which may be a part of the layer.
fn measure_part(measure: &mut Measure, name: &str, features: u32, dense: &Dense) {
    measure.flow.shape = Shape::Flat(dense.units);
    let dims = [dense.units.into(), features.into()];
    let weights = measure.parameter(name, role::WEIGHT, &dims);
    measure.macs = measure.macs.saturating_add(weights);
    measure.channel_bias(name, dense.bias);
    measure.activation(name, dense.activation);
}

pub(in crate::shape) fn measure_squeeze_excite(
    measure: &mut Measure,
    squeeze: &SqueezeExcite,
) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    let (shape, name) = (measure.flow.shape, measure.name);
    for (role, features, dense) in squeeze.layers(channels) {
        measure_part(measure, &part(name, role), features, &dense);
    }
    measure.flow.shape = shape;
    measure.flow.widen_to_plane([height, width]);
    Ok(())
}

pub(in crate::shape) fn measure_flatten(measure: &mut Measure) -> Result<(), String> {
    let features = u32::try_from(measure.flow.shape.elements());
    measure.flow.shape = Shape::Flat(features.map_err(|_| "has more than 2^32 outputs")?);
    Ok(())
}
