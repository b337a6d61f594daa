//! Finds jobs and experiments by what the user types.

use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_store::{Database, FindJobError, JobProgress};

/// The one recorded job whose id begins with `prefix`.
///
/// # Errors
/// If no job or several jobs begin so.
pub fn find_job(database: &Database, prefix: &str) -> Result<JobId> {
    database.find_job(prefix).map_err(find_failure)
}

/// An ambiguous or unknown beginning of an id as an error with its exit code.
pub fn find_failure(error: FindJobError) -> anyhow::Error {
    let exit = match error {
        FindJobError::Store(_) => Exit::Results,
        FindJobError::NotAnId(_) | FindJobError::Unknown(_) | FindJobError::Ambiguous { .. } => {
            Exit::Wrong
        }
    };
    failure(exit, error.to_string())
}

/// Progress of the jobs of an experiment.
///
/// # Errors
/// If there is no such experiment; the message lists the experiments there are.
pub fn progress(database: &Database, experiment: &str) -> Result<Vec<JobProgress>> {
    match database.progress(experiment).code(Exit::Results)? {
        Some(jobs) => Ok(jobs),
        None => Err(unknown_experiment(database, experiment)),
    }
}

/// There is no such experiment; the message lists the experiments there are.
pub fn unknown_experiment(database: &Database, name: &str) -> anyhow::Error {
    let experiments = database.experiments().unwrap_or_default();
    let names: Vec<String> = experiments.into_iter().map(|e| e.name).collect();
    let message = if names.is_empty() {
        format!("no experiment \"{name}\": nothing has been run here yet")
    } else {
        format!("no experiment \"{name}\"; there are {}", names.join(", "))
    };
    failure(Exit::Wrong, message)
}
