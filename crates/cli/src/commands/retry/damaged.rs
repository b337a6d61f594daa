//! `retry --damaged`: sets the folders of damaged jobs aside, so that the jobs can be trained again.

use super::named_jobs::jobs_of_names;
use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::integrity::{DamagedJob, damaged_jobs, set_aside};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_runner::ResultsLock;
use convsweep_spec::id::JobId;
use convsweep_store::DatabaseWriter;
use std::collections::BTreeMap;

/// Verifies the jobs that the names stand for, moves the folders of the damaged ones to
/// `damaged/JOB-N` in the results folder, and forgets what their logs said. Returns the damaged jobs
/// by the experiment that asks for them.
///
/// # Errors
/// If there is no such job or experiment, another program uses the results folder, or a folder
/// cannot be moved.
pub fn set_damaged_aside(
    context: &Context,
    names: &[String],
) -> Result<BTreeMap<String, Vec<JobId>>> {
    let _lock = ResultsLock::acquire(&context.results).map_err(runner_failure)?;
    let writer = DatabaseWriter::open(&context.results).code(Exit::Results)?;
    writer.sync(&context.results).code(Exit::Results)?;
    let database = context.database()?;
    let named = jobs_of_names(&database, names, |database, experiment| {
        database.jobs_of(experiment).code(Exit::Results)
    })?;
    let mut set_aside: BTreeMap<String, Vec<JobId>> = BTreeMap::new();
    for (experiment, jobs) in named {
        let damaged = damaged_jobs(&context.results, &database, &jobs)?;
        for job in &damaged {
            set_one_aside(context, job)?;
        }
        let damaged: Vec<JobId> = damaged.into_iter().map(|job| job.job).collect();
        set_aside.insert(experiment, damaged);
    }
    drop((database, writer));
    if set_aside.values().any(|jobs| !jobs.is_empty()) {
        convsweep_store::rebuild(&context.results).code(Exit::Results)?;
    }
    Ok(set_aside)
}

/// Says what is wrong with a job, and moves its folder.
fn set_one_aside(context: &Context, damaged: &DamagedJob) -> Result<()> {
    let DamagedJob { job, problems } = damaged;
    for problem in problems {
        say_error(problem);
    }
    match set_aside(&context.results, job).code(Exit::Results)? {
        Some(folder) => say_error(&format!(
            "job {job}: its folder is now {}; it is trained again",
            folder.display()
        )),
        None => say_error(&format!(
            "job {job}: its folder is gone; it is trained again"
        )),
    }
    Ok(())
}
