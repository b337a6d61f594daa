//! `show`: prints one job.

mod json;
mod origin;
mod recorded_job;
mod text;

use crate::context::Context;
use crate::exit::Exit;
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use anyhow::Result;
use clap::Args;
pub use origin::{origin_words, recorded_values};
use recorded_job::RecordedJob;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A job's id, or the beginning of it.
    pub job: String,
    /// Show where each value comes from: a line of a file, an axis, an override or a default.
    #[arg(long)]
    pub origin: bool,
    /// Print the resolved configuration, attempts and curve as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints a job's configuration by its axes, its outcome, figures and files, and how to repeat it;
/// then its curve and its resolved configuration.
///
/// # Errors
/// If there is no such job or its files cannot be read.
pub fn show(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let database = context.database()?;
    let id = find_job(&database, &args.job)?;
    if args.origin {
        origin::origin(context, &database, &id, args.json)?;
        return Ok(Exit::Complete);
    }
    let job = RecordedJob::read(context, &database, id)?;
    if args.json {
        say_json(&json::object(context, &job))?;
    } else {
        say(&text::text(context, &job))?;
    }
    Ok(Exit::Complete)
}
