//! A worker has exited.

use super::attempt_end::AttemptEnd;
use super::dispatcher::Dispatcher;
use super::unreported_events::unreported_events;
use crate::devices::worker_remedy;
use crate::error::RunnerError;
use crate::launcher::{Blame, LaunchError, WorkerExit, WorkerHandle, WorkerId};
use crate::run_event::StopRequest;
use convsweep_files::open_regular;
use convsweep_spec::command::MISCONFIGURED;
use convsweep_spec::layout::EVENTS;
use convsweep_spec::outcome::Outcome;
use std::io::BufReader;
use std::path::Path;

impl Dispatcher<'_> {
    pub(super) fn worker_exited(&mut self, slot: usize, id: WorkerId, exit: WorkerExit) {
        self.slot_of_worker.remove(&id);
        if exit.blame == Blame::Node {
            self.node_failed(slot, &exit);
        }
        let state = &mut self.slots[slot];
        if state
            .exiting
            .take_if(|(exiting, _)| *exiting == id)
            .is_some()
        {
            return self.scheduler.worker_exited(slot);
        }
        let Some((_, worker)) = state.worker.take_if(|(worker, _)| *worker == id) else {
            return;
        };
        let is_killed_by_us = self.stop_request == StopRequest::Now;
        self.read_unreported_events(slot);
        let Some(attempt) = &self.slots[slot].attempt else {
            if !exit.is_clean && !is_killed_by_us {
                let note = format!("the worker {} between two jobs", exit.description);
                self.report_note(slot, note);
            }
            return;
        };
        let outcome = if is_killed_by_us {
            Outcome::Cancelled
        } else if exit.blame == Blame::Controller && !attempt.has_responded {
            return self.must_wait(slot, &exit);
        } else if exit.blame == Blame::Node && attempt.has_responded {
            let seconds = attempt.last_event.elapsed().as_secs_f64();
            Outcome::Lost { seconds }
        } else if matches!(exit.blame, Blame::Start | Blame::Node) && !attempt.has_responded {
            return self.was_never_there(slot, &exit);
        } else if is_misconfigured(&exit) {
            return self.refused_to_start(slot, &worker);
        } else if attempt.has_responded || exit.outcome == Outcome::OutOfMemory {
            exit.outcome
        } else if exit.blame == Blame::Program {
            let remedy = worker_remedy(Path::new(&worker.program), "builds it for this machine");
            let reason = format!("{}; {remedy}", reason_of_death(&worker, &exit));
            return self.worker_is_unfit(slot, reason, worker.stderr.text());
        } else {
            return self.died_at_start(slot, exit, &worker);
        };
        let end = AttemptEnd {
            outcome,
            by_worker: false,
            stderr: worker.stderr.text(),
        };
        self.end_attempt(slot, end);
    }

    /// Handles the events that a dead worker logged but could no longer report; the attempt may
    /// even have ended.
    fn read_unreported_events(&mut self, slot: usize) {
        let Some(attempt) = &self.slots[slot].attempt else {
            return;
        };
        let Some(job) = self.scheduler.job_of(slot) else {
            return;
        };
        let path = self.jobs[job].execution.folder.join(EVENTS);
        let events = match open_regular(&path) {
            Ok((log, _)) => unreported_events(
                &mut BufReader::new(log),
                &attempt.job,
                attempt.attempt,
                attempt.next_event,
            ),
            Err(error) => {
                tracing::debug!("no more events: {error}");
                return;
            }
        };
        for envelope in events {
            self.handle_event(slot, Box::new(envelope));
        }
    }

    /// The machine of the slot has failed: none of its slots gets another job. Attempts on them end
    /// as their workers do.
    fn node_failed(&mut self, slot: usize, exit: &WorkerExit) {
        let reason = format!("a worker {}", exit.description);
        self.close_host(slot, &reason, "");
    }

    /// There was no worker: the attempt does not count.
    fn was_never_there(&mut self, slot: usize, exit: &WorkerExit) {
        self.slots[slot].attempt = None;
        let reason = format!("a worker {}", exit.description);
        let is_lasting = false;
        self.launch_failed(slot, LaunchError { reason, is_lasting });
    }

    /// There was no worker, but there will be one: the attempt does not count, nor does the failure.
    fn must_wait(&mut self, slot: usize, exit: &WorkerExit) {
        self.slots[slot].attempt = None;
        if self.scheduler.launch_postponed(slot) == 1 {
            let reason = format!("a worker {}; it is tried again", exit.description);
            self.report_start_failure(slot, reason, String::new());
        }
    }

    /// The worker refused its environment. Every other worker would do the same, so the run ends.
    fn refused_to_start(&mut self, slot: usize, worker: &WorkerHandle) {
        self.slots[slot].attempt = None;
        self.scheduler.withdraw(slot);
        self.fail(RunnerError::WorkerMisconfigured {
            reason: worker.stderr.text().trim().to_string(),
        });
    }

    /// The worker died before its first event: the slot rather than the job may be at fault.
    fn died_at_start(&mut self, slot: usize, exit: WorkerExit, worker: &WorkerHandle) {
        let Some(attempt) = self.slots[slot].attempt.take() else {
            return;
        };
        let Some(job) = self.scheduler.job_of(slot) else {
            return;
        };
        self.paused_jobs.remove(&job);
        let dependents = self.scheduler.dependents(job).to_vec();
        let Some(consequence) = self.scheduler.worker_died_at_start(slot) else {
            return;
        };
        self.wait_for_others(job, &dependents);
        let stderr = worker.stderr.text();
        let reason = reason_of_death(worker, &exit);
        self.report_start_failure(slot, reason.clone(), stderr.clone());
        self.continue_search(&attempt, &consequence, &exit.outcome);
        let end = AttemptEnd {
            outcome: exit.outcome,
            by_worker: false,
            stderr: stderr.clone(),
        };
        self.conclude(slot, attempt, &consequence, end);
        if consequence.closes_slot {
            self.close_slot(slot, reason, stderr);
        }
    }
}

fn reason_of_death(worker: &WorkerHandle, exit: &WorkerExit) -> String {
    let (program, how) = (&worker.program, &exit.description);
    format!("the worker {program} {how} before it reported anything")
}

fn is_misconfigured(exit: &WorkerExit) -> bool {
    let code = Some(i32::from(MISCONFIGURED));
    exit.outcome == Outcome::Crashed { signal: None, code }
}
