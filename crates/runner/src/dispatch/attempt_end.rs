//! An attempt has ended: its job is retried, done or left for another run, and its slot or device
//! may be closed.

use super::dispatcher::Dispatcher;
use super::worker_slot::RunningAttempt;
use crate::launcher::Slot;
use crate::run_event::{JobResult, LimitReached, RunEvent};
use crate::schedule::shared_states::awaited_among;
use crate::schedule::{Consequence, NextStep};
use convsweep_spec::outcome::Outcome;
use tokio::time::Instant;

/// The end of an attempt.
pub(super) struct AttemptEnd {
    pub(super) outcome: Outcome,
    /// Whether the worker reported the outcome.
    pub(super) by_worker: bool,
    /// The last lines of the worker's standard error.
    pub(super) stderr: String,
}

impl Dispatcher<'_> {
    /// The attempt on a slot ended, with the standard error that its worker has written so far.
    pub(super) fn attempt_ended(&mut self, slot: usize, outcome: Outcome, by_worker: bool) {
        let stderr = self.slots[slot].stderr();
        let end = AttemptEnd {
            outcome,
            by_worker,
            stderr,
        };
        self.end_attempt(slot, end);
    }

    /// The attempt on a slot ended.
    pub(super) fn end_attempt(&mut self, slot: usize, end: AttemptEnd) {
        let Some(attempt) = self.slots[slot].attempt.take() else {
            return;
        };
        let Some(job) = self.scheduler.job_of(slot) else {
            return;
        };
        let dependents = self.scheduler.dependents(job).to_vec();
        let is_worn_out = std::mem::take(&mut self.slots[slot].is_worn_out);
        let consequence = if self.ends_by_pause(job, &end.outcome) {
            self.scheduler.attempt_paused(slot)
        } else if is_worn_out && end.outcome == Outcome::Cancelled && !self.is_stopping() {
            self.scheduler.attempt_moves_on(slot)
        } else {
            self.scheduler.attempt_ended(slot, &end.outcome)
        };
        let Some(consequence) = consequence else {
            return;
        };
        self.wait_for_others(job, &dependents);
        self.training_time[consequence.job] += attempt.started.elapsed();
        self.continue_search(&attempt, &consequence, &end.outcome);
        if self.slots[slot].exiting.is_some() {
            self.scheduler.worker_exiting(slot);
        }
        let stderr = end.stderr.clone();
        self.conclude(slot, attempt, &consequence, end);
        if let Some(problem) = consequence.device_problem {
            self.close_device(slot, &problem, &stderr);
        }
        if consequence.stops_run {
            let failures = LimitReached::Failures(self.scheduler.failed_jobs());
            self.stop_at_limit(failures);
        }
    }

    /// Whether the attempt at a job ended because the user paused the run, which forgets that the
    /// job was told to pause.
    fn ends_by_pause(&mut self, job: usize, outcome: &Outcome) -> bool {
        let was_told = self.paused_jobs.remove(&job);
        was_told && *outcome == Outcome::Cancelled && !self.is_stopping()
    }

    /// After the end of `job`: of the jobs that waited for a state of it and will not get it, those
    /// that another of them saves a state for wait for that one. The others start.
    pub(super) fn wait_for_others(&mut self, job: usize, dependents: &[usize]) {
        let still_waits = |dependent| self.scheduler.dependents(job).contains(dependent);
        if dependents.is_empty() || dependents.iter().any(still_waits) {
            return;
        }
        for (dependent, state) in awaited_among(&self.jobs, dependents) {
            self.scheduler.wait_for(state.job, dependent);
            self.awaited_states[dependent] = Some(state);
        }
    }

    /// Reports how an attempt ended, and carries out what follows for its job.
    pub(super) fn conclude(
        &mut self,
        slot: usize,
        attempt: RunningAttempt,
        consequence: &Consequence,
        end: AttemptEnd,
    ) {
        log_end(&attempt, consequence, &end.outcome);
        let RunningAttempt { job, attempt, .. } = attempt;
        self.report(RunEvent::AttemptEnded {
            slot,
            job: job.clone(),
            attempt,
            outcome: end.outcome.clone(),
            by_worker: end.by_worker,
            stderr: end.stderr,
        });
        match consequence.next {
            NextStep::Retry(attempt) => {
                if !consequence.backoff.is_zero() {
                    let retry = Instant::now() + consequence.backoff;
                    self.backoffs.push((retry, consequence.job));
                }
                self.report(RunEvent::Retrying {
                    job,
                    attempt,
                    after: end.outcome,
                });
            }
            NextStep::Paused => self.report(RunEvent::JobPaused { job }),
            NextStep::Done => {
                let attempts = self.scheduler.attempts(consequence.job);
                self.job_done(JobResult {
                    job,
                    attempts,
                    outcome: end.outcome,
                });
            }
            NextStep::Postponed => {}
        }
    }

    /// A job is done in this run.
    pub(super) fn job_done(&mut self, result: JobResult) {
        self.report(RunEvent::Finished {
            job: result.job.clone(),
            attempts: result.attempts,
            outcome: result.outcome.clone(),
        });
        self.done.push(result);
    }

    fn close_device(&mut self, slot: usize, problem: &str, stderr: &str) {
        let device = self.slots[slot].slot.device;
        let reason = format!("{problem}: the device {device} gets no more jobs");
        for slot in self.scheduler.close_device(slot) {
            self.slot_closed(slot, reason.clone(), stderr.to_string());
        }
    }

    /// The program that serves a slot cannot run on this machine: no slot of its family of devices
    /// starts it again. The attempt on the slot does not count.
    pub(super) fn worker_is_unfit(&mut self, slot: usize, reason: String, stderr: String) {
        self.slots[slot].attempt = None;
        self.scheduler.withdraw(slot);
        self.close_family(slot, &reason, &stderr);
    }

    /// Closes all slots of a slot's machine on devices of its family that have the same worker
    /// program.
    pub(super) fn close_family(&mut self, slot: usize, reason: &str, stderr: &str) {
        let program = |slot: Slot| (slot.place.host, slot.device.family, slot.device.worker);
        let of_family = program(self.slots[slot].slot);
        self.close_like(slot, (reason, stderr), |other| program(other) == of_family);
    }

    /// Closes all slots of a slot's machine, which has failed.
    pub(super) fn close_host(&mut self, slot: usize, reason: &str, stderr: &str) {
        let host = self.slots[slot].slot.place.host;
        self.close_like(slot, (reason, stderr), |other| other.place.host == host);
    }

    /// Closes all slots that are meant, like `slot`. That is reported once, or by the error of the
    /// run if no other slots are left.
    fn close_like(
        &mut self,
        slot: usize,
        (reason, stderr): (&str, &str),
        is_meant: impl Fn(Slot) -> bool,
    ) {
        let device = self.slots[slot].slot.device;
        let meant: Vec<bool> = self.slots.iter().map(|slot| is_meant(slot.slot)).collect();
        let closed = self.scheduler.close_slots(|slot| meant[slot]);
        for &slot in &closed {
            if self.slots[slot].pending.take().is_some() {
                self.scheduler.withdraw(slot);
            }
            self.closed_slots.push((slot, reason.to_string()));
        }
        if closed.is_empty() {
            return;
        }
        tracing::info!(%device, reason, "slots closed: {closed:?}");
        self.last_stderr = stderr.to_string();
        if !self.scheduler.all_slots_closed() {
            let last = stderr.lines().rfind(|line| !line.trim().is_empty());
            let said = last.map_or(String::new(), |line| format!(" ({})", line.trim()));
            self.report(RunEvent::SlotClosed {
                slot,
                device,
                reason: format!("{reason}{said}"),
            });
        }
    }

    /// Closes a slot that has no job.
    pub(super) fn close_slot(&mut self, slot: usize, reason: String, stderr: String) {
        self.scheduler.close_slot(slot);
        self.slot_closed(slot, reason, stderr);
    }

    fn slot_closed(&mut self, slot: usize, reason: String, stderr: String) {
        let device = self.slots[slot].slot.device;
        tracing::info!(slot, %device, reason, "slot closed");
        self.closed_slots.push((slot, reason.clone()));
        self.last_stderr = stderr;
        self.report(RunEvent::SlotClosed {
            slot,
            device,
            reason,
        });
    }
}

fn log_end(attempt: &RunningAttempt, consequence: &Consequence, outcome: &Outcome) {
    let seconds = attempt.started.elapsed().as_secs_f64();
    let name = outcome.name();
    if *outcome == Outcome::Finished {
        tracing::debug!(parent: &attempt.span, seconds, "attempt ended: {name}");
        return;
    }
    let detail = outcome.detail();
    tracing::info!(parent: &attempt.span, seconds, detail, "attempt ended: {name}");
    if let NextStep::Retry(next) = consequence.next {
        let backoff = consequence.backoff.as_secs_f64();
        tracing::info!(parent: &attempt.span, next, backoff, "job will be retried");
    }
}
