//! `convsweep`, the light program: command line, logging, wiring, exit codes. It links no tensor
//! library.

mod args;
mod commands;
mod context;
mod exit;
mod output;
mod planning;

use args::{Cli, Command};
use clap::Parser;
use context::Context;
use convsweep_runner::ControlRequest;
use exit::Exit;
use std::process::ExitCode;

// A plan of many jobs is many small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(cli.quiet);
    let exit = dispatch(cli).unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return Exit::Complete;
        }
        eprintln!("{}", with_label(&format!("{error:#}")));
        exit::of(&error)
    });
    ExitCode::from(exit as u8)
}

fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let context = Context::new(&cli)?;
    match cli.command {
        Command::Plan(args) => commands::plan::plan(&context, &args),
        Command::Run(args) => commands::run::run(&context, &args),
        Command::Status { name, json } => commands::status::status(&context, name.as_deref(), json),
        Command::Report { names } => commands::report::report(&context, &names),
        Command::Query(args) => commands::query::query(&context, &args),
        Command::Show {
            job,
            origin: true,
            json,
        } => commands::show::origin::origin(&context, &job, json),
        Command::Show {
            job,
            origin: false,
            json,
        } => commands::show::show(&context, &job, json),
        Command::Preset { name } => commands::preset::preset(name.as_deref()),
        Command::Explain { job } => commands::explain::explain(&context, &job),
        Command::Watch { name, once } => commands::watch::watch(&context, name.as_deref(), once),
        Command::Cancel { jobs } => commands::control::cancel(&context, &jobs),
        Command::Pause => commands::control::tell(&context, &ControlRequest::Pause),
        Command::Resume => commands::control::tell(&context, &ControlRequest::Resume),
        Command::Retry { jobs } => commands::retry::retry(&context, &jobs),
        Command::Prune { states, dry_run } => commands::prune::prune(&context, states, dry_run),
        Command::Data(command) => commands::data::data(&context, command),
        Command::Devices { json } => commands::devices::devices(json),
        Command::New { preset } => commands::language::new(preset.as_deref()),
        Command::Reference => commands::language::reference(),
        Command::Schema => commands::language::schema(),
        Command::Completions { shell } => commands::language::completions(shell),
        Command::CheckDb => commands::database::check(&context),
        Command::Rebuild => commands::database::rebuild(&context),
        Command::Backup { file } => commands::database::backup(&context, &file),
    }
}

fn start_logging(quiet: bool) {
    let level = if quiet { "error" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("CONVSWEEP_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
}

/// Problems of a file come with labels of their own.
fn with_label(message: &str) -> String {
    if message.starts_with("error") || message.starts_with('\u{1b}') {
        message.into()
    } else {
        format!("error: {message}")
    }
}

/// `convsweep query … | head` ends the reader first; that is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(closed)
}
