//! Which configurations are better than which, as a table.

use super::TABLES;
use super::document::Part;
use crate::answer::p_number;
use crate::ranking::Ranking;
use crate::tables::{MISSING, TextTable, interval};
use convsweep_answers::{ComparedPair, MOST_SUGGESTED, Verdict};
use convsweep_spec::words::thousands;

/// The comparisons with the best and with the baseline.
pub(super) fn part(ranking: &Ranking) -> Part {
    let baseline = ranking.answers.baseline();
    let is_shown = |pair: &&ComparedPair| {
        let is_with = |rank| pair.first == rank || pair.second == rank;
        pair.first == 0 || baseline.is_some_and(is_with)
    };
    let shown = ranking.answers.pairs.iter().filter(is_shown);
    let columns = [
        "first".to_string(),
        "second".into(),
        difference_heading(ranking),
        "95 % interval".into(),
        "corrected p".into(),
        "the first is".into(),
    ];
    Part {
        file: TABLES[1],
        caption: caption(ranking),
        align: "llrrrl".into(),
        table: TextTable {
            columns: columns.into(),
            rows: shown.map(|pair| row(ranking, pair)).collect(),
        },
    }
}

/// Heading of a column of differences, with their unit.
pub(super) fn difference_heading(ranking: &Ranking) -> String {
    match ranking.metric.is_share() {
        true => "difference (percentage points)".into(),
        false => "difference".into(),
    }
}

fn caption(ranking: &Ranking) -> String {
    let with = match ranking.answers.baseline() {
        Some(_) => "the best and with the baseline",
        None => "the best",
    };
    let tested = ranking.answers.pairs_tested;
    let mut caption = format!(
        "Comparisons with {with} by {}: first minus second, 95 % confidence interval of each \
         difference alone, p-value corrected for all {} comparisons made.",
        ranking.metric.words(),
        thousands(tested as u64)
    );
    if let Some(margin) = ranking.answers.margin {
        let margin = ranking.metric.difference(margin);
        caption += &format!(" Equal: the difference is within {margin}.");
    }
    caption
}

fn row(ranking: &Ranking, pair: &ComparedPair) -> Vec<String> {
    let metric = &ranking.metric;
    vec![
        ranking.name(pair.first),
        ranking.name(pair.second),
        metric.signed(pair.result.difference),
        interval(pair.result.interval, metric),
        pair.result.corrected.map_or(MISSING.into(), p_number),
        verdict(ranking, pair),
    ]
}

fn verdict(ranking: &Ranking, pair: &ComparedPair) -> String {
    match (pair.result.verdict, pair.more_runs) {
        (Verdict::Better, _) => "better".into(),
        (Verdict::Worse, _) => "worse".into(),
        (Verdict::Equal, _) => "equal".into(),
        (Verdict::Unknown, Some(runs)) if runs <= MOST_SUGGESTED => {
            format!("not known (about {} more)", ranking.unit.count(runs))
        }
        (Verdict::Unknown, _) => "not known".into(),
    }
}
