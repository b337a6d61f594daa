//! `watch`: shows the running sweep until it is interrupted.

pub mod json;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::dashboard::{Picture, draw};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::unknown_experiment;
use anyhow::Result;
use clap::Args;
use convsweep_progress::{RunningProgram, SweepState};
use convsweep_spec::words::printable;
use convsweep_store::Database;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Time between two pictures.
const INTERVAL: Duration = Duration::from_secs(1);
/// Height and width if there is no terminal.
const DEFAULT_SIZE: (u16, u16) = (24, 80);

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
/// If there is no such experiment or the database cannot be used.
pub fn watch(context: &Context, args: &WatchArgs) -> Result<Exit> {
    let terminal = console::Term::stdout();
    let live = !args.once && std::io::stdout().is_terminal();
    loop {
        let database = context.database()?;
        let name = match &args.name {
            Some(name) => name.clone(),
            None => newest_experiment(&database)?,
        };
        let program = RunningProgram::of(&context.results);
        let state = SweepState::read(&database, &name, program).code(Exit::Results)?;
        let Some(state) = state else {
            return Err(unknown_experiment(&database, &name));
        };
        if args.json {
            say_json(&json::object(&database, &state)?)?;
            return Ok(Exit::Complete);
        }
        let picture = Picture::read(&database, state)?;
        let (height, width) = if live { terminal.size() } else { DEFAULT_SIZE };
        let lines = draw(&picture, width.into(), height.into());
        if !live {
            say(&lines.join("\n"))?;
            return Ok(Exit::Complete);
        }
        show(&lines)?;
        std::thread::sleep(INTERVAL);
    }
}

fn newest_experiment(database: &Database) -> Result<String> {
    let newest = database.newest_experiment().code(Exit::Results)?;
    newest.ok_or_else(|| failure(Exit::Wrong, "nothing has been run here yet"))
}

/// Overwrites the screen: each line from its start to its end, then the rest. That does not
/// flicker, as clearing the screen first would.
fn show(lines: &[String]) -> Result<()> {
    let mut text = String::from("\x1b[H");
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            text += "\r\n";
        }
        text += &format!("{}\x1b[K", printable(line));
    }
    text += "\x1b[J";
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
