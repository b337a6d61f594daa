//! The devices that a plan or the command line asks for, and the launcher with their slots.

use super::job_action::PlannedJob;
use super::precision::{precision_notes, trained_precisions};
use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::devices::{
    DeviceChoice, FoundDevice, SlotSettings, parse_device_list, worker_folder,
};
use convsweep_runner::local::{LocalLauncher, local_devices, local_slots};
use convsweep_runner::{RunPolicy, RunnerError};
use convsweep_spec::device::{DeviceFamily, DeviceName};
use std::time::Duration;

/// The devices that jobs are trained on.
#[derive(Clone, Debug)]
pub struct ChosenDevices {
    devices: Vec<FoundDevice>,
    settings: SlotSettings,
    grace_period: Duration,
}

/// The devices of a run: devices and slots that the command line names take precedence over the
/// file.
///
/// # Errors
/// If a device is unknown or unusable.
pub fn choose_devices(
    devices: Option<&str>,
    slots: Option<&str>,
    plan: &Plan,
) -> Result<ChosenDevices> {
    choose(devices, slots, plan).map_err(runner_failure)
}

fn choose(
    devices: Option<&str>,
    slots: Option<&str>,
    plan: &Plan,
) -> Result<ChosenDevices, RunnerError> {
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
    Ok(ChosenDevices {
        devices: local_devices(&choices, &worker_folder())?,
        settings: settings
            .with_threads(plan.run.threads)
            .with_memory(plan.run.memory_bytes),
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

impl ChosenDevices {
    /// The family of the device that gets the first job.
    pub fn first_family(&self) -> DeviceFamily {
        let first = self.devices.first();
        first.map_or(DeviceFamily::Cpu, |device| device.name.family)
    }

    /// The device with most memory for a single job, and that memory in bytes; `None` if it is not
    /// known how much one of them has.
    pub fn roomiest(&self) -> Option<(DeviceName, u64)> {
        let mut roomiest = None;
        for device in &self.devices {
            let of_process = device.process_memory_bytes.unwrap_or(u64::MAX);
            let bytes = device.memory_bytes?.min(of_process);
            if roomiest.is_none_or(|(_, most)| bytes > most) {
                roomiest = Some((device.name, bytes));
            }
        }
        roomiest
    }

    /// As [`precision_notes`], for the jobs of a plan that are to be trained.
    ///
    /// # Errors
    /// If no device can compute in the precision of one of them.
    pub fn precision_notes(&self, plan: &Plan, jobs: &[PlannedJob]) -> Result<Vec<String>> {
        precision_notes(&self.devices, &trained_precisions(plan, jobs))
    }

    /// The launcher with no more slots than there is memory for jobs that take `job_bytes`, and
    /// notes for the user about slots that are left out. Its slots are written to the log.
    ///
    /// # Errors
    /// If there is no room for a worker.
    pub fn launcher(&self, job_bytes: Option<f64>) -> Result<(LocalLauncher, Vec<String>)> {
        let estimate = job_bytes.map(|bytes| bytes as u64);
        let settings = self.settings.clone().with_estimate(estimate);
        let arranged = local_slots(&self.devices, &settings).map_err(runner_failure)?;
        for (number, slot) in arranged.slots.iter().enumerate() {
            tracing::info!("slot {number}: {slot}");
        }
        let launcher = LocalLauncher {
            slots: arranged.slots,
            grace_period: self.grace_period,
        };
        Ok((launcher, arranged.notes))
    }
}
