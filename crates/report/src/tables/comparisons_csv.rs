//! `comparisons.csv`.

use super::csv_text::{CsvRows, optional};
use crate::ranking::Ranking;
use convsweep_answers::ComparedPair;
use std::io::Write;

const COLUMNS: [&str; 13] = [
    "first",
    "second",
    "verdict",
    "method",
    "first_runs",
    "second_runs",
    "difference",
    "ci95_low",
    "ci95_high",
    "p",
    "p_holm",
    "more_runs",
    "mcnemar_p",
];

/// Writes a row for each comparison that the answers keep.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_comparisons_csv(ranking: &Ranking, to: impl Write) -> Result<(), csv::Error> {
    let mut table = CsvRows::new(to, &COLUMNS)?;
    for pair in &ranking.answers.pairs {
        table.row(row(ranking, pair).iter().map(String::as_str))?;
    }
    table.finish()
}

fn row(ranking: &Ranking, pair: &ComparedPair) -> [String; 13] {
    let label = |rank: usize| ranking.configurations[rank].label().to_string();
    let (low, high) = pair.result.interval.unzip();
    let tests = ranking.image_tests(pair.first, pair.second);
    let images: Vec<String> = tests.iter().map(|m| m.p.to_string()).collect();
    [
        label(pair.first),
        label(pair.second),
        pair.result.verdict.name().into(),
        pair.method.name().into(),
        pair.runs.0.to_string(),
        pair.runs.1.to_string(),
        pair.result.difference.to_string(),
        optional(low),
        optional(high),
        optional(pair.result.p),
        optional(pair.result.corrected),
        pair.more_runs.map_or(String::new(), |n| n.to_string()),
        images.join(" "),
    ]
}
