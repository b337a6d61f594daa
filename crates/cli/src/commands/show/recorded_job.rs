//! Everything that is recorded about a job.

use crate::context::Context;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_spec::augment::MeanStd;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout;
use convsweep_spec::metric;
use convsweep_store::{AttemptRow, Database, EpochRow, JobPlace, JobState, RecordedRun, kept_row};
use std::fs;
use std::path::{Path, PathBuf};

/// Columns of the curve: the completed epochs, and the metrics that every job records.
pub const CURVE_METRICS: [&str; 8] = metric::ALL;

/// Everything that is recorded about a job.
pub struct RecordedJob {
    /// Its id.
    pub id: JobId,
    /// What it asks; `None` for a job that has only a few events.
    pub question: Option<Question>,
    /// Its progress.
    pub state: Option<JobState>,
    /// The experiments that ask for it.
    pub places: Vec<JobPlace>,
    /// How the first of them was run.
    pub run: Option<RecordedRun>,
    /// Mean and standard deviation that pixel values are standardised by, if a worker recorded
    /// them.
    pub normalization: Option<MeanStd>,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptRow>,
    /// Its metrics by epoch.
    pub epochs: Vec<EpochRow>,
    /// Its folder.
    pub folder: PathBuf,
    /// Its files with their sizes in bytes, by path relative to its folder.
    pub files: Vec<(PathBuf, u64)>,
    /// What its workers wrote to stderr.
    pub stderr: String,
}

impl RecordedJob {
    /// Reads everything.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(context: &Context, database: &Database, id: JobId) -> Result<RecordedJob> {
        let folder = context.results.job(&id);
        let places = database.places(&id).code(Exit::Results)?;
        let run = match places.first() {
            Some(place) => database
                .recorded_run(&place.experiment)
                .code(Exit::Results)?,
            None => None,
        };
        let mut states = database
            .job_states(std::slice::from_ref(&id))
            .code(Exit::Results)?;
        let mut files = Vec::new();
        collect_files(&folder, Path::new(""), &mut files);
        files.sort();
        Ok(RecordedJob {
            question: question(database, &id, &folder)?,
            state: states.remove(&id),
            places,
            run,
            normalization: database.normalization(&id).code(Exit::Results)?,
            attempts: database.attempts(&id).code(Exit::Results)?,
            epochs: database.epochs(&id).code(Exit::Results)?,
            stderr: fs::read_to_string(folder.join(layout::STDERR)).unwrap_or_default(),
            files,
            folder,
            id,
        })
    }

    /// The metrics of the epoch whose weights are kept, if one was completed.
    pub fn kept(&self) -> Option<&EpochRow> {
        kept_row(&self.epochs)
    }

    /// The curve's rows: the epoch, then the values of [`CURVE_METRICS`].
    pub fn curve(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::with_capacity(self.epochs.len());
        for row in &self.epochs {
            let mut cells = vec![row.epoch.to_string()];
            for name in CURVE_METRICS {
                cells.push(match row.values.get(name) {
                    Some(value) if !value.is_nan() => format!("{value:.5}"),
                    Some(_) | None => String::new(),
                });
            }
            rows.push(cells);
        }
        rows
    }
}

/// What the job asks according to the database, or to its own folder if no experiment's log names
/// it.
fn question(database: &Database, id: &JobId, folder: &Path) -> Result<Option<Question>> {
    if let Some(question) = database.question(id).code(Exit::Results)? {
        return Ok(Some(question));
    }
    match fs::read_to_string(folder.join(layout::JOB)) {
        Ok(text) => serde_json::from_str(&text).code(Exit::Results).map(Some),
        Err(_) => Ok(None),
    }
}

/// Adds the files below `relative` in the job's folder.
fn collect_files(folder: &Path, relative: &Path, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = fs::read_dir(folder.join(relative)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = relative.join(entry.file_name());
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => collect_files(folder, &path, files),
            Ok(metadata) if metadata.len() > 0 => files.push((path, metadata.len())),
            // The lock of the worker is empty.
            Ok(_) => {}
            Err(_) => {}
        }
    }
}
