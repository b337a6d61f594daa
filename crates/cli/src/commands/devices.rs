//! `devices`: what this machine offers.

use crate::exit::Exit;
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_runner::devices::{FoundDevice, find_devices, worker_folder};
use serde_json::json;

/// Prints the devices and why one cannot be used.
pub fn devices(as_json: bool) -> Result<Exit> {
    let devices = find_devices(&worker_folder());
    if as_json {
        let object = |d: &FoundDevice| {
            json!({ "name": d.name, "description": d.description, "memory_bytes": d.memory_bytes, "cores": d.cores,
                    "worker": d.worker, "problem": d.problem })
        };
        say_json(&devices.iter().map(object).collect::<Vec<_>>())?;
    } else {
        let row = |d: &FoundDevice| {
            let memory = d.memory_bytes.map_or("–".into(), |b| {
                format!("{:.1} GiB", b as f64 / f64::from(1 << 30))
            });
            let usable = d.problem.clone().unwrap_or_else(|| "yes".into());
            vec![
                d.name.to_string(),
                d.description.clone(),
                memory,
                d.cores.to_string(),
                usable,
            ]
        };
        let rows: Vec<_> = devices.iter().map(row).collect();
        say(&plain(
            &["device", "what", "memory", "cores", "usable"],
            &rows,
        ))?;
    }
    let usable = devices.iter().any(|d| d.problem.is_none());
    Ok(if usable { Exit::Complete } else { Exit::Device })
}
