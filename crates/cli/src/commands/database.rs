//! `rebuild` and `backup`.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_runner::ResultsLock;
use convsweep_store::{Integrity, rebuild_telling};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not exist yet.
    pub file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rebuild`.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Forget what only the old database knows, because logs were cut or are gone; without this such
    /// a rebuild is refused.
    #[arg(long)]
    pub forget_lost: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Builds the database again from the logs.
///
/// # Errors
/// If another program uses the results folder, the database knows what the logs no longer hold, or
/// it cannot be written.
pub fn rebuild(context: &Context, args: &RebuildArgs) -> Result<Exit> {
    context.require_results()?;
    let _lock = ResultsLock::acquire(&context.results).code(Exit::Results)?;
    let phase = context.phase("building the database from the logs");
    let progress = |done, all| phase.step(done, all);
    let rebuilt = rebuild_telling(&context.results, args.forget_lost, &progress);
    let report = rebuilt.code(Exit::Results)?;
    drop(phase);
    for note in &report.problems {
        say_error(&format!("note: {note}"));
    }
    let database = context.results.database();
    match args.json {
        true => say_json(&json!({ "database": database, "notes": report.problems }))?,
        false => say(&format!("{} rebuilt", database.display()))?,
    }
    Ok(Exit::Complete)
}

/// Copies the database as it is now, even while a run continues.
///
/// # Errors
/// If the file exists or cannot be written, or the database is known to have been changed.
pub fn backup(context: &Context, args: &BackupArgs) -> Result<Exit> {
    let phase = context.phase("copying the database");
    let integrity = Integrity::of_results(&context.results);
    let database = context.database()?;
    if integrity == Integrity::Changed {
        let message = format!(
            "{} was damaged, or changed by another program, since Convsweep wrote it, so a copy of \
            it would be worth nothing: `convsweep rebuild` builds it again from the logs; then give \
            the command again",
            context.results.database().display()
        );
        return Err(failure(Exit::Results, message));
    }
    database.backup(&args.file).code(Exit::Results)?;
    drop(phase);
    let (from, to) = (context.results.database(), &args.file);
    match args.json {
        true => say_json(&json!({ "database": from, "copy": to }))?,
        false => say(&format!("{} copied to {}", from.display(), to.display()))?,
    }
    Ok(Exit::Complete)
}
