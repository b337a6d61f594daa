//! Files that workers leave in a job's folder and that the database does not hold.

pub mod predictions;
mod range_tests;
mod whole_file;

pub use predictions::{KeptImage, Predictions, PredictionsError};
pub use range_tests::{RangeTests, read_range_tests};

use crate::ranking::Ranking;
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};

/// Predictions of the chosen configuration's first finished job.
///
/// # Errors
/// A sentence for the reader of the report, if the file is missing or damaged.
pub fn chosen_predictions(
    ranking: &Ranking,
    results: &ResultsFolder,
) -> Result<Option<Predictions>, String> {
    let Some(run) = ranking.shown_run() else {
        return Ok(None);
    };
    let job = &run.job.job;
    let hash = run.job.hashes.get(PREDICTIONS).map(String::as_str);
    let path = results.job(job).join(PREDICTIONS);
    predictions::read(&path, hash).map_err(|error| {
        format!("No images are shown: the predictions of job {job} cannot be read ({error}).")
    })
}
