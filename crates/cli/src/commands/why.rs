//! `why`: why a job is waiting, was pruned or failed, and what to do.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use crate::planning::standing::{JobStanding, Run};
use anyhow::Result;
use clap::Args;
use convsweep_files::{FileError, exists};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::job_log;
use convsweep_spec::words::counted;
use convsweep_store::{AttemptRow, Database, JobState, LogProblem};
use std::path::Path;

/// Arguments of `why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// A job's id, or the beginning of it.
    pub job: String,
}

/// Prints the state of a job, how its attempts ended, every decision about it with its reason, and
/// what to do.
///
/// # Errors
/// If there is no such job or the database cannot be used.
pub fn why(context: &Context, args: &WhyArgs) -> Result<Exit> {
    let database = context.database()?;
    let id = find_job(&database, &args.job)?;
    let mut states = database
        .job_states(std::slice::from_ref(&id))
        .code(Exit::Results)?;
    let Some(state) = states.remove(&id) else {
        say(&format!("job {id}: nothing is recorded about it"))?;
        return Ok(Exit::Complete);
    };
    let standing = Run::of(&context.results).standing(&id, &state);
    say(&format!("job {id}: {}", state_words(&state, &standing)))?;
    for attempt in database.attempts(&id).code(Exit::Results)? {
        say(&format!("  {}", attempt_words(&attempt)))?;
        for warning in &attempt.warnings {
            say(&format!("    warning: {warning}"))?;
        }
    }
    let decisions = database.decisions(&id).code(Exit::Results)?;
    for decision in &decisions {
        say(&format!(
            "  {}, after {}: {}, because {}",
            decision.rule,
            counted(decision.epoch.into(), "epoch"),
            decision.verdict,
            decision.reason
        ))?;
    }
    let problems = database.job_log_problems(&id).code(Exit::Results)?;
    for problem in &problems {
        say(&format!("  {}", problem.text()))?;
    }
    say_lost_logs(context, &database, &id, &state)?;
    let newest = decisions.iter().max_by(|a, b| a.time.total_cmp(&b.time));
    if standing == JobStanding::Finished && newest.is_some_and(|newest| newest.verdict == "stop") {
        say(
            "  a rule would have stopped it, but another experiment has trained it to its end, or \
            the rule was changed",
        )?;
    }
    if !problems.iter().any(LogProblem::has_remedy) {
        say(&format!("  {}", standing.advice()))?;
    }
    Ok(Exit::Complete)
}

/// Says which logs no longer hold what the database knows of the job.
fn say_lost_logs(
    context: &Context,
    database: &Database,
    job: &JobId,
    state: &JobState,
) -> Result<()> {
    for place in database.places(job).code(Exit::Results)? {
        let problems = database.experiment_log_problems(&place.experiment);
        for problem in problems.code(Exit::Results)? {
            if problem.has_remedy() {
                say(&format!("  {}", problem.text()))?;
            }
        }
    }
    if state.attempts == 0 {
        return Ok(());
    }
    let log = job_log(job);
    let is_there =
        exists(&context.results.0.join(&log)).map_err(FileError::at("look at", Path::new(&log)));
    match is_there {
        Ok(true) => Ok(()),
        Ok(false) => say(&format!(
            "  {log} is gone, only the database knows what it held: put back the job's folder, or {}",
            without_folder(job, state.finished)
        )),
        Err(error) => say(&format!("  {error}: whether the log is sound is not known")),
    }
}

/// What becomes of a job whose folder stays away.
fn without_folder(job: &JobId, is_finished: bool) -> String {
    match is_finished {
        true => format!("`convsweep retry {job} --damaged` trains the job again"),
        false => "the job is trained from the beginning when it is trained next".into(),
    }
}

/// How a job stands: `finished, 5 of 5 epochs, 1 attempt`.
pub fn state_words(state: &JobState, standing: &JobStanding) -> String {
    format!(
        "{}, {} of {}, {}",
        standing.word(),
        state.epoch,
        counted(state.epochs.into(), "epoch"),
        counted(state.attempts.into(), "attempt")
    )
}

/// Where an attempt ran and how it ended.
pub fn attempt_words(attempt: &AttemptRow) -> String {
    let device = attempt.device.as_deref().unwrap_or("–");
    let outcome = attempt
        .outcome
        .as_deref()
        .unwrap_or("running, or ended with its program");
    let detail = attempt
        .detail
        .as_deref()
        .and_then(|text| text.lines().next());
    let detail = match detail {
        Some(detail) => format!(": {detail}"),
        None => String::new(),
    };
    format!("attempt {} on {device}: {outcome}{detail}", attempt.attempt)
}
