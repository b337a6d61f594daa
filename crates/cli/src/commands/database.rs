//! `check-db`, `rebuild` and `backup`.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_runner::ResultsLock;
use convsweep_store::Reader;
use std::path::Path;

/// Integrity, and agreement with the logs.
pub fn check(context: &Context) -> Result<Exit> {
    let problems = convsweep_store::check(&context.results).code(Exit::Results)?;
    if problems.is_empty() {
        say("the database is sound and agrees with the logs")?;
        return Ok(Exit::Complete);
    }
    for problem in &problems {
        say(problem)?;
    }
    eprintln!(
        "{} problems; `convsweep rebuild` makes the database anew from the logs",
        problems.len()
    );
    Ok(Exit::Results)
}

/// The database anew from the logs.
pub fn rebuild(context: &Context) -> Result<Exit> {
    let _lock = ResultsLock::acquire(&context.results).code(Exit::Results)?;
    let report = convsweep_store::rebuild(&context.results).code(Exit::Results)?;
    for note in &report.problems {
        eprintln!("note: {note}");
    }
    say(&format!(
        "{} made anew",
        context.results.database().display()
    ))?;
    Ok(Exit::Complete)
}

/// A copy of the database as it is now, while a run goes on.
pub fn backup(context: &Context, to: &Path) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    reader.backup(to).code(Exit::Results)?;
    say(&format!(
        "{} copied to {}",
        context.results.database().display(),
        to.display()
    ))?;
    Ok(Exit::Complete)
}
