//! The launcher that a plan or the command line asks for, with its slots.

use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::devices::{DeviceChoice, SlotSettings, parse_device_list, worker_folder};
use convsweep_runner::launcher::Launcher;
use convsweep_runner::local::{LocalLauncher, local_slots};
use convsweep_runner::{RunPolicy, RunnerError};
use convsweep_spec::device::DeviceName;

/// The launcher of a run: devices and slots that the command line names take precedence over the
/// file. Its slots are written to the log.
///
/// # Errors
/// If a device is unknown or unusable.
pub fn find_launcher(
    devices: Option<&str>,
    slots: Option<&str>,
    plan: &Plan,
) -> Result<Box<dyn Launcher>> {
    let launcher = find(devices, slots, plan).map_err(runner_failure)?;
    for (number, slot) in launcher.slots.iter().enumerate() {
        tracing::info!("slot {number}: {slot}");
    }
    Ok(Box::new(launcher))
}

fn find(
    devices: Option<&str>,
    slots: Option<&str>,
    plan: &Plan,
) -> Result<LocalLauncher, RunnerError> {
    let choices = match devices {
        Some(text) => parse_device_list(text)?,
        None => {
            let named = plan.run.devices.iter().flatten();
            named.copied().map(DeviceChoice::Named).collect()
        }
    };
    let settings = match slots {
        Some(text) => text.parse::<SlotSettings>()?,
        None => settings_of_file(plan)?,
    };
    let settings = settings
        .with_threads(plan.run.threads)
        .with_memory(plan.run.memory_bytes);
    Ok(LocalLauncher {
        slots: local_slots(&choices, &settings, &worker_folder())?,
        grace_period: RunPolicy::from(&plan.run).grace_period,
    })
}

fn settings_of_file(plan: &Plan) -> Result<SlotSettings, RunnerError> {
    let mut settings = SlotSettings::default();
    for (family, count) in &plan.run.slots {
        settings = settings.with(DeviceName::from(*family), *count)?;
    }
    Ok(settings)
}
