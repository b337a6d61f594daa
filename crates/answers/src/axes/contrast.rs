//! A weighted sum of cells, with its standard error.

use super::cells::{Cell, Cells};
use crate::estimates::{Estimates, RunKey};
use convsweep_statistics::folds::mean_over_folds;
use convsweep_statistics::sample::Sample;
use convsweep_statistics::welch::{MeanDifference, contrast};

/// The sum of the cells' means with these weights; `None` if nothing is known of a cell's spread.
///
/// The variance is the larger one of two: that of independent cells (Satterthwaite's degrees), and
/// that of the same sum seed by seed. Runs of one seed start networks of the same shape alike,
/// and if they move together, only the second shows it. If `is_paired`, cells share the beginning
/// of their training, and only the second counts. So it does for folds, with the variance of Nadeau
/// and Bengio: cells of one fold share their images.
pub(crate) fn weighted_sum(
    estimates: &Estimates,
    cells: &Cells,
    terms: &[(f64, &Cell)],
    is_paired: bool,
) -> Option<MeanDifference> {
    let by_seed = sum_by_seed(estimates, cells.folds, terms);
    if is_paired || cells.folds.is_some() {
        return by_seed;
    }
    let mut known = Vec::with_capacity(terms.len());
    for (weight, cell) in terms {
        known.push((*weight, cell.estimate?));
    }
    let mut sum = contrast(&known)?.with_degrees_at_most(cells.most_degrees);
    if let Some(by_seed) = by_seed {
        sum.standard_error = sum.standard_error.max(by_seed.standard_error);
    }
    Some(sum)
}

/// The sum for each seed and fold that all cells have; `None` below two of them.
fn sum_by_seed(
    estimates: &Estimates,
    folds: Option<u32>,
    terms: &[(f64, &Cell)],
) -> Option<MeanDifference> {
    let first = &estimates.each[terms.first()?.1.configuration];
    let sum = |key: RunKey| {
        let mut sum = 0.0;
        for (weight, cell) in terms {
            sum += weight * estimates.each[cell.configuration].gain_of(key)?;
        }
        Some(sum)
    };
    let sums: Vec<f64> = first
        .gains
        .iter()
        .filter_map(|(key, _)| sum(*key))
        .collect();
    if let Some(folds) = folds {
        return contrast(&[(1.0, mean_over_folds(&sums, folds as usize)?)]);
    }
    let sample = Sample::of(&sums)?;
    Some(MeanDifference {
        difference: sample.mean,
        standard_error: sample.sd? / (sample.n as f64).sqrt(),
        degrees: (sample.n - 1) as f64,
    })
}
