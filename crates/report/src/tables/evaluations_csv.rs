//! `evaluations.csv`.

use super::csv_text::{csv_file, optional};
use crate::ranking::Ranking;
use crate::statistics::{class_scores, macro_f1};
use convsweep_spec::event::Part;
use convsweep_store::{EvaluationRow, JobRow};

const COLUMNS: [&str; 10] = [
    "configuration",
    "job",
    "seed",
    "fold",
    "outcome",
    "part",
    "images",
    "loss",
    "accuracy",
    "macro_f1",
];

/// A row for each job and part of the images; test images only if the report shows them.
///
/// # Errors
/// Where the CSV writer reports one.
pub fn evaluations_csv(ranking: &Ranking) -> Result<Vec<u8>, csv::Error> {
    let mut rows = Vec::new();
    for (rank, configuration) in ranking.configurations.iter().enumerate() {
        let label = configuration.label();
        for run in &configuration.runs {
            if let Some(evaluation) = &run.job.validation {
                rows.push(row(label, run.job, Part::Validation, evaluation));
            }
            if let Some(evaluation) = &run.job.test
                && ranking.shows_test(rank)
            {
                rows.push(row(label, run.job, Part::Test, evaluation));
            }
        }
    }
    csv_file(&COLUMNS, &rows)
}

fn row(label: &str, job: &JobRow, part: Part, evaluation: &EvaluationRow) -> Vec<String> {
    vec![
        label.to_string(),
        job.job.to_string(),
        job.seed.to_string(),
        optional(job.fold),
        job.outcome.clone().unwrap_or_default(),
        part.name().to_string(),
        evaluation.images.to_string(),
        evaluation.loss.to_string(),
        evaluation.accuracy.to_string(),
        macro_f1(class_scores(&counts(evaluation)).iter()).to_string(),
    ]
}

fn counts(evaluation: &EvaluationRow) -> Vec<Vec<u64>> {
    let mut counts = Vec::with_capacity(evaluation.confusion.len());
    for row in &evaluation.confusion {
        counts.push(row.iter().map(|count| u64::from(*count)).collect());
    }
    counts
}
