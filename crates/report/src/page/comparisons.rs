//! Who beats whom, with the statistics.

use super::table::{TableRow, wide_table};
use crate::answer::p_number;
use crate::ranking::Ranking;
use crate::tables::{MISSING, interval};
use convsweep_answers::{ComparedPair, FAMILY_LEVEL, PairMethod, Verdict};
use convsweep_spec::words::{counted, thousands};
use convsweep_statistics::mcnemar::McNemar;
use maud::{Markup, html};

/// More comparisons than this are folded away.
const MAX_OPEN: usize = 12;

/// The comparisons with the best and with the baseline; empty if none were made.
pub fn section(ranking: &Ranking) -> Markup {
    let baseline = ranking.answers.baseline();
    let is_shown =
        |pair: &&ComparedPair| pair.first == 0 || baseline.is_some_and(|rank| pair.is_with(rank));
    let shown: Vec<&ComparedPair> = ranking.answers.pairs.iter().filter(is_shown).collect();
    if shown.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            details class="comparisons" open[shown.len() <= MAX_OPEN] {
                summary { "Could it be noise? " (counted(shown.len() as u64, "comparison")) }
                p class="caption" { (caption(ranking, &shown)) }
                (table(ranking, &shown))
            }
        }
    }
}

fn caption(ranking: &Ranking, shown: &[&ComparedPair]) -> String {
    let methods = |method: PairMethod| shown.iter().any(|pair| pair.method == method);
    let mut tests = Vec::new();
    if methods(PairMethod::Independent) {
        tests.push("Welch's test with variances that all configurations teach (Smyth 2004)");
    }
    if methods(PairMethod::SharedTraining) {
        tests.push("paired by seed where both go on from the same saved states");
    }
    if methods(PairMethod::Folds) {
        tests.push("paired by fold, with the variance of Nadeau and Bengio (2003)");
    }
    format!(
        "Differences of {}: {}; two-sided, corrected by Holm's method over all {} comparisons \
         made. \"More\" is how many further {} of each would probably tell. McNemar's test asks, \
         for two trained networks, whether they differ on the validation images that both \
         classified; it cannot tell how another {} would have turned out. Shown is its p-value, or \
         in how many of the pairs it is below 0.05. comparisons.csv has all that are kept.",
        ranking.metric.words(),
        tests.join("; "),
        thousands(ranking.answers.pairs_tested as u64),
        ranking.unit.plural(),
        ranking.unit.name()
    )
}

fn table(ranking: &Ranking, shown: &[&ComparedPair]) -> Markup {
    let unit = if ranking.metric.is_share() {
        " (percentage points)"
    } else {
        ""
    };
    let columns = [
        "first",
        "",
        "second",
        &format!("difference{unit}"),
        "95 % interval",
        "p",
        "p (Holm)",
        "more",
        "McNemar",
    ];
    let cells: Vec<[String; 9]> = shown.iter().map(|pair| row(ranking, pair)).collect();
    let mut rows = Vec::with_capacity(shown.len());
    for (pair, cells) in shown.iter().zip(&cells) {
        let is_known = pair.result.verdict != Verdict::Unknown;
        let class = is_known.then_some("clear");
        rows.push(TableRow::classed(class, cells));
    }
    wide_table(&columns, &rows)
}

fn row(ranking: &Ranking, pair: &ComparedPair) -> [String; 9] {
    let metric = &ranking.metric;
    [
        ranking.name(pair.first),
        pair.result.verdict.phrase().into(),
        ranking.name(pair.second),
        metric.signed(pair.result.difference),
        interval(pair.result.interval, metric),
        p_cell(pair.result.p),
        p_cell(pair.result.corrected),
        pair.more_runs_in_short(),
        mcnemar_cell(&ranking.image_tests(pair.first, pair.second)),
    ]
}

/// McNemar's p for one pair of networks, or how many pairs differ.
fn mcnemar_cell(tests: &[McNemar]) -> String {
    match tests {
        [] => MISSING.into(),
        [only] => p_cell(Some(only.p)),
        several => {
            let differ = several.iter().filter(|test| test.p < FAMILY_LEVEL).count();
            format!("{differ} of {}", several.len())
        }
    }
}

/// A p-value without its `p =`.
fn p_cell(p: Option<f64>) -> String {
    p.map_or(MISSING.into(), p_number)
}
