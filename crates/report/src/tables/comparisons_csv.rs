//! `comparisons.csv`.

use super::csv_text::{csv_file, optional, sample_fields};
use crate::ranking::{Comparison, Ranking};

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

/// A row for each comparison that was made.
///
/// # Errors
/// Where the CSV writer reports one.
pub fn comparisons_csv(ranking: &Ranking) -> Result<Vec<u8>, csv::Error> {
    let mut rows = Vec::with_capacity(ranking.comparisons.len());
    for comparison in &ranking.comparisons {
        rows.push(row(ranking, comparison));
    }
    csv_file(&COLUMNS, &rows)
}

fn row(ranking: &Ranking, comparison: &Comparison) -> Vec<String> {
    let label = |rank: usize| ranking.configurations[rank].label().to_string();
    let difference = comparison.difference();
    let [mean, _, low, high] = sample_fields(difference);
    let images: Vec<String> = comparison.images.iter().map(|m| m.p.to_string()).collect();
    vec![
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
