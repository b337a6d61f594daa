//! `devices`: the devices of this machine.

use crate::exit::Exit;
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_runner::devices::{FoundDevice, find_devices, probe, worker_folder};
use convsweep_spec::device::{WorkerDevice, WorkerKind};
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
        say_json(&json!({ "devices": objects }))?;
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
        "driver": device.gpu.as_ref().and_then(|gpu| gpu.driver.clone()),
        "compute_capability": device.gpu.as_ref().and_then(|gpu| gpu.compute_capability.clone()),
        "is_exclusive": device.gpu.as_ref().map(|gpu| gpu.is_exclusive),
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
        what(device),
        memory,
        device.cores.to_string(),
        device.problem.clone().unwrap_or_else(|| "yes".into()),
    ]
}

/// The model; of a GPU also what it can do, the driver, and the library by which it computes.
fn what(device: &FoundDevice) -> String {
    let Some(gpu) = &device.gpu else {
        return device.description.clone();
    };
    let program = device.worker.file_name().unwrap_or_default();
    let kind = WorkerKind::of_program(&program.to_string_lossy());
    let parts = [
        gpu.compute_capability
            .as_ref()
            .map(|number| format!("compute capability {number}")),
        gpu.driver
            .as_ref()
            .map(|version| format!("driver {version}")),
        gpu.is_exclusive.then(|| "exclusive mode".to_string()),
        kind.map(|kind| format!("by {}", kind.library())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{} ({})", device.description, parts.join(", "))
}
