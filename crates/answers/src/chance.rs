//! The chance level: what a network reaches that always answers the same, and which runs are no
//! better.
//!
//! Seeds that never leave the chance level are common, after a rate that is too high or with units
//! that died, and break every test of means: their results are not spread around anything. Such
//! runs, and those that diverged, count as *not trained*. How many of a configuration's seeds train
//! is a result of its own.

use crate::results::{RunEnd, RunResult, SweepResults, ValidationResult};
use convsweep_spec::metric;
use convsweep_statistics::binomial;

/// A run counts as trained if a network that always answers the most frequent class would be as
/// accurate with less than this probability.
const TRAINED_LEVEL: f64 = 1e-3;

/// Whether the run ended, so that it says whether the configuration trains with this seed, and
/// whether it did; `None` if it says nothing.
pub fn is_trained(run: &RunResult) -> Option<bool> {
    match run.end {
        RunEnd::Diverged => Some(false),
        RunEnd::Finished => {
            run.value.filter(|value| value.is_finite())?;
            Some(!run.validation.as_ref().is_some_and(is_at_chance))
        }
        RunEnd::Stopped | RunEnd::Failed | RunEnd::Waiting => None,
    }
}

/// Whether the most frequent class, always answered, could be as accurate.
fn is_at_chance(validation: &ValidationResult) -> bool {
    let images = u64::from(validation.images);
    let Some(share) = largest_share(&validation.class_images) else {
        return false;
    };
    let correct = (validation.accuracy * images as f64).round().max(0.0) as u64;
    binomial::upper_tail(correct, images, share).is_some_and(|p| p >= TRAINED_LEVEL)
}

/// Share of the most frequent class; `None` unless there are images of several classes.
fn largest_share(class_images: &[u64]) -> Option<f64> {
    let total: u64 = class_images.iter().sum();
    let largest = class_images.iter().copied().max()?;
    (largest < total).then(|| largest as f64 / total as f64)
}

/// What a diverged run counts as, in the metric's unit: the metric of a network that always answers
/// the most frequent class, or the worst result of the sweep where that is not known. `None`
/// without any result.
pub fn value_of_diverged(sweep: &SweepResults) -> Option<f64> {
    let mut runs = sweep.configurations.iter().flat_map(|c| &c.runs);
    let counts = runs.find_map(|run| {
        let validation = run.validation.as_ref()?;
        largest_share(&validation.class_images).map(|_| &validation.class_images)
    });
    if let Some(value) = counts.and_then(|counts| constant_answer(&sweep.metric.name, counts)) {
        return Some(value);
    }
    let runs = sweep.configurations.iter().flat_map(|c| &c.runs);
    let finished = runs.filter(|run| run.end == RunEnd::Finished);
    let values = finished
        .filter_map(|run| run.value)
        .filter(|v| v.is_finite());
    values.min_by(|a, b| crate::gain(&sweep.metric, *a).total_cmp(&crate::gain(&sweep.metric, *b)))
}

/// The metric of a network that always gives the classes their shares, so that its answer is always
/// the most frequent class; `None` for metrics that this does not determine.
fn constant_answer(metric: &str, class_images: &[u64]) -> Option<f64> {
    let total: u64 = class_images.iter().sum();
    let shares = class_images
        .iter()
        .map(|images| *images as f64 / total as f64);
    let mut shares: Vec<f64> = shares.filter(|share| *share > 0.0).collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    let (largest, classes) = (*shares.first()?, shares.len() as f64);
    let f1 = 2.0 * largest / (1.0 + largest);
    match metric {
        metric::VAL_ACCURACY => Some(largest),
        metric::VAL_LOSS => Some(-shares.iter().map(|p| p * p.ln()).sum::<f64>()),
        metric::VAL_TOP5_ACCURACY => Some(shares.iter().take(5).sum()),
        metric::VAL_MACRO_PRECISION => Some(largest / classes),
        metric::VAL_MACRO_F1 => Some(f1 / classes),
        metric::VAL_WEIGHTED_F1 => Some(largest * f1),
        metric::VAL_BALANCED_ACCURACY => Some(1.0 / classes),
        metric::VAL_ROC_AUC => Some(0.5),
        _ => None,
    }
}
