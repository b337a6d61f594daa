//! Whether the difference between two configurations could be noise, with its numbers.

use super::p_value::p_value;
use crate::ranking::{Comparison, RankedConfiguration, Ranking, SIGNIFICANCE, compare_pair};
use convsweep_statistics::mcnemar::McNemar;

/// Compares the best with the configuration `other` at `rank`.
pub fn best_and(
    ranking: &Ranking,
    best: &RankedConfiguration,
    other: &RankedConfiguration,
    rank: usize,
) -> String {
    let lead = difference(ranking, best, other, rank);
    // With a declared baseline, the runner-up is not among the tests that were corrected together.
    let verdict = match ranking.comparison(0, rank) {
        Some(made) => verdict(ranking, made),
        None => {
            let made = compare_pair(ranking.with_result(), 0, rank, &ranking.metric);
            verdict(ranking, &made)
        }
    };
    format!("{lead}: {verdict}")
}

fn difference(
    ranking: &Ranking,
    best: &RankedConfiguration,
    other: &RankedConfiguration,
    rank: usize,
) -> String {
    let metric = &ranking.metric;
    let gap = match (best.score, other.score) {
        (Some(a), Some(b)) => metric.gain(a.mean) - metric.gain(b.mean),
        _ => 0.0,
    };
    let role = match (rank, ranking.baseline) {
        (1, Some(1)) => "the runner-up, which is the baseline, ",
        (1, _) => "the runner-up, ",
        _ => "the baseline, ",
    };
    let label = other.label();
    if gap == 0.0 {
        return format!("It has the same mean as {role}{label}");
    }
    let side = if metric.larger_is_better() {
        "above"
    } else {
        "below"
    };
    format!("That is {} {side} {role}{label}", metric.difference(gap))
}

fn verdict(ranking: &Ranking, comparison: &Comparison) -> String {
    let Some(test) = comparison.test else {
        return format!(
            "the two share no {} with a result, so the difference cannot be tested.",
            ranking.unit.pairing()
        );
    };
    let n = test.difference.n;
    if n == 1 {
        return single_run(ranking, &ranking.image_tests(comparison));
    }
    let runs = ranking.unit.count(n);
    let (Some(p), Some((low, high))) = (test.p, test.difference.interval()) else {
        return format!(
            "the difference is the same in all {runs}, so its spread cannot be judged; run more \
             seeds to know."
        );
    };
    let judgement = if comparison.corrected.unwrap_or(p) < SIGNIFICANCE {
        "unlikely to be noise"
    } else {
        "it could be noise"
    };
    let mut text = format!(
        "{judgement} (paired over {runs}: 95 % interval of the difference {} to {}, t-test {}).",
        ranking.metric.number(low),
        ranking.metric.number(high),
        with_correction(ranking, p, comparison.corrected)
    );
    if n == 2 {
        text += " Two pairs can only show a very large difference.";
    }
    if ranking.unit.has_folds() {
        text += " Folds share training images, so this interval is somewhat too narrow.";
    }
    text
}

/// What a single pair of runs shows: nothing about the choice, only something about the two
/// networks.
fn single_run(ranking: &Ranking, images: &[McNemar]) -> String {
    let unit = ranking.unit.name();
    let mut text = format!(
        "with one {unit} nothing can be said about whether this is noise; run more seeds to know."
    );
    if let [test] = images {
        text += &format!(
            " (Of the validation images that both classified, {} were right only for the first \
             and {} only for the second; McNemar {}. That compares these two trained networks, \
             not the choices behind them.)",
            test.only_first,
            test.only_second,
            p_value(test.p)
        );
    }
    text
}

fn with_correction(ranking: &Ranking, p: f64, corrected: Option<f64>) -> String {
    let count = ranking.comparisons.len();
    let own = p_value(p);
    match corrected {
        Some(corrected) if count > 1 => format!(
            "{own}, {} after Holm's correction for {count} comparisons",
            p_value(corrected)
        ),
        Some(_) => own,
        None => format!("{own}, uncorrected, since only tests against the baseline are corrected"),
    }
}

/// How many further configurations cannot be distinguished from the best.
pub fn undecided(ranking: &Ranking) -> Option<String> {
    let others = match ranking.comparisons.iter().filter(is_undecided).count() {
        0 => return None,
        1 => "One further configuration".to_string(),
        n => format!("{n} further configurations"),
    };
    Some(format!(
        "{others} cannot be distinguished from the best with this many {}s either.",
        ranking.unit.name()
    ))
}

/// Whether this compares the best with a configuration behind the runner-up, and the difference is
/// not significant.
fn is_undecided(comparison: &&Comparison) -> bool {
    let pairs = comparison.difference().map_or(0, |difference| difference.n);
    let is_with_best = comparison.better == 0 && comparison.worse > 1;
    is_with_best && pairs > 1 && !comparison.is_significant()
}
