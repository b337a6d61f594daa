//! The slots that a plan and the command line ask for.

use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::{
    Slot, SlotSettings,
    devices::slots::{DeviceChoice, device_list},
    slots, worker_dir,
};
use convsweep_spec::device::{DeviceFamily, DeviceName};

/// The slots that the command line or the file asks for.
pub fn find_slots(devices: Option<&str>, slots_of: Option<&str>, plan: &Plan) -> Result<Vec<Slot>> {
    let names = match devices {
        Some(text) => device_list(text).map_err(runner_failure)?,
        None => {
            let names = plan.run.devices.iter().flatten();
            names.copied().map(DeviceChoice::Named).collect()
        }
    };
    let settings = match slots_of {
        Some(text) => text.parse::<SlotSettings>().map_err(runner_failure)?,
        None => {
            let settings = SlotSettings::default()
                .with(DeviceFamily::Cuda.into(), plan.run.cuda_slots)
                .map_err(runner_failure)?;
            match plan.run.cpu_slots {
                Some(count) => settings
                    .with(DeviceName::CPU, count)
                    .map_err(runner_failure)?,
                None => settings,
            }
        }
    };
    let settings = settings
        .with_threads(plan.run.threads)
        .with_memory(plan.run.memory_bytes);
    slots(&names, &settings, &worker_dir()).map_err(runner_failure)
}
