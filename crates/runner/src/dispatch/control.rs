//! The user pauses, resumes or cancels.

use super::dispatcher::Dispatcher;
use crate::results::ControlRequest;
use crate::run_event::RunEvent;
use convsweep_spec::command::Command;
use convsweep_spec::id::JobId;

impl Dispatcher<'_> {
    pub(super) fn handle_control(&mut self, request: ControlRequest) {
        tracing::info!(?request, "control request");
        match request {
            ControlRequest::Cancel { jobs } => self.cancel_jobs(&jobs),
            ControlRequest::Pause => self.pause(),
            ControlRequest::Resume => {
                self.scheduler.set_paused(false);
                self.report(RunEvent::Paused(false));
            }
        }
    }

    fn cancel_jobs(&mut self, ids: &[JobId]) {
        for job in 0..self.jobs.len() {
            if !ids.contains(&self.jobs[job].id) {
                continue;
            }
            let dependents = self.scheduler.dependents(job).to_vec();
            if self.scheduler.postpone(job) {
                self.wait_for_others(job, &dependents);
                let job = self.jobs[job].id.clone();
                self.report(RunEvent::JobCancelled { job });
            } else {
                self.paused_jobs.remove(&job);
                self.cancel_running(job);
            }
        }
    }

    fn pause(&mut self) {
        self.scheduler.set_paused(true);
        self.withdraw_delayed();
        for slot in 0..self.slots.len() {
            if let Some(job) = self.scheduler.job_of(slot) {
                self.paused_jobs.insert(job);
                self.cancel_running(job);
            }
        }
        self.report(RunEvent::Paused(true));
    }

    /// A running job is to write a checkpoint and end as cancelled.
    fn cancel_running(&self, job: usize) {
        if let Some(slot) = self.scheduler.slot_of(job) {
            self.slots[slot].send(Command::CANCEL);
        }
    }
}
