//! `why`: why a job is waiting, was pruned or failed, and what to do.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::job_json::{attempt_object, decision_object};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use anyhow::Result;
use clap::Args;
use convsweep_progress::JobReasons;
use convsweep_spec::id::JobId;
use serde_json::{Value, json};

/// Arguments of `why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// A job's id, or the beginning of it.
    pub job: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the state of a job, how its attempts ended, every decision about it with its reason, and
/// what to do.
///
/// # Errors
/// If there is no such job or the database cannot be used.
pub fn why(context: &Context, args: &WhyArgs) -> Result<Exit> {
    let database = context.database()?;
    let id = find_job(&database, &args.job)?;
    let reasons = JobReasons::read(&context.results, &database, &id).code(Exit::Results)?;
    match reasons {
        reasons if args.json => say_json(&object(&id, reasons.as_ref()))?,
        Some(reasons) => say(&reasons.lines().join("\n"))?,
        None => say(&format!("job {id}: nothing is recorded about it"))?,
    }
    Ok(Exit::Complete)
}

/// What explains how the job stands; nothing but its id if nothing is recorded about it.
fn object(job: &JobId, reasons: Option<&JobReasons>) -> Value {
    let Some(reasons) = reasons else {
        return json!({ "job": job, "standing": null });
    };
    let attempts = reasons.attempts.iter().map(attempt_object);
    let decisions = reasons.decisions.iter().map(decision_object);
    json!({
        "job": job,
        "standing": reasons.standing.word(),
        "epoch": reasons.state.epoch,
        "epochs": reasons.state.epochs,
        "attempts": attempts.collect::<Vec<_>>(),
        "decisions": decisions.collect::<Vec<_>>(),
        "notes": reasons.notes,
        "advice": reasons.advice,
    })
}
