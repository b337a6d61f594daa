//! From an architecture to its summary, or to its tensors.

use super::dims::Shape;
use super::error::ShapeError;
use super::summary::{LayerSummary, ModelSummary};
use super::tensor_shape::TensorShape;
use super::walk;
use crate::model::{Layer, ModelSpec};

/// Walks `model` from `input` to logits of `classes` classes.
///
/// # Errors
/// The first layer that does not fit, or the end of the model if it does not have the logits.
pub fn summarize(
    model: &ModelSpec,
    input: Shape,
    classes: u32,
) -> Result<ModelSummary, ShapeError> {
    let (layers, output) = walk::summaries(&model.layers, input)?;
    if output != Shape::Flat(classes) {
        let problem = format!(
            "leaves {output} where {classes} logits are needed: end with {{ dense = \"classes\" }}"
        );
        let path = model.layers.len().checked_sub(1).into_iter().collect();
        return Err(ShapeError {
            path,
            kind: model.layers.last().map_or("none", Layer::kind),
            input: output,
            problem,
        });
    }
    let total = |of: fn(&LayerSummary) -> u64| layers.iter().map(of).fold(0, u64::saturating_add);
    Ok(ModelSummary {
        input,
        parameters: total(|layer| layer.parameters),
        macs: total(|layer| layer.macs),
        layers,
    })
}

/// The tensors of `model`, which `summary` was made of, in the order of the layers.
///
/// Panics if the summary was made of another model.
pub fn tensors(model: &ModelSpec, summary: &ModelSummary) -> Vec<TensorShape> {
    walk::tensors(&model.layers, summary.input).expect("the model was summarised before")
}
