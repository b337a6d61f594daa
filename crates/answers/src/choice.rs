//! By how much the result of the best configuration is flattered, because it was chosen by it.

use crate::estimates::{Estimates, RunKey};
use crate::gain;
use crate::results::SweepResults;
use serde::Serialize;

/// By how much choosing flatters, by cross-fitting over the seeds: for each seed the best
/// configuration is chosen by all other seeds, and its mean over these is compared with its result
/// for the seed that was left out (Varma and Simon 2006, "Bias in error estimation when using
/// cross-validation for model selection", BMC Bioinformatics 7).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChoiceOptimism {
    /// Seeds (or folds) that were left out one after another.
    pub seeds: usize,
    /// Configurations that were chosen from.
    pub configurations: usize,
    /// By how much the chosen one's result is better than an independent one, in the metric's unit;
    /// 0 at least. The validation images are the same for both: what they flatter, only test images
    /// show.
    pub optimism: f64,
}

/// The optimism of choosing among the configurations that have all seeds; `None` below two of them
/// or below three seeds, since choosing by a single seed is another question.
pub(crate) fn choice_optimism(
    sweep: &SweepResults,
    estimates: &Estimates,
    ranks: &[usize],
) -> Option<ChoiceOptimism> {
    let best = &estimates.each[*ranks.first()?];
    let keys: Vec<RunKey> = best.gains.iter().map(|(key, _)| *key).collect();
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for &i in ranks {
        let gains = keys.iter().map(|key| estimates.each[i].gain_of(*key));
        rows.extend(gains.collect::<Option<Vec<f64>>>());
    }
    if rows.len() < 2 || keys.len() < 3 {
        return None;
    }
    let others = (keys.len() - 1) as f64;
    let sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let mut flattered = 0.0;
    for left_out in 0..keys.len() {
        let mean = |row: usize| (sums[row] - rows[row][left_out]) / others;
        // The first of equal ones, as in the ranking.
        let chosen = (0..rows.len())
            .rev()
            .max_by(|a, b| mean(*a).total_cmp(&mean(*b)))?;
        flattered += mean(chosen) - rows[chosen][left_out];
    }
    let optimism = (flattered / keys.len() as f64).max(0.0);
    Some(ChoiceOptimism {
        seeds: keys.len(),
        configurations: rows.len(),
        optimism: gain(&sweep.metric, optimism).abs(),
    })
}
