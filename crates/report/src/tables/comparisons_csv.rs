//! `comparisons.csv`.

use super::csv_text::{CsvRows, optional, sample_fields};
use crate::ranking::{Comparison, Ranking};
use std::io::Write;

const COLUMNS: [&str; 9] = [
    "better",
    "worse",
    "pairs",
    "difference",
    "ci95_low",
    "ci95_high",
    "p",
    "p_holm",
    "mcnemar_p",
];

/// Writes a row for each comparison that was made.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_comparisons_csv(ranking: &Ranking, to: impl Write) -> Result<(), csv::Error> {
    let mut table = CsvRows::new(to, &COLUMNS)?;
    for comparison in &ranking.comparisons {
        table.row(row(ranking, comparison).iter().map(String::as_str))?;
    }
    table.finish()
}

fn row(ranking: &Ranking, comparison: &Comparison) -> [String; 9] {
    let label = |rank: usize| ranking.configurations[rank].label().to_string();
    let difference = comparison.difference();
    let [mean, _, low, high] = sample_fields(difference);
    let tests = ranking.image_tests(comparison);
    let images: Vec<String> = tests.iter().map(|m| m.p.to_string()).collect();
    [
        label(comparison.better),
        label(comparison.worse),
        difference.map_or(0, |d| d.n).to_string(),
        mean,
        low,
        high,
        optional(comparison.p()),
        optional(comparison.corrected),
        images.join(" "),
    ]
}
