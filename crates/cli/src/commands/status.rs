//! `status`: one line per experiment, or per job of one experiment.

use super::run::{AllocationState, allocations, damaged_words};
use super::watch::json::counts_object;
use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use crate::planning::lookup::progress;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_progress::{Counts, RunningProgram};
use convsweep_runner::ExperimentLog;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::log_remedy;
use convsweep_store::{Database, ExperimentSummary, JobProgress};
use serde_json::json;

const EXPERIMENT_COLUMNS: [&str; 7] = [
    "experiment",
    "revision",
    "configurations",
    "finished",
    "failed",
    "other jobs",
    "question",
];
const JOB_COLUMNS: [&str; 7] = [
    "job",
    "configuration",
    "run",
    "standing",
    "epochs",
    "attempts",
    "detail",
];

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Show the jobs of this experiment.
    pub name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the progress of all experiments, or of the jobs of one.
///
/// # Errors
/// If there is no such experiment or the database cannot be used.
pub fn status(context: &Context, args: &StatusArgs) -> Result<Exit> {
    let program = RunningProgram::of(&context.results);
    let cache = context.data().ok();
    let allocations = allocations(&context.results, args.name.as_deref(), cache)?;
    match (context.database_if_any()?, &args.name) {
        (None, Some(_)) if !allocations.is_empty() => {
            no_jobs_yet(args, &allocations)?;
        }
        (None, Some(name)) => {
            context.require_results()?;
            let folder = context.results.0.display();
            let message = format!("no experiment \"{name}\": nothing has been run in {folder} yet");
            return Err(failure(Exit::Wrong, message));
        }
        (None, None) if !allocations.is_empty() => no_jobs_yet(args, &allocations)?,
        (None, None) => nothing_yet(context, args.json)?,
        (Some(database), Some(name)) => {
            let jobs = progress(&database, name)?;
            let damaged = program.counts(&jobs).damaged;
            say_damage(&context.results, &database, name, damaged)?;
            print_jobs((name, &jobs), &program, &allocations, args.json)?;
        }
        (Some(database), None) => {
            experiments(context, (&database, &program), &allocations, args.json)?;
        }
    }
    Ok(Exit::Complete)
}

/// What a cluster is to do has not begun.
fn no_jobs_yet(args: &StatusArgs, allocations: &[AllocationState]) -> Result<()> {
    match args.json {
        true => say_json(&json!({
            "experiments": [],
            "allocations": allocation_objects(allocations),
        })),
        false => say_allocations(allocations),
    }
}

fn say_allocations(allocations: &[AllocationState]) -> Result<()> {
    for AllocationState {
        submission, words, ..
    } in allocations
    {
        let id = submission.allocation.as_deref().unwrap_or("?");
        say(&format!(
            "{}: allocation {id} {words}",
            submission.experiment
        ))?;
    }
    Ok(())
}

fn allocation_objects(allocations: &[AllocationState]) -> Vec<serde_json::Value> {
    let object = |state: &AllocationState| {
        json!({
            "experiment": state.submission.experiment,
            "allocation": state.submission.allocation,
            "token": state.submission.token,
            "state": state.state,
            "words": state.words,
        })
    };
    allocations.iter().map(object).collect()
}

/// A folder that does not exist yet is one in which nothing has been run.
fn nothing_yet(context: &Context, as_json: bool) -> Result<()> {
    let folder = context.results.0.display();
    let found = match context.results.0.exists() {
        true => "it has no database",
        false => "there is no such folder",
    };
    say_error(&format!("nothing has been run in {folder} yet: {found}"));
    match as_json {
        true => say_json(&json!({ "experiments": [], "allocations": [] })),
        false => Ok(()),
    }
}

