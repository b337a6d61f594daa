//! The launcher that a plan and the command line ask for, with its slots.

use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::RunPolicy;
use convsweep_runner::devices::{DeviceChoice, SlotSettings, parse_device_list, worker_folder};
use convsweep_runner::local::{LocalLauncher, local_slots};
use convsweep_spec::device::DeviceName;

/// The launcher for the devices and slots that the command line (`devices`, `slots`) or the file
/// asks for.
pub fn find_launcher(
    devices: Option<&str>,
    slots: Option<&str>,
    plan: &Plan,
) -> Result<LocalLauncher> {
    let choices = match devices {
        Some(text) => parse_device_list(text).map_err(runner_failure)?,
        None => {
            let names = plan.run.devices.iter().flatten();
            names.copied().map(DeviceChoice::Named).collect()
        }
    };
    let settings = match slots {
        Some(text) => text.parse::<SlotSettings>().map_err(runner_failure)?,
        None => settings_of_file(plan)?,
    };
    let settings = settings
        .with_threads(plan.run.threads)
        .with_memory(plan.run.memory_bytes);
    let slots = local_slots(&choices, &settings, &worker_folder()).map_err(runner_failure)?;
    Ok(LocalLauncher {
        slots,
        grace_period: RunPolicy::from(&plan.run).grace_period,
    })
}

fn settings_of_file(plan: &Plan) -> Result<SlotSettings> {
    let mut settings = SlotSettings::default();
    for (family, count) in &plan.run.slots {
        let device = DeviceName::from(*family);
        settings = settings.with(device, *count).map_err(runner_failure)?;
    }
    Ok(settings)
}
