//! Means over the folds of a cross-validation (Nadeau and Bengio 2003, "Inference for the
//! Generalization Error", Machine Learning 52; several repetitions as Bouckaert and Frank 2004,
//! "Evaluating the Replicability of Significance Tests for Comparing Learning Algorithms", PAKDD).
//!
//! Folds share most of their training images, so that their results are correlated and their mean
//! varies more than that of as many independent runs: 1/J + n_test / n_train times the variance of
//! single results in place of 1/J. With k folds the added part is 1 / (k − 1). It is an
//! approximation: the variance has no unbiased estimator.

use crate::sample::Sample;
use crate::welch::MeanEstimate;

/// The mean of the `results` (or of their paired differences) of all folds and repetitions, in the
/// figure's unit. `None` below two results or folds.
pub fn mean_over_folds(results: &[f64], folds: usize) -> Option<MeanEstimate> {
    let sample = Sample::of(results)?;
    let sd = sample.sd.filter(|sd| sd.is_finite())?;
    let variance = variance_factor(sample.n, folds)? * sd * sd;
    variance.is_finite().then(|| MeanEstimate {
        mean: sample.mean,
        variance,
        degrees: (sample.n - 1) as f64,
    })
}

/// The variance of the mean of `results` results of a cross-validation with that many `folds`,
/// repetitions included, in units of the variance of single results. `None` below two folds or
/// without results.
pub fn variance_factor(results: usize, folds: usize) -> Option<f64> {
    (results > 0 && folds > 1).then(|| 1.0 / results as f64 + 1.0 / (folds - 1) as f64)
}
