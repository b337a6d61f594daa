//! The trained weights that jobs have left, and whether they are what was recorded.

use crate::integrity::FileProblem;
use convsweep_files::{FileError, exists, hash_regular};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{MODEL, ResultsFolder};
use convsweep_spec::outcome::DAMAGED;
use convsweep_spec::seal::OTHER_HASH;
use convsweep_store::Database;
use std::path::{Path, PathBuf};

/// What is said of an unknown experiment.
pub const NO_EXPERIMENT: &str = "no such experiment has run here";

/// The file of a job's weights, whose bytes have the hash in the job's log.
///
/// # Errors
/// If the job has left none, or nothing vouches for them.
pub fn verified_weights(
    results: &ResultsFolder,
    database: &Database,
    job: &JobId,
) -> Result<PathBuf, String> {
    let path = results.job(job).join(MODEL);
    let remedy = || format!("`convsweep retry {job} --damaged` trains the job again");
    if has_damaged_log(database, job)? {
        return Err(format!(
            "the log of job {job} is damaged, so nothing vouches for its weights; {}",
            remedy()
        ));
    }
    let files = database.kept_files(std::slice::from_ref(job));
    let files = files.map_err(|error| error.to_string())?;
    let Some(kept) = files.iter().find(|file| file.path == Path::new(MODEL)) else {
        return Err(format!(
            "job {job} has left no weights: has it finished? `convsweep why {job}` says more"
        ));
    };
    let is_there = exists(&path).map_err(FileError::at("look at", &path));
    if !is_there.map_err(|error| not_read(error, remedy()))? {
        return Err(format!("{} is gone; {}", path.display(), remedy()));
    }
    let Some(hash) = &kept.blake3 else {
        // An older program wrote it.
        return Ok(path);
    };
    match hash_regular(&path) {
        Ok(found) if found == *hash => Ok(path),
        Ok(_) => Err(format!("{} {OTHER_HASH}; {}", path.display(), remedy())),
        Err(error) => Err(not_read(error, remedy())),
    }
}

/// Why a file was not read, and what to do: what the system refuses to read is not damaged.
fn not_read(error: FileError, remedy_of_damage: String) -> String {
    let problem = error.to_string();
    let remedy = match FileProblem::from(error) {
        FileProblem::Damaged(_) => remedy_of_damage,
        FileProblem::Unread { remedy, .. } => remedy,
    };
    format!("{problem}; {remedy}")
}

fn has_damaged_log(database: &Database, job: &JobId) -> Result<bool, String> {
    let states = database.job_states(std::slice::from_ref(job));
    let states = states.map_err(|error| error.to_string())?;
    let outcome = states.get(job).and_then(|state| state.outcome.as_deref());
    Ok(outcome == Some(DAMAGED))
}

/// The best job of an experiment's best configuration.
///
/// # Errors
/// If there is no such experiment, or none of its jobs has finished.
pub fn best_job(database: &Database, experiment: &str) -> Result<JobId, String> {
    let metric = database.metric(experiment).map_err(|e| e.to_string())?;
    let metric = metric.ok_or(NO_EXPERIMENT)?;
    let best = database
        .best_job(experiment, &metric)
        .map_err(|e| e.to_string())?;
    best.ok_or_else(|| "none of its jobs has finished".into())
}