fn experiments(
    context: &Context,
    (database, program): (&Database, &RunningProgram),
    allocations: &[AllocationState],
    as_json: bool,
) -> Result<()> {
    let (mut objects, mut rows) = (Vec::new(), Vec::new());
    let experiments = database.experiments().code(Exit::Results)?;
    for experiment in &experiments {
        let counts = program.counts(&progress(database, &experiment.name)?);
        say_damage(&context.results, database, &experiment.name, counts.damaged)?;
        match as_json {
            true => objects.push(experiment_json(experiment, &counts)),
            false => rows.push(experiment_row(experiment, &counts)),
        }
    }
    if as_json {
        return say_json(&json!({
            "experiments": objects,
            "allocations": allocation_objects(allocations),
        }));
    }
    say(&plain(&EXPERIMENT_COLUMNS, &rows))?;
    say_allocations(allocations)
}

/// Says on standard error what is damaged of an experiment.
fn say_damage(
    results: &ResultsFolder,
    database: &Database,
    experiment: &str,
    damaged_jobs: usize,
) -> Result<()> {
    if damaged_jobs > 0 {
        let words = damaged_words(damaged_jobs as u64, experiment);
        say_error(&format!("note: {words}"));
    }
    let problems = database.experiment_log_problems(experiment);
    let problems = problems.code(Exit::Results)?;
    if let Some(first) = problems.first() {
        let more = match problems.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        if first.has_remedy() {
            say_error(&format!("note: {}{more}", first.text()));
            return Ok(());
        }
        let written_again = ExperimentLog::whole_revision(results, experiment);
        let remedy = log_remedy(written_again.unwrap_or_default());
        say_error(&format!("note: {}{more}; {remedy}", first.text()));
    }
    Ok(())
}

fn experiment_json(experiment: &ExperimentSummary, counts: &Counts) -> serde_json::Value {
    json!({
        "experiment": experiment.name,
        "revision": experiment.revision,
        "configurations": experiment.configurations,
        "jobs": counts_object(counts),
        "file": experiment.file,
    })
}

fn experiment_row(experiment: &ExperimentSummary, counts: &Counts) -> Vec<String> {
    vec![
        experiment.name.clone(),
        experiment.revision.to_string(),
        experiment.configurations.to_string(),
        format!("{} of {}", counts.finished, counts.jobs),
        counts.failed.to_string(),
        counts.other_words(),
        experiment.question.clone().unwrap_or_default(),
    ]
}

fn print_jobs(
    (name, jobs): (&str, &[JobProgress]),
    program: &RunningProgram,
    allocations: &[AllocationState],
    as_json: bool,
) -> Result<()> {
    if as_json {
        let objects: Vec<_> = jobs.iter().map(|job| job_json(program, job)).collect();
        let allocations = allocation_objects(allocations);
        return say_json(&json!({
            "experiment": name,
            "jobs": objects,
            "allocations": allocations,
        }));
    }
    let rows: Vec<_> = jobs.iter().map(|job| job_row(program, job)).collect();
    say(&plain(&JOB_COLUMNS, &rows))?;
    say_allocations(allocations)
}

fn job_json(program: &RunningProgram, job: &JobProgress) -> serde_json::Value {
    json!({
        "job": job.job,
        "configuration": job.label,
        "seed": job.seed,
        "fold": job.fold,
        "standing": program.standing(&job.job, &job.state).word(),
        "epoch": job.state.epoch,
        "epochs": job.state.epochs,
        "attempts": job.state.attempts,
        "detail": job.state.detail,
    })
}

fn job_row(program: &RunningProgram, job: &JobProgress) -> Vec<String> {
    let which = match job.fold {
        Some(fold) => format!("seed {}, fold {fold}", job.seed),
        None => format!("seed {}", job.seed),
    };
    let state = &job.state;
    vec![
        job.job.to_string(),
        job.label.clone(),
        which,
        program.standing(&job.job, state).word().to_string(),
        format!("{} of {}", state.epoch, state.epochs),
        state.attempts.to_string(),
        state.detail.lines().next().unwrap_or_default().to_string(),
    ]
}
