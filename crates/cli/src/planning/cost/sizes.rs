//! Sizes of a plan's jobs that their costs depend on.

use convsweep_plan::Planned;
use convsweep_spec::data::SplitScheme;

/// Memory of a worker before its first batch, in bytes.
const WORKER_BYTES: f64 = 60e6;

/// Images that an epoch trains on.
pub fn training_images(planned: &Planned) -> f64 {
    let data = &planned.member.resolved.data;
    let available = planned.facts.train_images - planned.facts.validation_images;
    let pool = f64::from(data.limit.unwrap_or(available).min(available));
    match &data.split.scheme {
        SplitScheme::Validation(share) => pool * (1.0 - share),
        SplitScheme::Folds(folds) => pool * f64::from(folds - 1) / f64::from(*folds),
        SplitScheme::Given => pool,
        SplitScheme::Listed(rows) => {
            let listed = SplitScheme::rows(rows).map_or(0, |rows| rows.len());
            (pool - listed as f64).max(1.0)
        }
    }
}

/// A rough figure for a worker's memory in bytes: weights with their gradients and two moments, the
/// output of every layer and its gradient for one batch, and the program itself.
pub fn rough_memory(planned: &Planned) -> f64 {
    let layers = planned.summary.layers.iter();
    let activations: f64 = layers.map(|layer| layer.activation_bytes as f64).sum();
    let batch = f64::from(planned.member.resolved.train.batch_size);
    WORKER_BYTES + planned.summary.parameters as f64 * 16.0 + batch * activations * 2.0
}
