//! Jobs that do not start for now, or not at all: the search suspends and resumes them, rules and
//! people take them out of the run.

use super::attempt_end::NextStep;
use super::scheduler::Scheduler;
use std::collections::BTreeSet;

impl Scheduler {
    /// These jobs start only after [`Scheduler::resume_job`]. They must not wait for other jobs.
    pub fn suspend(&mut self, jobs: &BTreeSet<usize>) {
        self.ready.retain(|job| !jobs.contains(job));
        self.suspended.extend(jobs);
    }

    /// An attempt ended at a pause of the search: the job is suspended, and its next attempt has
    /// the next number.
    pub fn suspend_after_pause(&mut self, job: usize) {
        self.jobs[job].attempt += 1;
        self.suspended.insert(job);
    }

    /// A suspended job may start.
    pub fn resume_job(&mut self, job: usize) {
        if self.suspended.remove(&job) {
            self.ready.push_back(job);
        }
    }

    /// A job that does not run is done without being trained; `false` if it runs or is done.
    pub fn skip(&mut self, job: usize) -> bool {
        let is_pending = self.remove_pending(job);
        if is_pending {
            self.settle(job, &NextStep::Done);
        }
        is_pending
    }

    /// A job that does not run is left for another run; `false` if it runs or is done.
    pub fn postpone(&mut self, job: usize) -> bool {
        let is_pending = self.remove_pending(job);
        if is_pending {
            self.settle(job, &NextStep::Postponed);
        }
        is_pending
    }

    /// Takes a job out of the queue, its back-off, its suspension or its wait for another job's
    /// state; whether it was there.
    fn remove_pending(&mut self, job: usize) -> bool {
        if self.suspended.remove(&job) || self.backing_off.remove(&job) {
            return true;
        }
        if let Some(place) = self.ready.iter().position(|other| *other == job) {
            return self.ready.remove(place).is_some();
        }
        self.remove_waiting(job)
    }
}
