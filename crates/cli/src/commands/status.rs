//! `status`: one line per experiment, or per job of one experiment.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use crate::planning::lookup::progress;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_store::{Database, ExperimentSummary, JobProgress};
use serde_json::json;

const EXPERIMENT_COLUMNS: [&str; 6] = [
    "experiment",
    "revision",
    "configurations",
    "finished",
    "failed",
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
    match (context.database_if_any()?, &args.name) {
        (None, _) if args.json => say("[]")?,
        (None, _) => say_error(&format!(
            "nothing has been run here yet: {} has no database",
            context.results.0.display()
        )),
        (Some(database), Some(name)) => jobs(&database, name, args.json)?,
        (Some(database), None) => experiments(&database, args.json)?,
    }
    Ok(Exit::Complete)
}

fn experiments(database: &Database, as_json: bool) -> Result<()> {
    let experiments = database.experiments().code(Exit::Results)?;
    if as_json {
        let objects: Vec<_> = experiments.iter().map(experiment_json).collect();
        return say_json(&objects);
    }
    let rows: Vec<_> = experiments.iter().map(experiment_row).collect();
    say(&plain(&EXPERIMENT_COLUMNS, &rows))
}

fn experiment_json(experiment: &ExperimentSummary) -> serde_json::Value {
    json!({
        "experiment": experiment.name,
        "revision": experiment.revision,
        "configurations": experiment.configurations,
        "jobs": experiment.jobs,
        "finished": experiment.finished,
        "failed": experiment.failed,
        "file": experiment.file,
    })
}

fn experiment_row(experiment: &ExperimentSummary) -> Vec<String> {
    vec![
        experiment.name.clone(),
        experiment.revision.to_string(),
        experiment.configurations.to_string(),
        format!("{} of {}", experiment.finished, experiment.jobs),
        experiment.failed.to_string(),
        experiment.question.clone().unwrap_or_default(),
    ]
}

fn jobs(database: &Database, experiment: &str, as_json: bool) -> Result<()> {
    let jobs = progress(database, experiment)?;
    if as_json {
        let objects: Vec<_> = jobs.iter().map(job_json).collect();
        return say_json(&objects);
    }
    let rows: Vec<_> = jobs.iter().map(job_row).collect();
    say(&plain(&JOB_COLUMNS, &rows))
}

fn job_json(job: &JobProgress) -> serde_json::Value {
    json!({
        "job": job.job,
        "configuration": job.label,
        "seed": job.seed,
        "fold": job.fold,
        "standing": job.state.word(),
        "epoch": job.state.epoch,
        "epochs": job.state.epochs,
        "attempts": job.state.attempts,
        "detail": job.state.detail,
    })
}

fn job_row(job: &JobProgress) -> Vec<String> {
    let run = match job.fold {
        Some(fold) => format!("seed {}, fold {fold}", job.seed),
        None => format!("seed {}", job.seed),
    };
    let state = &job.state;
    vec![
        job.job.to_string(),
        job.label.clone(),
        run,
        state.word().to_string(),
        format!("{} of {}", state.epoch, state.epochs),
        state.attempts.to_string(),
        state.detail.lines().next().unwrap_or_default().to_string(),
    ]
}
