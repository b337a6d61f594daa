//! `why`: why a job is waiting, was pruned or failed, and what to do.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use anyhow::Result;
use clap::Args;
use convsweep_progress::JobReasons;

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
    let reasons = JobReasons::read(&context.results, &database, &id).code(Exit::Results)?;
    match reasons {
        Some(reasons) => say(&reasons.lines().join("\n"))?,
        None => say(&format!("job {id}: nothing is recorded about it"))?,
    }
    Ok(Exit::Complete)
}
