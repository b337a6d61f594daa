//! A slot with its worker and the attempt that runs on it.

use crate::launcher::{Slot, WorkerHandle, WorkerId, WorkerRequest};
use crate::schedule::JobAssignment;
use convsweep_spec::command::Command;
use convsweep_spec::id::JobId;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::precision::Precision;
use tokio::time::Instant;
use tracing::Span;

/// A slot of the run.
pub(super) struct WorkerSlot {
    pub(super) slot: Slot,
    pub(super) worker: Option<(WorkerId, WorkerHandle)>,
    /// The precision that the worker was launched for.
    pub(super) precision: Precision,
    /// A worker that is exiting; it no longer has a job.
    pub(super) exiting: Option<(WorkerId, WorkerHandle)>,
    /// The attempt that the worker runs.
    pub(super) attempt: Option<RunningAttempt>,
    /// An assignment that starts at this time.
    pub(super) pending: Option<(Instant, JobAssignment)>,
    /// Whether the worker has asked for a new one in its place.
    pub(super) is_worn_out: bool,
    /// Lines since the newest attempt began that were not events.
    pub(super) ignored_lines: u32,
}

/// An attempt that was given to a worker and has not ended.
pub(super) struct RunningAttempt {
    pub(super) job: JobId,
    pub(super) attempt: u32,
    pub(super) started: Instant,
    /// Whether the worker has reported an event of it.
    pub(super) has_responded: bool,
    /// When the worker last reported anything.
    pub(super) last_event: Instant,
    /// Number of the next event that the worker logs.
    pub(super) next_event: u64,
    /// Number of completed epochs.
    pub(super) epoch: u32,
    /// Number of epochs after which it is to pause.
    pub(super) pause_epoch: Option<u32>,
    /// When its time limit is reached.
    pub(super) time_limit: Option<Instant>,
    /// When the worker is killed because it did not end the attempt as it was told to, and the
    /// outcome that the attempt then has.
    pub(super) kill_deadline: Option<(Instant, Outcome)>,
    /// Carries job, attempt, slot and device into the log.
    pub(super) span: Span,
}

impl WorkerSlot {
    pub(super) fn new(slot: Slot) -> WorkerSlot {
        WorkerSlot {
            slot,
            worker: None,
            precision: Precision::F32,
            exiting: None,
            attempt: None,
            pending: None,
            is_worn_out: false,
            ignored_lines: 0,
        }
    }

    /// Whether this worker serves the slot and is not exiting.
    pub(super) fn is_served_by(&self, id: WorkerId) -> bool {
        self.worker
            .as_ref()
            .is_some_and(|(worker, _)| *worker == id)
    }

    /// Whether there is a worker that was launched for jobs in another precision, and cannot compute
    /// in this one.
    pub(super) fn has_other_worker(&self, precision: Precision) -> bool {
        let is_told_at_start = !self.slot.device.family.is_cpu();
        let is_other = self.precision.allows_tf32() != precision.allows_tf32();
        self.worker.is_some() && is_told_at_start && is_other
    }

    /// Sends a request to the worker, if there is one.
    pub(super) fn request(&self, request: WorkerRequest) {
        if let Some((_, worker)) = &self.worker {
            worker.request(request);
        }
    }

    /// Sends a command to the worker, if there is one.
    pub(super) fn send(&self, command: Command) {
        if let Some((_, worker)) = &self.worker {
            worker.send(command);
        }
    }

    /// The worker, even if it is exiting.
    pub(super) fn any_worker(&self) -> Option<&WorkerHandle> {
        let worker = self.worker.as_ref().or(self.exiting.as_ref());
        worker.map(|(_, handle)| handle)
    }

    /// The last lines of the worker's standard error.
    pub(super) fn stderr(&self) -> String {
        self.any_worker()
            .map_or_else(String::new, |worker| worker.stderr.text())
    }

    /// Closes the worker's standard input, upon which it exits.
    pub(super) fn close_worker(&mut self) {
        if let Some((id, worker)) = self.worker.take() {
            worker.request(WorkerRequest::CloseInput);
            self.exiting = Some((id, worker));
        }
    }
}

impl RunningAttempt {
    /// When the worker counts as lost if it stays silent, or the attempt's time is over.
    pub(super) fn next_deadline(&self, lost_after: std::time::Duration) -> Instant {
        let lost = self.last_event + lost_after;
        let kill = self.kill_deadline.as_ref().map(|(deadline, _)| *deadline);
        kill.or(self.time_limit)
            .map_or(lost, |deadline| deadline.min(lost))
    }
}
