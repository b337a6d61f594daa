//! `leaderboard.csv`.

use super::csv_text::{csv_file, optional, sample_fields};
use crate::ranking::Ranking;

/// A row for each configuration, with a column for each axis.
///
/// # Errors
/// Where the CSV writer reports one.
pub fn leaderboard_csv(ranking: &Ranking) -> Result<Vec<u8>, csv::Error> {
    let metric = &ranking.metric.name;
    let mut columns: Vec<String> = ["rank", "configuration", "id"].map(String::from).into();
    columns.extend(ranking.revision.axes.iter().map(|axis| axis.path.clone()));
    columns.extend(["n", "jobs"].map(String::from));
    columns.extend(["mean", "sd", "ci95_low", "ci95_high"].map(|c| format!("{metric}_{c}")));
    let last = [
        "test_accuracy_mean",
        "test_accuracy_sd",
        "parameters",
        "macs",
        "seconds_mean",
    ];
    columns.extend(last.map(String::from));
    let mut rows = Vec::with_capacity(ranking.configurations.len());
    for rank in 0..ranking.configurations.len() {
        rows.push(row(ranking, rank));
    }
    csv_file(&columns, &rows)
}

fn row(ranking: &Ranking, rank: usize) -> Vec<String> {
    let configuration = &ranking.configurations[rank];
    let member = &configuration.row.member;
    let score = configuration.score;
    let (rank_shown, n) = match score {
        Some(score) => ((rank + 1).to_string(), score.n),
        None => (String::new(), 0),
    };
    let mut row = vec![
        rank_shown,
        configuration.label().to_string(),
        member.configuration.to_string(),
    ];
    for axis in &ranking.revision.axes {
        let label = configuration.axis_label(&axis.path);
        row.push(label.unwrap_or_default().to_string());
    }
    row.push(n.to_string());
    row.push(configuration.runs.len().to_string());
    let (low, high) = configuration.interval.unzip();
    let [mean, sd, ..] = sample_fields(score);
    row.extend([mean, sd, optional(low), optional(high)]);
    let [mean, sd, ..] = sample_fields(ranking.shown_test_accuracy(rank));
    row.extend([mean, sd]);
    row.push(member.parameters.to_string());
    row.push(member.macs.to_string());
    let [mean, ..] = sample_fields(configuration.seconds());
    row.push(mean);
    row
}
