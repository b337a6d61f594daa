//! `watch`: follows the running sweep until it is left.

pub mod json;
mod live;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::dashboard::{WatchReader, once};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::unknown_experiment;
use anyhow::Result;
use clap::Args;
use convsweep_store::Database;
use std::io::IsTerminal;

/// Width and height of the picture that is printed once.
const ONCE: (usize, usize) = (80, 24);

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The experiment to follow [default: the one that was run last].
    pub name: Option<String>,
    /// Print the current state once and exit.
    #[arg(long)]
    pub once: bool,
    /// Print the current state once as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows the named experiment, or the one that was run last.
///
/// # Errors
/// If there is no such experiment, the database cannot be used, or the terminal shows no pictures.
pub fn watch(context: &Context, args: &WatchArgs) -> Result<Exit> {
    let is_live = !args.once && !args.json && std::io::stdout().is_terminal();
    if is_live && !live::is_able() {
        let message = "this terminal (TERM=dumb) cannot show a picture that moves: \
            `convsweep watch --once` prints the state once";
        return Err(failure(Exit::Wrong, message));
    }
    let database = context.database()?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => newest_experiment(&database)?,
    };
    let reader = WatchReader::new(&context.results, context.database()?, &name)?;
    let Some(reader) = reader else {
        return Err(unknown_experiment(&database, &name));
    };
    if is_live {
        drop(database);
        return live::follow(reader);
    }
    match args.json {
        true => say_json(&json::object(&database, reader.state())?)?,
        false => say(&once(&reader.shown(), ONCE.0, ONCE.1).join("\n"))?,
    }
    Ok(Exit::Complete)
}

fn newest_experiment(database: &Database) -> Result<String> {
    let newest = database.newest_experiment().code(Exit::Results)?;
    newest.ok_or_else(|| failure(Exit::Wrong, "nothing has been run here yet"))
}
