//! The slots on which workers answer.

use super::worker_args::PatienceArgs;
use crate::exit::runner_failure;
use anyhow::Result;
use convsweep_runner::devices::{DeviceChoice, SlotSettings, parse_device_list, worker_folder};
use convsweep_runner::local::{LocalLauncher, local_devices, local_slots};
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::inference::Ensemble;
use std::fs;
use std::time::Duration;

/// Time that a worker has to exit at the end.
const GRACE: Duration = Duration::from_secs(5);
/// Memory of a worker in bytes besides what the weights take, by measurement.
const WORKER_BYTES: u64 = 200 << 20;
/// How often the values of the weights are in memory at most, as read, as values and as tensors.
const COPIES_OF_WEIGHTS: u64 = 6;

/// The slots on which workers answer.
pub struct InferenceWorkers {
    pub(super) launcher: LocalLauncher,
    pub(super) ensemble: Ensemble,
    /// Silence after which a worker is considered lost.
    pub(super) lost_after: Duration,
}

impl InferenceWorkers {
    /// The workers for these networks, on the devices that the user names: a list such as
    /// `cpu,cuda:0`, or else the CPU.
    ///
    /// # Errors
    /// If there is no such device, or no worker for it.
    pub fn new(
        devices: Option<&str>,
        patience: &PatienceArgs,
        ensemble: Ensemble,
    ) -> Result<InferenceWorkers> {
        let choices = match devices {
            Some(text) => parse_device_list(text).map_err(runner_failure)?,
            None => vec![DeviceChoice::Named(DeviceName::from(DeviceFamily::Cpu))],
        };
        let found = local_devices(&choices, &worker_folder()).map_err(runner_failure)?;
        let mut bytes = WORKER_BYTES;
        for network in &ensemble.networks {
            let weights = fs::metadata(&network.weights).map_or(0, |file| file.len());
            bytes = bytes.saturating_add(weights.saturating_mul(COPIES_OF_WEIGHTS));
        }
        let settings = SlotSettings::default().with_estimate(Some(bytes));
        let arranged = local_slots(&found, &settings).map_err(runner_failure)?;
        Ok(InferenceWorkers {
            launcher: LocalLauncher {
                slots: arranged.slots,
                grace_period: GRACE,
            },
            ensemble,
            lost_after: Duration::from_secs(patience.lost_after.into()),
        })
    }
}
