//! `retry`: trains jobs again that did not finish or are damaged, by the file that asks for them.

mod damaged;
mod named_jobs;

use super::run::{RunArgs, RunLines, run_files};
use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::tell::Teller;
use crate::planning::file_args::FileArgs;
use crate::planning::lookup::progress;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_spec::id::JobId;
use convsweep_store::Database;
use damaged::set_damaged_aside;
use named_jobs::jobs_of_names;

/// Arguments of `retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Ids of jobs (or beginnings of ids), or the name of an experiment for all of its jobs that
    /// did not finish.
    #[arg(required = true, value_name = "JOB|NAME")]
    pub jobs: Vec<String>,
    /// Verify the jobs' files and logs, and train those again that are damaged, whether they have
    /// finished or not; those of a search as far as they had come, so that its decisions stay.
    /// Their folders are moved to `damaged` in the results folder; nothing is deleted.
    #[arg(long)]
    pub damaged: bool,
    /// Print what happens as JSON, as `run` does.
    #[arg(long)]
    pub json: bool,
}

/// Runs the files of the named jobs or experiments with these jobs only.
///
/// # Errors
/// If there is no such job or experiment, or the file cannot be run.
pub fn retry(context: &Context, args: &RetryArgs) -> Result<Exit> {
    let lines = RunLines::new(args.json, Teller::default());
    let result = retry_jobs(context, args, &lines);
    lines.ended(&result);
    result
}

fn retry_jobs(context: &Context, args: &RetryArgs, lines: &RunLines) -> Result<Exit> {
    let mut repaired = None;
    let by_experiment = if args.damaged {
        let aside = set_damaged_aside(context, &args.jobs)?;
        repaired = Some(aside.unfinished);
        aside.by_experiment
    } else {
        jobs_of_names(&context.database()?, &args.jobs, unfinished_jobs)?
    };
    let database = context.database()?;
    let mut exit = Exit::Complete;
    for (experiment, jobs) in by_experiment {
        if jobs.is_empty() {
            let why = match args.damaged {
                true => "no job is damaged",
                false => "every job that ended has finished",
            };
            say_error(&format!("{experiment}: nothing to retry: {why}"));
            continue;
        }
        let run_args = RunArgs {
            repaired: repaired.clone(),
            ..run_args(&database, &experiment, jobs)?
        };
        match run_files(context, &run_args, lines)? {
            Exit::Complete => {}
            Exit::Interrupted => return Ok(Exit::Interrupted),
            other => exit = other,
        }
    }
    Ok(exit)
}

/// The jobs of an experiment that have ended without finishing.
fn unfinished_jobs(database: &Database, experiment: &str) -> Result<Vec<JobId>> {
    let mut jobs = Vec::new();
    for job in progress(database, experiment)? {
        if job.state.outcome.is_some() && !job.state.finished {
            jobs.push(job.job);
        }
    }
    Ok(jobs)
}

/// The arguments that run an experiment's file again with these jobs only.
fn run_args(database: &Database, experiment: &str, jobs: Vec<JobId>) -> Result<RunArgs> {
    let recorded = database.recorded_run(experiment).code(Exit::Results)?;
    let Some(recorded) = recorded else {
        let message = format!("the file of {experiment} is not recorded");
        return Err(failure(Exit::Wrong, message));
    };
    Ok(RunArgs {
        files: vec![recorded.file.into()],
        changes: FileArgs::recorded(&recorded.overrides),
        only: jobs.into_iter().map(|job| job.0).collect(),
        ..RunArgs::default()
    })
}
