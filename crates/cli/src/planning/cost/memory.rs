//! How much memory jobs take, and what to say about those that take more than there is.

use super::finished_jobs;
use super::paces::{Paces, median};
use super::sizes::rough_memory;
use crate::exit::{Exit, failure};
use crate::planning::job_action::PlannedJob;
use crate::planning::slots::ChosenDevices;
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::words::{bytes, counted};
use convsweep_store::Database;
use std::collections::BTreeSet;

/// Configurations whose memory is compared with that of finished jobs.
const MAX_COMPARED: usize = 200;

/// How much memory the jobs of a plan take.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryEstimate {
    /// Measured memory divided by the rough figure: the median over the plan's configurations that
    /// have finished jobs.
    ratio: Option<f64>,
}

impl MemoryEstimate {
    /// Learns from the finished jobs of the database, if there is one.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of(
        database: Option<&Database>,
        plan: &Plan,
        devices: &ChosenDevices,
    ) -> Result<MemoryEstimate> {
        let finished = finished_jobs(database)?;
        let paces = Paces::of(devices.first_family(), &finished);
        Ok(MemoryEstimate::learned(&paces, plan))
    }

    /// What finished jobs say.
    pub fn learned(paces: &Paces, plan: &Plan) -> MemoryEstimate {
        let mut ratios = Vec::new();
        for planned in plan.configurations.iter().take(MAX_COMPARED) {
            if let Some(memory) = paces.memory(planned) {
                ratios.push(memory / rough_memory(planned));
            }
        }
        MemoryEstimate {
            ratio: median(ratios),
        }
    }

    /// Memory of a worker with a job of this configuration, in bytes.
    pub fn of_job(&self, planned: &Planned) -> f64 {
        rough_memory(planned) * self.ratio.unwrap_or(1.0)
    }

    /// The most memory in bytes that a job takes which is to be trained; `None` if none is.
    ///
    /// # Errors
    /// If no device has that much. The message names the configuration and what helps.
    pub fn most(
        &self,
        devices: &ChosenDevices,
        plan: &Plan,
        jobs: &[PlannedJob],
    ) -> Result<Option<f64>> {
        let trained = jobs.iter().filter(|job| job.action.is_trained());
        let configurations: BTreeSet<usize> = trained.map(|job| job.configuration).collect();
        let (mut largest, mut too_large) = (None, 0);
        let roomiest = devices.roomiest();
        for number in configurations {
            let planned = &plan.configurations[number];
            let need = self.of_job(planned);
            too_large += u64::from(roomiest.is_some_and(|(_, there)| need > there as f64));
            if largest.is_none_or(|(_, most)| need > most) {
                largest = Some((planned, need));
            }
        }
        match (largest, roomiest) {
            (Some((planned, need)), Some((device, there))) if too_large > 0 => {
                let others = match too_large {
                    1 => String::new(),
                    n => format!(
                        " ({} of the file need more than that)",
                        counted(n, "configuration")
                    ),
                };
                let message = format!(
                    "a job of \"{}\" takes about {} of memory, and {device} has {} for one{others}: \
                     use a smaller train.batch_size or a smaller network, or try all the same with \
                     --ignore-memory",
                    planned.member.label,
                    bytes(need),
                    bytes(there as f64)
                );
                Err(failure(Exit::Device, message))
            }
            _ => Ok(largest.map(|(_, need)| need)),
        }
    }
}
