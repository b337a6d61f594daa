//! The comparisons with their statistics.

use super::table::{TableRow, wide_table};
use crate::answer::p_value;
use crate::ranking::{Comparison, Ranking, SIGNIFICANCE};
use crate::tables::{MISSING, interval};
use convsweep_spec::words::counted;
use convsweep_statistics::mcnemar::McNemar;
use maud::{Markup, html};

/// More comparisons than this are folded away.
const MAX_OPEN: usize = 12;

/// All comparisons with the baseline, or the best with all others; empty if none were made.
pub fn section(ranking: &Ranking) -> Markup {
    let has_baseline = ranking.ranked_baseline().is_some();
    let is_shown = |c: &&Comparison| has_baseline || c.better == 0;
    let shown: Vec<&Comparison> = ranking.comparisons.iter().filter(is_shown).collect();
    if shown.is_empty() {
        return Markup::default();
    }
    let compared = if has_baseline {
        "each configuration with the baseline"
    } else {
        "all pairs"
    };
    html! {
        section {
            details open[shown.len() <= MAX_OPEN] {
                summary { "Could it be noise? " (count(shown.len())) }
                p class="caption" {
                    "Differences of " (ranking.metric.words()) " paired by "
                    (ranking.unit.pairing()) "; two-sided t-test, corrected by Holm's method over \
                     all " (count(ranking.comparisons.len())) " made (" (compared) "). \
                     McNemar's test asks, for two trained networks, whether they differ on the \
                     validation images that both classified; it cannot tell how another seed \
                     would have turned out. Shown is its p-value, or in how many of the pairs it \
                     is below 0.05. All comparisons are in comparisons.csv."
                }
                (table(ranking, &shown))
            }
        }
    }
}

fn count(comparisons: usize) -> String {
    counted(comparisons as u64, "comparison")
}

fn table(ranking: &Ranking, shown: &[&Comparison]) -> Markup {
    let unit = if ranking.metric.is_share() {
        " (percentage points)"
    } else {
        ""
    };
    let columns = [
        "better",
        "worse",
        &format!("difference{unit}"),
        "95 % interval",
        "p",
        "p (Holm)",
        "McNemar",
    ];
    let cells: Vec<[String; 7]> = shown.iter().map(|c| row(ranking, c)).collect();
    let mut rows = Vec::with_capacity(shown.len());
    for (comparison, cells) in shown.iter().zip(&cells) {
        let class = comparison.is_significant().then_some("clear");
        rows.push(TableRow { class, cells });
    }
    wide_table(&columns, &rows)
}

fn row(ranking: &Ranking, comparison: &Comparison) -> [String; 7] {
    let metric = &ranking.metric;
    let label = |rank: usize| ranking.configurations[rank].label().to_string();
    let (difference, bounds) = match comparison.difference() {
        Some(sample) => (metric.number(sample.mean), sample.interval()),
        None => (MISSING.into(), None),
    };
    [
        label(comparison.better),
        label(comparison.worse),
        difference,
        interval(bounds, metric),
        p_cell(comparison.p()),
        p_cell(comparison.corrected),
        mcnemar_cell(&ranking.image_tests(comparison)),
    ]
}

/// McNemar's p for one pair of networks, or how many pairs differ.
fn mcnemar_cell(tests: &[McNemar]) -> String {
    match tests {
        [] => MISSING.into(),
        [only] => p_cell(Some(only.p)),
        several => {
            let differ = several.iter().filter(|test| test.p < SIGNIFICANCE).count();
            format!("{differ} of {}", several.len())
        }
    }
}

/// A p-value without its `p =`.
fn p_cell(p: Option<f64>) -> String {
    let Some(p) = p else {
        return MISSING.into();
    };
    let text = p_value(p);
    let text = text.trim_start_matches("p ").trim_start_matches("= ");
    text.to_string()
}
