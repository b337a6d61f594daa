//! The first paragraph: the best configuration with its result.

use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::words::counted;
use convsweep_statistics::sample::Sample;

/// Why there is no answer.
pub fn without_result(ranking: &Ranking) -> String {
    let jobs = counted(ranking.runs().count() as u64, "job");
    let finished = ranking.finished_jobs();
    if finished == 0 {
        return format!("There is no answer yet: none of {jobs} has finished.");
    }
    format!(
        "There is no answer: {finished} of {jobs} finished, but none recorded a {}. \
         Without validation images nothing can be compared.",
        ranking.metric.words()
    )
}

/// The best configuration and its mean.
pub fn best(ranking: &Ranking, best: &RankedConfiguration) -> String {
    let label = best.label();
    let metric = ranking.metric.words();
    let score = match best.score {
        Some(score) => with_spread(ranking, score),
        None => String::new(),
    };
    if ranking.configurations.len() == 1 {
        return format!(
            "{label} reaches a {metric} of {score}. It is the only configuration, so there is \
             nothing to compare it with."
        );
    }
    let role = if ranking.baseline == Some(0) {
        ", the baseline,"
    } else {
        ""
    };
    let images = if ranking.unit.has_folds() {
        " (on the validation folds)"
    } else {
        ""
    };
    if ranking.ranked == 1 {
        return format!(
            "{label}{role} reaches a {metric} of {score}{images}. No other configuration has a \
             result yet, so there is nothing to compare it with."
        );
    }
    let superlative = if ranking.metric.larger_is_better() {
        "highest"
    } else {
        "lowest"
    };
    format!(
        "{label}{role} has the {superlative} {metric} of {} configurations: {score}{images}.",
        ranking.ranked
    )
}

/// `71.40 % ± 0.93 (mean ± standard deviation over 3 seeds)`, or `71.40 % with 1 seed`.
fn with_spread(ranking: &Ranking, score: Sample) -> String {
    let figures = ranking.metric.mean_and_sd(score);
    let runs = ranking.unit.count(score.n);
    if score.sd.is_some() {
        format!("{figures} (mean ± standard deviation over {runs})")
    } else {
        format!("{figures} with {runs}")
    }
}
