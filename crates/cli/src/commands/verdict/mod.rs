//! `verdict`: prints what the results of an experiment say.

mod json;
pub mod text;

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::unknown_experiment;
use anyhow::Result;
use clap::Args;
pub use json::VerdictObject;

/// Arguments of `verdict`.
#[derive(Debug, Args)]
pub struct VerdictArgs {
    /// Name of an experiment.
    pub name: String,
    /// Print everything as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Prints the answer in words, the configurations in order, which of them are better than which,
/// and what each axis does.
///
/// # Errors
/// If there is no such experiment or the database cannot be used.
pub fn verdict(context: &Context, args: &VerdictArgs) -> Result<Exit> {
    let database = context.database()?;
    let phase = context.phase("comparing configurations");
    let answers = database.answers(&args.name).code(Exit::Results)?;
    drop(phase);
    let answers = answers.ok_or_else(|| unknown_experiment(&database, &args.name))?;
    match args.json {
        true => say_json(&VerdictObject::of(&answers, context.database_doubt()))?,
        false => say(&text::text(&answers))?,
    }
    Ok(Exit::Complete)
}
