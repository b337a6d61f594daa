//! The estimate for one plan.

use super::finished_jobs;
use super::memory::MemoryEstimate;
use super::paces::Paces;
use super::sizes::training_images;
use crate::planning::job_action::{JobAction, PlannedJob};
use crate::planning::slots::ChosenDevices;
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_runner::launcher::Launcher;
use convsweep_spec::device::DeviceFamily;
use convsweep_spec::words::{bytes, duration};
use convsweep_store::Database;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How long a plan takes, and what its jobs need.
#[derive(Debug)]
pub struct CostEstimate {
    /// Families of devices with their numbers of slots, in the order of the slots.
    slots: Vec<(DeviceFamily, usize)>,
    /// Why there are no slots.
    unusable: Option<String>,
    /// Why there are fewer slots than were asked for.
    notes: Vec<String>,
    /// Why a run refuses to train a job of the plan, if it does.
    pub refusals: Vec<anyhow::Error>,
    /// What finished jobs say about each family, in the order of [`DeviceFamily::ALL`].
    paces: [Paces; DeviceFamily::ALL.len()],
    /// Seconds until everything is trained; `None` without slots.
    seconds: Option<f64>,
    /// Whether the time of a job that is to be trained comes from no finished job of this machine.
    rough: bool,
    memory: MemoryEstimate,
}

/// What one job takes, on the first family of devices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobEstimate {
    /// Seconds from scratch.
    pub seconds: f64,
    /// Memory of its worker in bytes.
    pub memory_bytes: f64,
    /// Whether the time comes from no finished job of this machine.
    rough: bool,
}

impl CostEstimate {
    /// Estimates what is still to be trained of a plan, by the finished jobs of the database if
    /// there is one. `devices` are those of a run, or why there are none. With `ignores_memory`, a
    /// job may take more memory than there is.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of(
        database: Option<&Database>,
        (plan, jobs): (&Plan, &[PlannedJob]),
        devices: Result<ChosenDevices>,
        ignores_memory: bool,
    ) -> Result<CostEstimate> {
        let family = devices.as_ref().map(ChosenDevices::first_family);
        let finished = finished_jobs(database)?;
        let paces = DeviceFamily::ALL.map(|family| Paces::of(family, &finished));
        let of_family = &paces[family.unwrap_or(DeviceFamily::Cpu) as usize];
        let mut estimate = CostEstimate {
            memory: MemoryEstimate::learned(of_family, plan),
            paces,
            slots: vec![],
            unusable: None,
            notes: vec![],
            refusals: vec![],
            seconds: None,
            rough: false,
        };
        let found = devices.and_then(|devices| {
            let most = match ignores_memory {
                true => None,
                false => estimate.most_memory(&devices, plan, jobs),
            };
            let mut notes = estimate.precision_notes(&devices, plan, jobs);
            let (launcher, about_slots) = devices.launcher(most)?;
            notes.extend(about_slots);
            Ok((launcher, notes))
        });
        let families = estimate.use_slots(found);
        if let Some((seconds, rough)) = estimate.until_done(plan, jobs, &families) {
            (estimate.seconds, estimate.rough) = (Some(seconds), rough);
        }
        Ok(estimate)
    }

    /// Memory by which slots are counted.
    fn most_memory(
        &mut self,
        devices: &ChosenDevices,
        plan: &Plan,
        jobs: &[PlannedJob],
    ) -> Option<f64> {
        match self.memory.most(devices, plan, jobs) {
            Ok(most) => most,
            Err(error) => {
                self.refusals.push(error);
                None
            }
        }
    }

    /// Notes about the precisions of the jobs.
    fn precision_notes(
        &mut self,
        devices: &ChosenDevices,
        plan: &Plan,
        jobs: &[PlannedJob],
    ) -> Vec<String> {
        match devices.precision_notes(plan, jobs) {
            Ok(notes) => notes,
            Err(error) => {
                self.refusals.push(error);
                vec![]
            }
        }
    }

    /// Takes over the slots, or why there are none. The families of the slots in their order.
    fn use_slots(&mut self, found: Result<(impl Launcher, Vec<String>)>) -> Vec<DeviceFamily> {
        match found {
            Ok((launcher, notes)) => {
                let slots = launcher.slots();
                let families: Vec<DeviceFamily> =
                    slots.iter().map(|slot| slot.device.family).collect();
                (self.slots, self.notes) = (counts(&families), notes);
                families
            }
            Err(error) => {
                self.unusable = Some(error.to_string());
                vec![]
            }
        }
    }

    /// What one job of this configuration takes from scratch, on the first family of devices.
    pub fn of_job(&self, planned: &Planned) -> JobEstimate {
        let (pace, rough) = self.paces(self.first_family()).pace(planned);
        let epochs = f64::from(planned.member.resolved.train.epochs());
        JobEstimate {
            seconds: pace * training_images(planned) * epochs,
            memory_bytes: self.memory.of_job(planned),
            rough,
        }
    }

    /// The last lines of a plan.
    pub fn words(&self) -> String {
        let mut words = self.time_words();
        for note in &self.notes {
            words += &format!("\nnote: {note}");
        }
        words
    }

    fn time_words(&self) -> String {
        let Some(seconds) = self.seconds else {
            let reason = self.unusable.as_deref().unwrap_or("there is no device");
            return format!("the time is unknown: {reason}");
        };
        if seconds == 0.0 {
            return "nothing to train".into();
        }
        let source = match self.jobs_behind_it() {
            0 => "a rough guess: no comparable job has finished on this machine".to_string(),
            1 => "based on one finished job on this machine".to_string(),
            n => format!("based on {n} finished jobs on this machine"),
        };
        let mut slots = Vec::new();
        for (family, count) in &self.slots {
            slots.push(match count {
                1 => family.name().to_string(),
                n => format!("{n} × {}", family.name()),
            });
        }
        format!(
            "about {} on {} ({source})",
            duration(seconds),
            slots.join(" and ")
        )
    }

    /// The estimate for scripts.
    pub fn json(&self) -> serde_json::Value {
        let mut slots = Vec::new();
        for (family, count) in &self.slots {
            slots.push(json!({ "device": family.name(), "slots": count }));
        }
        let jobs = self.jobs_behind_it();
        json!({
            "seconds": self.seconds,
            "slots": slots,
            "rough": jobs == 0,
            "jobs_behind_it": jobs,
            "why_not": self.unusable,
            "notes": self.notes,
            "refused": self.refused(),
        })
    }

    /// Why a run refuses to train, in words.
    fn refused(&self) -> Option<String> {
        let reasons: Vec<String> = self.refusals.iter().map(ToString::to_string).collect();
        (!reasons.is_empty()).then(|| reasons.join("\n"))
    }

    fn first_family(&self) -> DeviceFamily {
        let first = self.slots.first();
        first.map_or(DeviceFamily::Cpu, |(family, _)| *family)
    }

    fn paces(&self, family: DeviceFamily) -> &Paces {
        &self.paces[family as usize]
    }

    /// Seconds until everything is trained on slots of these families, and whether the time of one
    /// of the jobs is rough. Each job goes to the slot that is free first, as in a run.
    fn until_done(
        &self,
        plan: &Plan,
        jobs: &[PlannedJob],
        families: &[DeviceFamily],
    ) -> Option<(f64, bool)> {
        if families.is_empty() {
            return None;
        }
        let mut free: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        free.extend((0..families.len()).map(|slot| Reverse((0, slot))));
        let (mut last, mut any_rough) = (0, false);
        // The paces of one configuration by slot: its jobs follow each other.
        let mut current: Option<(usize, Vec<(f64, bool)>)> = None;
        for job in jobs.iter().filter(|job| job.action.is_trained()) {
            let planned = &plan.configurations[job.configuration];
            let Reverse((start, slot)) = free.pop()?;
            if current.as_ref().map(|(index, _)| *index) != Some(job.configuration) {
                let paces = families
                    .iter()
                    .map(|family| self.paces(*family).pace(planned));
                current = Some((job.configuration, paces.collect()));
            }
            let (_, paces) = current.as_ref()?;
            let (pace, rough) = paces[slot];
            any_rough |= rough;
            let epochs = f64::from(epochs_left(planned, &job.action));
            let milliseconds = pace * training_images(planned) * epochs * 1000.0;
            // What is trained takes some time.
            let milliseconds = milliseconds.ceil().max(1.0) as u64;
            let end = start.saturating_add(milliseconds);
            free.push(Reverse((end, slot)));
            last = last.max(end);
        }
        Some((last as f64 / 1000.0, any_rough))
    }

    /// Finished jobs that the time is based on; 0 if the time of any job is rough.
    fn jobs_behind_it(&self) -> usize {
        if self.rough {
            return 0;
        }
        self.paces(self.first_family()).jobs()
    }
}

