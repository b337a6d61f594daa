//! `rebuild` and `backup`.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_runner::ResultsLock;
use std::path::PathBuf;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet.
    pub file: PathBuf,
}

/// Builds the database again from the logs.
///
/// # Errors
/// If another program uses the results folder, or the database cannot be written.
pub fn rebuild(context: &Context) -> Result<Exit> {
    context.require_results()?;
    let _lock = ResultsLock::acquire(&context.results).code(Exit::Results)?;
    let report = convsweep_store::rebuild(&context.results).code(Exit::Results)?;
    for note in &report.problems {
        say_error(&format!("note: {note}"));
    }
    say(&format!("{} rebuilt", context.results.database().display()))?;
    Ok(Exit::Complete)
}

/// Copies the database as it is now, even while a run continues.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn backup(context: &Context, args: &BackupArgs) -> Result<Exit> {
    let database = context.database()?;
    database.backup(&args.file).code(Exit::Results)?;
    say(&format!(
        "{} copied to {}",
        context.results.database().display(),
        args.file.display()
    ))?;
    Ok(Exit::Complete)
}
