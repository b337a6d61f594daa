//! Which configurations are better than which, as a table.

use super::latex_table::{LatexTable, VERDICTS, difference_heading};
use crate::answer::p_number;
use crate::ranking::Ranking;
use crate::tables::{MISSING, TextTable, interval};
use convsweep_answers::{ComparedPair, Verdict};
use convsweep_spec::words::thousands;

/// The comparisons with the best and with the baseline.
pub(super) fn table(ranking: &Ranking) -> LatexTable {
    let baseline = ranking.answers.baseline();
    let is_shown =
        |pair: &&ComparedPair| pair.first == 0 || baseline.is_some_and(|rank| pair.is_with(rank));
    let shown = ranking.answers.pairs.iter().filter(is_shown);
    let columns = [
        "first".to_string(),
        "second".into(),
        difference_heading(ranking),
        "95 % interval".into(),
        "corrected p".into(),
        "the first is".into(),
    ];
    LatexTable {
        file: VERDICTS,
        caption: caption(ranking),
        align: "llrrrl".into(),
        table: TextTable {
            columns: columns.into(),
            rows: shown.map(|pair| row(ranking, pair)).collect(),
        },
    }
}

fn caption(ranking: &Ranking) -> String {
    let with = match ranking.answers.baseline() {
        Some(_) => "the best and with the baseline",
        None => "the best",
    };
    let tested = ranking.answers.pairs_tested;
    let p_values = match tested {
        1 => "p-value".to_string(),
        tested => format!(
            "p-value corrected for all {} comparisons made",
            thousands(tested as u64)
        ),
    };
    let mut caption = format!(
        "Comparisons with {with} by {}: first minus second, 95 % confidence interval of each \
         difference alone, {}.",
        ranking.metric.words(),
        p_values
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
    let more = pair.more_runs_in_short();
    match pair.result.verdict {
        Verdict::Better => "better".into(),
        Verdict::Worse => "worse".into(),
        Verdict::Equal => "equal".into(),
        Verdict::Unknown if more.is_empty() => "not known".into(),
        Verdict::Unknown => format!("not known ({more} more {})", ranking.unit.plural()),
    }
}
