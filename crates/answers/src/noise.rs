//! Where the spread between seeds comes from: the finite number of validation images, or the
//! networks themselves.

use crate::results::{ConfigurationResults, ValidationResult};
use convsweep_statistics::noise::run_variance;
use serde::Serialize;

/// Networks that were looked at image by image at most.
const MOST_RUNS: usize = 200;

/// The spread between the runs of one configuration, as standard deviations of the validation
/// accuracy, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedNoise {
    /// Runs that were compared image by image.
    pub runs: usize,
    /// Validation images.
    pub images: usize,
    /// Standard deviation between the runs on these images.
    pub total: f64,
    /// What would remain of it on infinitely many images; 0 if the estimate of its square is
    /// negative.
    pub networks: f64,
    /// What the finite number of images adds: the root of the difference of the squares, 0 at
    /// least.
    pub finite_set: f64,
}

/// The spread between a configuration's runs; `None` below two runs that classified the same images
/// and kept which were right.
pub(crate) fn seed_noise(configuration: &ConfigurationResults) -> Option<SeedNoise> {
    let fold = configuration.runs.first()?.fold;
    let runs = configuration.runs.iter().filter(|run| run.fold == fold);
    let kept = runs
        .filter_map(|run| run.validation.as_ref())
        .filter(|v| !v.correct.is_empty());
    let rows: Vec<Vec<bool>> = kept.take(MOST_RUNS).map(correct).collect();
    let variance = run_variance(&rows)?;
    Some(SeedNoise {
        runs: rows.len(),
        images: rows[0].len(),
        total: variance.total.max(0.0).sqrt(),
        networks: variance.networks.max(0.0).sqrt(),
        finite_set: variance.finite_set.max(0.0).sqrt(),
    })
}

/// Which images were right.
fn correct(validation: &ValidationResult) -> Vec<bool> {
    let images = 0..validation.images as usize;
    images.map(|image| validation.is_correct(image)).collect()
}
