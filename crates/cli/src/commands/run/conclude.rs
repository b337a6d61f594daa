//! The end of a run: the report, what is left, and the exit code.

use crate::commands::report::render;
use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::{LimitReached, RunSummary, StopRequest};
use convsweep_spec::id::JobId;
use convsweep_spec::words::{counted, duration};
use convsweep_store::JobState;
use std::collections::HashMap;

/// Renders the report if any of the jobs has finished, and says what is left.
///
/// # Errors
/// If the run could not continue, or the report could not be written.
pub fn conclude(
    context: &Context,
    plan: &Plan,
    jobs: &[JobId],
    summary: RunSummary,
) -> Result<Exit> {
    let database = context.database()?;
    let states = database.job_states(jobs).code(Exit::Results)?;
    let finished = count(jobs, &states, "finished");
    if finished > 0 {
        render(context, &database, &plan.name)?;
    }
    if let Some(error) = summary.error {
        return Err(runner_failure(error));
    }
    let left = counted(summary.remaining.len() as u64, "job");
    let total = counted(jobs.len() as u64, "job");
    if summary.stop_request != StopRequest::No {
        eprintln!(
            "interrupted: {finished} of {total} finished; \
            the same command continues with the other {left}"
        );
        return Ok(Exit::Interrupted);
    }
    match summary.limit_reached {
        Some(LimitReached::TimeLimit) => {
            let limit = plan.run.sweep_time_limit.unwrap_or_default().as_secs_f64();
            eprintln!(
                "the sweep's time limit of {} is reached: \
                the same command continues with {left}",
                duration(limit)
            );
            return Ok(Exit::Interrupted);
        }
        Some(LimitReached::Failures(count)) => eprintln!(
            "stopped after {} failed, as run.on_failure asks: \
            the same command continues with {left}",
            counted(count.into(), "job")
        ),
        None => {}
    }
    let pruned = count(jobs, &states, "stopped");
    if pruned > 0 {
        eprintln!(
            "{pruned} of {total} pruned by [search]; \
            `convsweep explain JOB` says why"
        );
    }
    let failed = jobs.len() - finished - pruned;
    if failed > 0 {
        eprintln!(
            "{failed} of {total} did not finish; `convsweep status {}` lists them",
            plan.name
        );
        return Ok(Exit::JobsFailed);
    }
    Ok(Exit::Complete)
}

/// Number of jobs with this outcome.
fn count(jobs: &[JobId], states: &HashMap<JobId, JobState>, outcome: &str) -> usize {
    let outcomes = jobs
        .iter()
        .filter_map(|job| states.get(job)?.outcome.as_deref());
    outcomes.filter(|found| *found == outcome).count()
}
