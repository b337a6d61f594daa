//! The scheduler's state, and the assignment of jobs to slots.

use super::error_streak::ErrorStreak;
use super::job_record::{JobRecord, ScheduledJob};
use super::slot_record::{SlotRecord, SlotStatus};
use crate::policy::RunPolicy;
use convsweep_spec::precision::{Precision, Precisions};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// The state of a run.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) policy: RunPolicy,
    pub(super) jobs: Vec<JobRecord>,
    /// Number of distinct configurations.
    pub(super) configurations: usize,
    /// Jobs that may start, in order.
    pub(super) ready: VecDeque<usize>,
    /// Number of jobs that wait for another's saved state.
    waiting: usize,
    /// For each job, the jobs that wait for a state of it.
    dependents: Vec<Vec<usize>>,
    /// Jobs that wait for their retry.
    pub(super) backing_off: BTreeSet<usize>,
    /// Jobs that wait for a decision of the search.
    pub(super) suspended: BTreeSet<usize>,
    pub(super) slots: Vec<SlotRecord>,
    /// The precisions of all jobs.
    precisions: BTreeSet<Precision>,
    /// Consecutive errors by device.
    pub(super) streaks: HashMap<usize, ErrorStreak>,
    /// Number of failed jobs.
    pub(super) failed: u32,
    pub(super) is_stopping: bool,
    is_paused: bool,
}

/// A job to be given to a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAssignment {
    /// The slot.
    pub slot: usize,
    /// The job.
    pub job: usize,
    /// Number of the attempt.
    pub attempt: u32,
    /// Time to wait first, because the slot's worker failed to start.
    pub delay: Duration,
}

impl Scheduler {
    /// A run of these jobs (parents are indices, without cycles). `devices` holds the number of the
    /// device of each slot.
    pub fn new(jobs: &[ScheduledJob], devices: &[usize], policy: RunPolicy) -> Self {
        let mut dependents = vec![Vec::new(); jobs.len()];
        let mut ready = VecDeque::new();
        for (number, job) in jobs.iter().enumerate() {
            match job.parent {
                Some(parent) => dependents[parent].push(number),
                None => ready.push_back(number),
            }
        }
        let configurations: BTreeSet<usize> = jobs.iter().map(|job| job.configuration).collect();
        Scheduler {
            policy,
            jobs: jobs.iter().map(JobRecord::from).collect(),
            configurations: configurations.len(),
            waiting: jobs.len() - ready.len(),
            ready,
            dependents,
            backing_off: BTreeSet::new(),
            suspended: BTreeSet::new(),
            slots: devices.iter().copied().map(SlotRecord::new).collect(),
            precisions: BTreeSet::new(),
            streaks: HashMap::new(),
            failed: 0,
            is_stopping: false,
            is_paused: false,
        }
    }

    /// The same run, whose jobs and slots have these precisions: a job is given to slots only that
    /// can compute in it.
    pub fn with_precisions(mut self, jobs: &[Precision], slots: &[Precisions]) -> Self {
        for (job, precision) in self.jobs.iter_mut().zip(jobs) {
            job.precision = *precision;
        }
        self.precisions = jobs.iter().copied().collect();
        for (slot, precisions) in self.slots.iter_mut().zip(slots) {
            slot.precisions = *precisions;
        }
        self
    }

    /// Assigns jobs to all idle slots, lowest first. The slots count as busy from now on.
    pub fn assign(&mut self) -> Vec<JobAssignment> {
        let mut assignments = Vec::new();
        if self.is_stopping || self.is_paused {
            return assignments;
        }
        for slot in 0..self.slots.len() {
            if self.slots[slot].status != SlotStatus::Idle {
                continue;
            }
            let Some(job) = self.next_job(slot) else {
                continue;
            };
            self.slots[slot].status = SlotStatus::Busy(job);
            self.jobs[job].attempts += 1;
            assignments.push(JobAssignment {
                slot,
                job,
                attempt: self.jobs[job].attempt,
                delay: self.start_delay(slot),
            });
        }
        assignments
    }

    /// The first ready job that the slot can compute, but where possible not the one with which its
    /// last start failed.
    fn next_job(&mut self, slot: usize) -> Option<usize> {
        let mut first = None;
        for (place, &job) in self.ready.iter().enumerate() {
            if !self.can_compute(slot, job) {
                continue;
            }
            if self.slots[slot].failed_with != Some(job) {
                return self.ready.remove(place);
            }
            first = first.or(Some(place));
        }
        self.ready.remove(first?)
    }

    fn can_compute(&self, slot: usize, job: usize) -> bool {
        self.slots[slot]
            .precisions
            .contains(self.jobs[job].precision)
    }

    fn start_delay(&self, slot: usize) -> Duration {
        match self.slots[slot].start_failures {
            0 => Duration::ZERO,
            failures => {
                let factor = 4u32.saturating_pow(failures - 1);
                self.policy.start_delay.saturating_mul(factor)
            }
        }
    }

    /// The slot's worker reported its first event of the current attempt: it works.
    pub fn worker_responded(&mut self, slot: usize) {
        self.slots[slot].start_failures = 0;
        self.slots[slot].failed_with = None;
    }

    /// The jobs that wait for a state of this one.
    pub fn dependents(&self, job: usize) -> &[usize] {
        &self.dependents[job]
    }

    /// The state that a job waits for is there: the job may start, before all others.
    pub fn state_saved(&mut self, parent: usize, dependent: usize) {
        let dependents = &mut self.dependents[parent];
        if let Some(place) = dependents.iter().position(|&job| job == dependent) {
            dependents.remove(place);
            self.waiting -= 1;
            self.ready.push_front(dependent);
        }
    }

