//! Finds jobs and experiments by what the user types.

use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_plan::nearest;
use convsweep_spec::id::JobId;
use convsweep_store::{Database, FindJobError, JobProgress};

/// Experiments listed in the message about an unknown name.
const MAX_LISTED: usize = 20;

/// The one recorded job whose id begins with `prefix`.
///
/// # Errors
/// If no job or several jobs begin so.
pub fn find_job(database: &Database, prefix: &str) -> Result<JobId> {
    match database.find_job(prefix) {
        Err(error @ FindJobError::NotAnId(_)) => Err(match is_experiment(database, prefix) {
            true => failure(
                Exit::Wrong,
                format!(
                    "\"{prefix}\" is an experiment, and a job is asked for: \
                    `convsweep status {prefix}` lists the ids of its jobs"
                ),
            ),
            false => find_failure(error),
        }),
        found => found.map_err(find_failure),
    }
}

/// Whether there is an experiment of this name.
pub fn is_experiment(database: &Database, name: &str) -> bool {
    let experiments = database.experiments().unwrap_or_default();
    experiments.iter().any(|experiment| experiment.name == name)
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
        let others = listed(name, &names);
        format!("no experiment \"{name}\"; {others}")
    };
    failure(Exit::Wrong, message)
}

/// The names that there are, the one that was probably meant first.
fn listed(name: &str, names: &[String]) -> String {
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let meant = match nearest(name, &known) {
        Some(meant) => format!("did you mean \"{meant}\"? "),
        None => String::new(),
    };
    let shown = &known[..known.len().min(MAX_LISTED)];
    let more = if shown.len() < known.len() {
        ", …"
    } else {
        ""
    };
    format!("{meant}there are {}{more}", shown.join(", "))
}