impl JobEstimate {
    /// `3 min`; `≈ 3 min` if it is rough.
    pub fn time(&self) -> String {
        let about = if self.rough { "≈ " } else { "" };
        format!("{about}{}", duration(self.seconds))
    }

    /// `150 MB`.
    pub fn memory(&self) -> String {
        bytes(self.memory_bytes)
    }
}

/// Families with their numbers of slots.
fn counts(families: &[DeviceFamily]) -> Vec<(DeviceFamily, usize)> {
    let mut counts: Vec<(DeviceFamily, usize)> = Vec::new();
    for family in families {
        match counts.iter_mut().find(|(other, _)| other == family) {
            Some((_, count)) => *count += 1,
            None => counts.push((*family, 1)),
        }
    }
    counts
}

fn epochs_left(planned: &Planned, action: &JobAction) -> u32 {
    let epochs = planned.member.resolved.train.epochs();
    match action {
        JobAction::Resume { epoch } => epochs.saturating_sub(*epoch),
        JobAction::Extend(state) => epochs.saturating_sub(state.epoch),
        JobAction::Train | JobAction::Retry => epochs,
        JobAction::Reuse | JobAction::Diverged | JobAction::Pruned | JobAction::Damaged => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_short() {
        let estimate = |memory_bytes| JobEstimate {
            seconds: 61.0,
            memory_bytes,
            rough: true,
        };
        assert_eq!(estimate(1.5e8).memory(), "150 MB");
        assert_eq!(estimate(2.34e9).memory(), "2.3 GB");
        assert_eq!(estimate(1.0).time(), "≈ 1 min 1 s");
    }
}
