//! `curves.csv`.

use super::csv_text::{CsvRows, optional};
use crate::ranking::{RankedRun, Ranking};
use convsweep_store::EpochRow;
use std::fmt::Write as _;
use std::io::Write;

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

/// Writes a row for each job, epoch and metric.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_curves_csv(ranking: &Ranking, to: impl Write) -> Result<(), csv::Error> {
    let mut table = CsvRows::new(to, &COLUMNS)?;
    for configuration in &ranking.configurations {
        for run in &configuration.runs {
            write_run(&mut table, configuration.label(), run)?;
        }
    }
    table.finish()
}

fn write_run(
    table: &mut CsvRows<impl Write>,
    label: &str,
    run: &RankedRun,
) -> Result<(), csv::Error> {
    let (job, seed, fold) = (&run.job.job.0, run.job.seed.to_string(), run.job.fold);
    let fold = optional(fold);
    let (mut phase, mut epoch, mut number) = (String::new(), String::new(), String::new());
    for row in &run.job.epochs {
        let EpochRow { epoch: done, .. } = row;
        set(&mut phase, &row.phase);
        set(&mut epoch, done);
        for (name, value) in row.values.iter() {
            set(&mut number, value);
            table.row([label, job, &seed, &fold, &phase, &epoch, name, &number])?;
        }
    }
    Ok(())
}

/// Makes `text` that of a value, without a new allocation.
fn set(text: &mut String, value: &impl std::fmt::Display) {
    text.clear();
    // Writing into a text does not fail.
    let _ = write!(text, "{value}");
}
