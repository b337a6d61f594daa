//! `curves.csv`.

use super::csv_text::{csv_file, optional};
use crate::ranking::Ranking;

const COLUMNS: [&str; 8] = [
    "configuration",
    "job",
    "seed",
    "fold",
    "phase",
    "epoch",
    "metric",
    "value",
];

/// A row for each job, epoch and metric.
///
/// # Errors
/// Where the CSV writer reports one.
pub fn curves_csv(ranking: &Ranking) -> Result<Vec<u8>, csv::Error> {
    let mut rows = Vec::new();
    for configuration in &ranking.configurations {
        for run in &configuration.runs {
            let job = run.job;
            for epoch in &job.epochs {
                for (name, value) in &epoch.values {
                    rows.push(vec![
                        configuration.label().to_string(),
                        job.job.to_string(),
                        job.seed.to_string(),
                        optional(job.fold),
                        epoch.phase.to_string(),
                        epoch.epoch.to_string(),
                        name.clone(),
                        value.to_string(),
                    ]);
                }
            }
        }
    }
    csv_file(&COLUMNS, &rows)
}
