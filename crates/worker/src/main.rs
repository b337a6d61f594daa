//! `convsweep-worker`: trains one job after another on one slot.
//!
//! [`Command`]s come as JSON lines on standard input, [`Envelope`]s leave as JSON lines on standard
//! output (all but progress also into the job's `events.jsonl`), talk goes to standard error. The
//! process ends when its standard input closes.
//!
//! [`Command`]: convsweep_spec::command::Command
//! [`Envelope`]: convsweep_spec::event::Envelope

mod events;
mod fingerprint;
mod folder;
mod job;
mod orders;
mod pulse;

use orders::{Order, Orders};
use serde::Serialize;
use std::process::ExitCode;

/// glibc's allocator gives large tensors back to the system each step, which halves the speed of a
/// fast step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str =
    "convsweep-worker trains jobs for convsweep: commands as JSON lines on standard input, events on standard output.

  --devices  list the devices that it can use, as JSON
  --version  say its version, backend and revision";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => serve(),
        Some("--devices") => print_devices(),
        Some("--version" | "-V") => {
            let (version, revision) = (env!("CARGO_PKG_VERSION"), env!("CONVSWEEP_REVISION"));
            println!(
                "convsweep-worker {version} ({}, {revision})",
                convsweep_nn::BACKEND
            );
            ExitCode::SUCCESS
        }
        Some("--help" | "-h") => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("convsweep-worker: unknown argument {other:?}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// Trains what standard input brings until it closes.
fn serve() -> ExitCode {
    die_with_the_parent();
    let orders = Orders::listen();
    while let Some(order) = orders.next() {
        match order {
            Order::Refuse {
                job,
                attempt,
                reason,
            } => job::refuse(job, attempt, reason),
            Order::Train { .. } if orders.gone() => break,
            Order::Train { job, number } => job::run(&job, number, &orders),
        }
    }
    ExitCode::SUCCESS
}

/// The closing of standard input is looked at each step; this is quicker, where the system has it.
fn die_with_the_parent() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
    {
        eprintln!("convsweep-worker: cannot tie its life to its parent's: {error}");
    }
}

#[derive(Serialize)]
struct DeviceRow {
    name: String,
    kind: String,
    backend: &'static str,
}

fn print_devices() -> ExitCode {
    let row = |d: convsweep_nn::DeviceInfo| DeviceRow {
        name: d.name.to_string(),
        kind: d.kind,
        backend: convsweep_nn::BACKEND,
    };
    let rows: Vec<DeviceRow> = convsweep_nn::devices().into_iter().map(row).collect();
    match serde_json::to_string(&rows) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("convsweep-worker: {error}");
            ExitCode::FAILURE
        }
    }
}
