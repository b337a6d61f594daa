//! Batch norms that would normalise a single value.

use super::types::Planned;
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::pattern::{head, takes};
use convsweep_spec::shape::{ModelSummary, Shape, tensors};
use std::collections::HashMap;

/// Notes about configurations whose batches have one image, and whose batch norms have one value for
/// each channel of it. Less its own mean it is 0, whatever the image shows.
pub(super) fn notes(configurations: &[Planned]) -> Option<String> {
    let mut affected = configurations.iter().filter_map(|planned| {
        let layer = norm_of_single_values(planned)?;
        Some((layer, planned.member.label.as_str()))
    });
    let (layer, label) = affected.next()?;
    let others = match affected.count() {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    Some(format!(
        "with train.batch_size = 1, the batch norm of {layer} has one value for each channel, and its \
         output in training is the same for every image: what is before it learns nothing ({label}\
         {others}); at least 2 images per batch, or another norm, is needed"
    ))
}

/// The layer of the first batch norm that is trained on single values.
fn norm_of_single_values(planned: &Planned) -> Option<String> {
    let resolved = &planned.member.resolved;
    if resolved.train.batch_size > 1 {
        return None;
    }
    let summary: &ModelSummary = &planned.summary;
    let outputs = summary.layers.iter();
    let outputs: HashMap<&str, Shape> = outputs.map(|l| (l.name.as_str(), l.output)).collect();
    let tensors = tensors(&resolved.model, summary);
    let ranks = tensors.iter().map(|t| (t.name.as_str(), t.shape.len()));
    let head = head(ranks);
    let norm = part("", role::NORM);
    let mean = part("", role::RUNNING_MEAN);
    for tensor in &tensors {
        let Some(owner) = tensor.name.strip_suffix(&mean) else {
            continue;
        };
        let layer = owner.strip_suffix(&norm).unwrap_or(owner);
        let has_one_value = match outputs.get(layer)? {
            Shape::Image { height, width, .. } => height * width == 1,
            Shape::Flat(_) => true,
        };
        // A frozen norm uses its running statistics.
        let scale = part(owner, role::WEIGHT);
        let phases = &resolved.train.phases;
        let is_frozen = phases
            .iter()
            .all(|phase| takes(&phase.freeze, &scale, head));
        if has_one_value && !is_frozen {
            return Some(layer.to_string());
        }
    }
    None
}