    /// A job that could start waits for a state of this one instead.
    pub fn wait_for(&mut self, parent: usize, dependent: usize) {
        if let Some(place) = self.ready.iter().position(|&job| job == dependent) {
            self.ready.remove(place);
            self.waiting += 1;
            self.dependents[parent].push(dependent);
        }
    }

    /// A job no longer waits for a state of another, and is in no queue; whether it had waited.
    pub(super) fn remove_waiting(&mut self, job: usize) -> bool {
        for dependents in &mut self.dependents {
            if let Some(place) = dependents.iter().position(|&other| other == job) {
                dependents.remove(place);
                self.waiting -= 1;
                return true;
            }
        }
        false
    }

    /// Jobs that wait for a state of this one start without it: it will never be there.
    pub(super) fn release_dependents(&mut self, job: usize) {
        for dependent in std::mem::take(&mut self.dependents[job]).into_iter().rev() {
            self.waiting -= 1;
            self.ready.push_front(dependent);
        }
    }

    /// Assigns and retries nothing from now on.
    pub fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// While paused, nothing is assigned, and the run is not over.
    pub fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// The device that a slot belongs to gets no more jobs: its slots are closed, busy ones once
    /// their jobs have ended. Returns the slots that were open.
    pub fn close_device(&mut self, slot: usize) -> Vec<usize> {
        let device = self.slots[slot].device;
        let devices: Vec<usize> = self.slots.iter().map(|slot| slot.device).collect();
        self.close_slots(|slot| devices[slot] == device)
    }

    /// Closes these slots, busy ones once their jobs have ended. Returns those that were open.
    pub fn close_slots(&mut self, is_meant: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut closed = Vec::new();
        for (number, slot) in self.slots.iter_mut().enumerate() {
            let is_open = slot.status != SlotStatus::Closed && !slot.closes_after_job;
            if is_meant(number) && is_open {
                slot.close();
                closed.push(number);
            }
        }
        closed
    }

    /// Whether a slot that has a job is closed as soon as the job has ended.
    pub fn closes_after_job(&self, slot: usize) -> bool {
        self.slots[slot].closes_after_job
    }

    /// Closes a slot that has no job.
    pub fn close_slot(&mut self, slot: usize) {
        debug_assert_eq!(self.slots[slot].job(), None);
        self.slots[slot].status = SlotStatus::Closed;
    }

    /// The worker of an idle slot is exiting; nothing is assigned to the slot until
    /// [`Scheduler::worker_exited`].
    pub fn worker_exiting(&mut self, slot: usize) {
        if self.slots[slot].status == SlotStatus::Idle {
            self.slots[slot].status = SlotStatus::WorkerExiting;
        }
    }

    /// The worker that was exiting has exited.
    pub fn worker_exited(&mut self, slot: usize) {
        if self.slots[slot].status == SlotStatus::WorkerExiting {
            self.slots[slot].vacate();
        }
    }

    /// The job that the slot has.
    pub fn job_of(&self, slot: usize) -> Option<usize> {
        self.slots[slot].job()
    }

    /// The slot that has the job.
    pub fn slot_of(&self, job: usize) -> Option<usize> {
        let busy = SlotStatus::Busy(job);
        self.slots.iter().position(|slot| slot.status == busy)
    }

    /// Number of attempts at a job in this run.
    pub fn attempts(&self, job: usize) -> u32 {
        self.jobs[job].attempts
    }

    /// Number of consecutive failures to start a worker on the slot.
    pub fn start_failures(&self, slot: usize) -> u32 {
        self.slots[slot].start_failures
    }

    /// Number of running jobs.
    pub fn running_jobs(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.job().is_some())
            .count()
    }

    /// Number of jobs that failed so far.
    pub fn failed_jobs(&self) -> u32 {
        self.failed
    }

    /// Jobs that are not done, in the given order.
    pub fn remaining_jobs(&self) -> Vec<usize> {
        let all = 0..self.jobs.len();
        all.filter(|&job| self.jobs[job].is_remaining).collect()
    }

    /// Whether nothing is running and nothing more will start.
    pub fn is_over(&self) -> bool {
        if self.running_jobs() > 0 {
            return false;
        }
        let is_empty = self.ready.is_empty() && self.waiting == 0 && self.backing_off.is_empty();
        self.is_stopping || (is_empty && !self.is_paused) || self.no_slot_is_left()
    }

    /// Whether no slot takes any of the jobs that are not done.
    pub fn no_slot_is_left(&self) -> bool {
        if self.all_slots_closed() {
            return true;
        }
        // Runs of many jobs ask after each of them, so that jobs are looked at only where no slot is
        // left for some of them.
        let mut precisions = self.precisions.iter();
        if precisions.all(|precision| self.is_served(*precision)) {
            return false;
        }
        let remaining = self.remaining_jobs();
        for &job in &remaining {
            if self.is_served(self.jobs[job].precision) {
                return false;
            }
        }
        !remaining.is_empty()
    }

    /// Whether a slot that takes jobs can compute in this precision.
    fn is_served(&self, precision: Precision) -> bool {
        let mut open = self.slots.iter().filter(|slot| !slot.is_closed());
        open.any(|slot| slot.precisions.contains(precision))
    }

    /// Whether no slot takes jobs any more.
    pub fn all_slots_closed(&self) -> bool {
        self.slots.iter().all(SlotRecord::is_closed)
    }
}
