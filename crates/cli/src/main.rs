//! The `convsweep` program: command line, logging and exit codes. It does not link a tensor
//! library: training happens in the worker program.

mod cli;
mod commands;
mod context;
mod exit;
mod help;
mod inference;
mod integrity;
mod limits;
mod logging;
mod output;
mod panics;
mod phases;
mod planning;
mod process_groups;
mod signals;
mod streams;

use clap::{CommandFactory, FromArgMatches};
use cli::{Cli, asks_for_json};
use context::Context;
use convsweep_spec::words::printable_lines;
use exit::Exit;
use output::json::say_line;
use serde_json::json;
use std::io::ErrorKind;
use std::process::ExitCode;
use streams::say_error;

// Planning many jobs makes many small allocations, which is what mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    convsweep_files::with_enough_stack(start).unwrap_or_else(|error| {
        say_error(&format!("error: no stack for this program: {error}"));
        streams::finish();
        ExitCode::from(Exit::Internal as u8)
    })
}

/// Does what the command line asks for.
fn start() -> ExitCode {
    panics::install();
    limits::abort_with_code();
    convsweep_runner::local::raise_open_files();
    // Without it, the system ends the program where a file becomes too large.
    _ = convsweep_files::survive_size_limit();
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    logging::start(cli.quiet);
    if let Some(note) = limits::memory_note().filter(|_| !cli.quiet) {
        say_error(&note);
    }
    let as_json = asks_for_json(&matches);
    let exit = panics::caught(|| exit_of(run(cli), as_json)).unwrap_or(Exit::Internal);
    streams::finish();
    if panics::has_panicked() {
        return ExitCode::from(Exit::Internal as u8);
    }
    ExitCode::from(exit as u8)
}

/// The exit code; the user is told of an error, and so is a program that reads JSON.
fn exit_of(result: anyhow::Result<Exit>, as_json: bool) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) if is_closed_pipe(&error) => Exit::Complete,
        Err(error) => {
            say_error(&with_label(&format!("{error:#}")));
            if as_json {
                // Nobody may read it.
                _ = say_line(&json!({ "error": exit::object(&error) }));
            }
            exit::of(&error)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let context = Context::new(&cli.results, cli.data.as_deref(), cli.quiet)?;
    commands::run_command(&context, cli.command, Cli::command())
}

/// Adds `error:`, unless the message is a report on an experiment file, which is labelled already.
fn with_label(message: &str) -> String {
    if message.starts_with('\u{1b}') {
        // A report with colours has made the texts of others printable itself.
        message.into()
    } else if message.starts_with("error") {
        printable_lines(message).into_owned()
    } else {
        format!("error: {}", printable_lines(message))
    }
}

/// `convsweep query … | head` closes the pipe early, which is not a failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.kind() == ErrorKind::BrokenPipe,
        None => false,
    }
}
