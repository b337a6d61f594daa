//! Which jobs the arguments of `retry` stand for.

use crate::exit::{Code, Exit, failure};
use crate::planning::lookup::{find_job, is_experiment, unknown_experiment};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_store::Database;
use std::collections::BTreeMap;

/// The jobs that the names stand for, by the experiment that asks for them. `of_experiment` gives
/// those of an experiment.
pub fn jobs_of_names(
    database: &Database,
    names: &[String],
    of_experiment: impl Fn(&Database, &str) -> Result<Vec<JobId>>,
) -> Result<BTreeMap<String, Vec<JobId>>> {
    let mut jobs: BTreeMap<String, Vec<JobId>> = BTreeMap::new();
    for name in names {
        if is_experiment(database, name) {
            let found = of_experiment(database, name)?;
            jobs.entry(name.clone()).or_default().extend(found);
        } else if !name.chars().all(|c| c.is_ascii_hexdigit()) {
            let unknown = unknown_experiment(database, name);
            let message =
                format!("{unknown}; and \"{name}\" is not a job id: ids are hexadecimal numbers");
            return Err(failure(Exit::Wrong, message));
        } else {
            let job = find_job(database, name)?;
            let experiment = experiment_of(database, &job)?;
            jobs.entry(experiment).or_default().push(job);
        }
    }
    Ok(jobs)
}

/// The experiment whose newest revision asks for the job.
fn experiment_of(database: &Database, job: &JobId) -> Result<String> {
    let places = database.places(job).code(Exit::Results)?;
    match places.into_iter().next() {
        Some(place) => Ok(place.experiment),
        None => Err(failure(
            Exit::Wrong,
            format!("job {job} is no longer part of any experiment"),
        )),
    }
}
