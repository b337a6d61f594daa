//! `devices`: the devices of this machine.

use crate::exit::Exit;
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_runner::devices::{FoundDevice, find_devices, probe, worker_folder};
use convsweep_spec::device::WorkerDevice;
use serde_json::{Value, json};

const COLUMNS: [&str; 5] = ["device", "what", "memory", "cores", "usable"];

/// Arguments of `devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Starts each device's worker, and prints the devices and why one of them cannot be used.
///
/// # Errors
/// If stdout cannot be written.
pub fn devices(args: &DevicesArgs) -> Result<Exit> {
    let mut devices = find_devices(&worker_folder());
    let probed = probe(&mut devices);
    if args.json {
        let both = devices.iter().zip(&probed);
        let objects: Vec<Value> = both
            .map(|(device, probed)| object(device, probed))
            .collect();
        say_json(&objects)?;
    } else {
        let rows: Vec<_> = devices.iter().map(row).collect();
        say(&plain(&COLUMNS, &rows))?;
    }
    let is_any_usable = devices.iter().any(|device| device.problem.is_none());
    Ok(if is_any_usable {
        Exit::Complete
    } else {
        Exit::Device
    })
}

fn object(device: &FoundDevice, probed: &Option<WorkerDevice>) -> Value {
    json!({
        "name": device.name,
        "description": device.description,
        "memory_bytes": device.memory_bytes,
        "cores": device.cores,
        "worker": device.worker,
        "problem": device.problem,
        "answer": probed,
    })
}

fn row(device: &FoundDevice) -> Vec<String> {
    let memory = match device.memory_bytes {
        Some(bytes) => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
        None => "–".into(),
    };
    vec![
        device.name.to_string(),
        device.description.clone(),
        memory,
        device.cores.to_string(),
        device.problem.clone().unwrap_or_else(|| "yes".into()),
    ]
}
