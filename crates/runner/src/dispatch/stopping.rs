//! The run stops: because it is asked to, because a limit is reached, because it cannot continue,
//! or because all jobs are done.

use super::dispatcher::Dispatcher;
use crate::error::RunnerError;
use crate::launcher::WorkerRequest;
use crate::run_event::{LimitReached, RunEvent, RunSummary, StopRequest};
use convsweep_spec::command::Command;
use convsweep_spec::id::JobId;

impl Dispatcher<'_> {
    /// Stops the run as requested; a request that asks for no more than an earlier one changes
    /// nothing.
    pub(super) fn stop(&mut self, request: StopRequest) {
        if request <= self.stop_request {
            return;
        }
        self.stop_request = request;
        let running = self.scheduler.running_jobs();
        tracing::info!(?request, running, "stop requested");
        self.report(RunEvent::Stopping { request, running });
        match request {
            StopRequest::No => {}
            StopRequest::Drain => self.drain(),
            StopRequest::Now => self.kill_workers(),
        }
    }

    /// Stops the run because a limit is reached, unless it stops already.
    pub(super) fn stop_at_limit(&mut self, limit: LimitReached) {
        if !self.is_stopping() {
            tracing::info!(?limit, "limit reached");
            self.limit_reached = Some(limit);
            self.report(RunEvent::LimitReached(limit));
            self.drain();
        }
    }

    /// Stops the run because it cannot continue.
    pub(super) fn fail(&mut self, error: RunnerError) {
        tracing::info!(%error, "the run cannot continue");
        self.error.get_or_insert(error);
        self.drain();
    }

    /// Starts nothing more; running jobs write a checkpoint and end as cancelled.
    fn drain(&mut self) {
        self.withdraw_pending();
        for slot in &self.slots {
            if slot.attempt.is_some()
                && let Some(worker) = slot.any_worker()
            {
                worker.send(Command::CANCEL);
            }
        }
    }

    fn kill_workers(&mut self) {
        self.withdraw_pending();
        for slot in &self.slots {
            for (_, worker) in slot.worker.iter().chain(&slot.exiting) {
                worker.request(WorkerRequest::Kill);
            }
        }
    }

    fn withdraw_pending(&mut self) {
        self.scheduler.stop();
        self.withdraw_delayed();
    }

    /// Queues the jobs again whose start is delayed.
    pub(super) fn withdraw_delayed(&mut self) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if slot.pending.take().is_some() {
                self.scheduler.withdraw(number);
            }
        }
    }

    /// Closes the standard input of every worker, upon which they exit.
    pub(super) fn close_workers(&mut self) {
        for slot in &mut self.slots {
            slot.close_worker();
        }
    }

    /// The result of the run.
    pub(super) fn into_summary(mut self) -> RunSummary {
        let remaining = self.remaining_jobs();
        if self.error.is_none() && !self.is_stopping() && !remaining.is_empty() {
            self.error = self.slots_closed_error(remaining.len());
        }
        let (done, remaining_jobs) = (self.done.len(), remaining.len());
        tracing::info!(done, remaining_jobs, "run ended");
        RunSummary {
            done: self.done,
            remaining,
            closed_slots: self.closed_slots,
            stop_request: self.stop_request,
            limit_reached: self.limit_reached,
            error: self.error,
        }
    }

    fn remaining_jobs(&self) -> Vec<JobId> {
        let remaining = self.scheduler.remaining_jobs().into_iter();
        remaining.map(|job| self.jobs[job].id.clone()).collect()
    }

    fn slots_closed_error(&self, remaining_jobs: usize) -> Option<RunnerError> {
        if !self.scheduler.no_slot_is_left() {
            return None;
        }
        let reason = match self.closed_slots.last() {
            Some((_, reason)) => reason.clone(),
            None => "there are none".to_string(),
        };
        Some(RunnerError::AllSlotsClosed {
            remaining_jobs,
            reason,
            stderr: self.last_stderr.clone(),
        })
    }
}
