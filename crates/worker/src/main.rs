//! `convsweep-worker`: carries out one job after another on one slot.
//!
//! [`Command`]s arrive as JSON lines on standard input. [`Envelope`]s leave as JSON lines on
//! standard output; all but progress and heartbeats are also appended to the job's `events.jsonl`.
//! Messages for people go to standard error; `CONVSWEEP_LOG=debug` shows more of them. The process
//! ends when its standard input closes.
//!
//! [`Command`]: convsweep_spec::command::Command
//! [`Envelope`]: convsweep_spec::event::Envelope

mod commands;
mod earlier_attempts;
mod event_log;
mod failure;
mod fingerprint;
mod heartbeat;
mod job_folder;
mod memory;
mod messages;
mod replies;
mod run_attempt;

use commands::{Commands, Request};
use convsweep_files::{survive_size_limit, with_enough_stack};
use convsweep_inference::Inference;
use convsweep_spec::command::MISCONFIGURED;
use convsweep_spec::device::WorkerDevice;
use convsweep_spec::inference::{InferenceReply, InferenceRequest};
use heartbeat::Heartbeat;
use messages::{MessageWriter, report_panics, say, say_error};
use replies::write_reply;
use std::io;
use std::panic::catch_unwind;
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// glibc's allocator returns large tensors to the operating system after each step, which halves
/// the speed of fast steps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
convsweep-worker trains jobs for convsweep: commands as JSON lines on standard input, events on \
standard output.

  --devices  list the devices that it can use, as JSON
  --version  print its version, backend and revision";

/// Exit code after an error in this program itself.
const INTERNAL: u8 = 70;

fn main() -> ExitCode {
    report_panics();
    // Without it, the system ends the program where a file becomes too large.
    _ = survive_size_limit();
    let work = || catch_unwind(answer).unwrap_or(ExitCode::from(INTERNAL));
    with_enough_stack(work).unwrap_or_else(|error| refuse(&no_thread(&error)))
}

/// Does what the command line asks for.
fn answer() -> ExitCode {
    // An argument that is no text is unknown too.
    let argument = std::env::args_os().nth(1);
    let argument = argument.map(|argument| argument.to_string_lossy().into_owned());
    match argument.as_deref() {
        None => serve(),
        Some("--devices") => print_devices(),
        Some("--version" | "-V") => {
            let (version, revision) = (env!("CARGO_PKG_VERSION"), env!("CONVSWEEP_REVISION"));
            let backend = convsweep_nn::BACKEND;
            say(&format!(
                "convsweep-worker {version} ({backend}, {revision})"
            ));
            ExitCode::SUCCESS
        }
        Some("--help" | "-h") => {
            say(HELP);
            ExitCode::SUCCESS
        }
        Some(other) => {
            say_error(&format!(
                "convsweep-worker: unknown argument {other:?}\n\n{HELP}"
            ));
            ExitCode::from(2)
        }
    }
}

/// Carries out requests from standard input until it closes.
fn serve() -> ExitCode {
    start_logging();
    die_with_parent();
    if let Err(error) = convsweep_nn::check_instruction_limit() {
        return refuse(&error.to_string());
    }
    let commands = match Commands::listen() {
        Ok(commands) => commands,
        Err(error) => return refuse(&no_thread(&error)),
    };
    let mut inference = Inference::default();
    while let Some(request) = commands.next() {
        match request {
            Request::Reject { reason } => return refuse(&reason),
            Request::Infer(request) => {
                if !write_reply(&answer_alive(&mut inference, &request)) {
                    break;
                }
            }
            Request::Run { .. } if commands.is_disconnected() => break,
            Request::Run { job, number } => {
                if let Some(reason) = run_attempt::mismatch(&job) {
                    return refuse(&reason);
                }
                run_attempt::run(&job, number, &commands);
            }
        }
    }
    ExitCode::SUCCESS
}

/// Carries out a request under heartbeats.
fn answer_alive(inference: &mut Inference, request: &InferenceRequest) -> InferenceReply {
    _ = convsweep_nn::use_backend_settings(None);
    let _heartbeat = Heartbeat::of_answer();
    inference.answer(request)
}

fn no_thread(error: &io::Error) -> String {
    format!("the worker gets no thread ({error}): see `ulimit -u` and `ulimit -v`")
}

/// Ends the process because no job can be carried out here, and says why: every other worker would
/// do the same.
fn refuse(reason: &str) -> ExitCode {
    say_error(reason);
    ExitCode::from(MISCONFIGURED)
}

/// Warnings and errors go to standard error, and whatever `CONVSWEEP_LOG` asks for.
fn start_logging() {
    let asked_for = std::env::var("CONVSWEEP_LOG").unwrap_or_default();
    let filter = match asked_for.parse() {
        Ok(filter) if !asked_for.is_empty() => filter,
        _ => Targets::new().with_default(LevelFilter::WARN),
    };
    let messages = fmt::layer()
        .with_writer(MessageWriter)
        .with_ansi(false)
        .without_time()
        .with_filter(filter);
    tracing_subscriber::registry().with(messages).init();
}

/// Asks the system to kill this process when its parent dies. A closed standard input ends it too,
/// but only after the current step.
fn die_with_parent() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
    {
        tracing::warn!("the worker will not be killed when its parent dies: {error}");
    }
}

fn print_devices() -> ExitCode {
    _ = convsweep_nn::use_backend_settings(None);
    let mut rows = Vec::new();
    for device in convsweep_nn::devices() {
        rows.push(WorkerDevice {
            name: device.name,
            kind: device.kind,
            backend: convsweep_nn::BACKEND.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            revision: env!("CONVSWEEP_REVISION").into(),
            instructions: convsweep_nn::instructions(),
        });
    }
    match serde_json::to_string(&rows) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say_error(&format!("convsweep-worker: {error}"));
            ExitCode::FAILURE
        }
    }
}
