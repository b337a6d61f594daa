//! `node`: what a node of an allocation says to the run that trains on it.

use crate::context::Context;
use crate::exit::Exit;
use crate::output::json::say_line;
use anyhow::Result;
use convsweep_runner::devices::worker_folder;
use convsweep_runner::nodes::node_report;

/// Prints the report of this machine as a line of JSON.
///
/// # Errors
/// If stdout cannot be written.
pub fn node(context: &Context) -> Result<Exit> {
    let data = context.data().ok();
    say_line(&node_report(&worker_folder(), &context.results, data))?;
    Ok(Exit::Complete)
}
