//! The leaderboard as people read it.

use super::text_table::{MISSING, TextTable, interval, mean_and_sd};
use crate::draw::numbers::{si, training_time};
use crate::ranking::{MetricFormat, Ranking};
use convsweep_spec::metric::VAL_ACCURACY;

/// A row for each configuration, with the test accuracy of those whose test figures are shown.
pub fn leaderboard(ranking: &Ranking) -> TextTable {
    let metric = &ranking.metric;
    let has_test = |rank: usize| shown_test_accuracy(ranking, rank).is_some();
    let with_test = (0..ranking.ranked).any(has_test);
    let mut columns = vec![
        String::new(),
        "configuration".into(),
        metric.label(),
        "95 % interval".into(),
        "n".into(),
    ];
    if ranking.answers.some_do_not_train {
        columns.push("trained".into());
    }
    if with_test {
        columns.push("test accuracy (%)".into());
    }
    columns.extend(["parameters", "MACs", "time"].map(String::from));
    let mut rows = Vec::with_capacity(ranking.configurations.len());
    for rank in 0..ranking.configurations.len() {
        rows.push(row(ranking, rank, with_test));
    }
    TextTable { columns, rows }
}

fn row(ranking: &Ranking, rank: usize, with_test: bool) -> Vec<String> {
    let metric = &ranking.metric;
    let configuration = &ranking.configurations[rank];
    let name = ranking.name(rank);
    let planned = configuration.runs.len();
    let mut row = match configuration.score {
        Some(score) => vec![
            place(ranking, rank),
            name,
            mean_and_sd(score, metric),
            interval(configuration.interval, metric),
            format!("{}/{planned}", score.n),
        ],
        None => vec![
            MISSING.into(),
            name,
            MISSING.into(),
            MISSING.into(),
            format!("0/{planned}"),
        ],
    };
    if ranking.answers.some_do_not_train {
        row.push(trained(ranking, rank));
    }
    if with_test {
        row.push(shown_test_accuracy(ranking, rank).unwrap_or_default());
    }
    let member = &configuration.row.member;
    row.push(si(member.parameters as f64));
    row.push(si(member.macs as f64));
    row.push(match configuration.seconds() {
        Some(seconds) => training_time(seconds.mean),
        None => MISSING.into(),
    });
    row
}

/// The rank, with a mark if the configuration may be the best.
fn place(ranking: &Ranking, rank: usize) -> String {
    let may_be_best = ranking
        .answers
        .standings
        .get(rank)
        .is_some_and(|s| s.may_be_best);
    let is_compared = ranking.ranked > 1;
    format!(
        "{}{}",
        rank + 1,
        if may_be_best && is_compared { "*" } else { "" }
    )
}

/// How many of a configuration's runs trained.
fn trained(ranking: &Ranking, rank: usize) -> String {
    match ranking.answers.standings.get(rank) {
        Some(standing) => format!("{}/{}", standing.trained, standing.runs),
        None => MISSING.into(),
    }
}

/// The test accuracy of a configuration, if it is shown.
fn shown_test_accuracy(ranking: &Ranking, rank: usize) -> Option<String> {
    let accuracy = ranking.shown_test_accuracy(rank)?;
    Some(mean_and_sd(accuracy, &MetricFormat::named(VAL_ACCURACY)))
}
