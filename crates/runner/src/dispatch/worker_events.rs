//! A worker reports something.

use super::dispatcher::Dispatcher;
use super::worker_line::{WorkerLine, read_line};
use crate::error::RunnerError;
use crate::launcher::{WorkerId, WorkerMessage, WorkerRequest};
use crate::run_event::RunEvent;
use convsweep_spec::command::Command;
use convsweep_spec::event::{Envelope, Event, Start};
use convsweep_spec::job::SavedState;
use convsweep_spec::outcome::Outcome;
use std::io;
use tokio::time::Instant;

/// Number of lines of an attempt that are shown although they are not events.
const SHOWN_LINES: u32 = 5;

impl Dispatcher<'_> {
    /// Handles a message of a worker; workers that have exited are no longer known.
    pub(super) fn handle_message(&mut self, worker: WorkerId, message: WorkerMessage) {
        let Some(&slot) = self.slot_of_worker.get(&worker) else {
            return;
        };
        match message {
            WorkerMessage::Line(line) => self.handle_line(slot, worker, &line),
            WorkerMessage::Note(text) => self.report_note(slot, text),
            WorkerMessage::Exited(exit) => self.worker_exited(slot, worker, exit),
        }
    }

    fn handle_line(&mut self, slot: usize, worker: WorkerId, line: &str) {
        let state = &self.slots[slot];
        let attempt = state
            .attempt
            .as_ref()
            .filter(|_| state.is_served_by(worker));
        let has_attempt = attempt.is_some();
        match read_line(line, attempt.map(|attempt| (&attempt.job, attempt.attempt))) {
            WorkerLine::Event(envelope) => self.handle_event(slot, envelope),
            WorkerLine::NotAnEvent(text) => self.report_ignored_line(slot, text),
            WorkerLine::WrongJob(message) => self.protocol_broken(slot, message),
            WorkerLine::NewerFormat(message) if has_attempt => self.worker_is_newer(slot, message),
            WorkerLine::NewerFormat(message) => self.report_note(slot, message),
        }
    }

    /// The worker program is newer than this one: no slot starts it again. Attempts that it was
    /// given meanwhile do not count.
    fn worker_is_newer(&mut self, slot: usize, message: String) {
        if self.scheduler.closes_after_job(slot) {
            self.slots[slot].request(WorkerRequest::Kill);
            self.slots[slot].close_worker();
            return self.worker_is_unfit(slot, message, String::new());
        }
        self.protocol_broken(slot, message.clone());
        self.close_slot(slot, message.clone(), String::new());
        self.close_family(slot, &message, "");
    }

    /// Handles an event of the attempt on the slot.
    pub(super) fn handle_event(&mut self, slot: usize, envelope: Box<Envelope>) {
        self.note_event(slot, &envelope);
        match &envelope.event {
            Event::Alive => return,
            Event::WornOut { reason } => return self.worker_is_worn_out(slot, reason.clone()),
            Event::Ended { outcome, .. } => {
                let outcome = outcome.clone();
                return self.attempt_ended_by_worker(slot, outcome, envelope);
            }
            Event::Metrics { epoch, values, .. } => self.epoch_completed(slot, *epoch, values),
            Event::Evaluated(evaluation) => self.evaluated(slot, evaluation),
            Event::StateSaved {
                epoch, key, path, ..
            } => {
                let state = SavedState {
                    job: envelope.job.clone(),
                    epoch: *epoch,
                    key: key.clone(),
                    path: path.into(),
                };
                self.state_saved(slot, state);
            }
            _ => {}
        }
        self.report(RunEvent::Worker(envelope));
    }

    fn note_event(&mut self, slot: usize, envelope: &Envelope) {
        let Some(attempt) = &mut self.slots[slot].attempt else {
            return;
        };
        attempt.last_event = Instant::now();
        if envelope.event == Event::Alive {
            return;
        }
        tracing::trace!(parent: &attempt.span, event = ?envelope.event, "event");
        if !envelope.event.is_passing() {
            attempt.next_event = envelope.n + 1;
        }
        if let Event::Started { from, .. } = &envelope.event {
            attempt.epoch = match from {
                Start::Scratch => 0,
                Start::Checkpoint { epoch, .. } | Start::State { epoch, .. } => *epoch,
            };
        }
        if !attempt.has_responded {
            attempt.has_responded = true;
            let seconds = attempt.started.elapsed().as_secs_f64();
            tracing::debug!(parent: &attempt.span, seconds, "first event");
            self.scheduler.worker_responded(slot);
        }
    }

    /// The worker asks for a new one in its place, which continues its job from a checkpoint.
    fn worker_is_worn_out(&mut self, slot: usize, reason: String) {
        self.report_note(slot, reason);
        self.slots[slot].is_worn_out = true;
        self.slots[slot].send(Command::CANCEL);
    }

    fn attempt_ended_by_worker(&mut self, slot: usize, outcome: Outcome, event: Box<Envelope>) {
        if let Outcome::DiskFull { .. } = outcome {
            return self.disk_full(slot, outcome);
        }
        self.report(RunEvent::Worker(event));
        let may_be_damaged = matches!(
            outcome,
            Outcome::Failed { .. } | Outcome::OutOfMemory | Outcome::Crashed { .. }
        );
        if may_be_damaged || self.slots[slot].is_worn_out {
            self.slots[slot].close_worker();
        }
        self.attempt_ended(slot, outcome, true);
    }

    /// The job's files cannot be written: the run stops. The worker could not log the end of its
    /// attempt, so the attempt is not recorded as ended.
    fn disk_full(&mut self, slot: usize, outcome: Outcome) {
        if let Some(job) = self.scheduler.job_of(slot) {
            let folder = &self.jobs[job].execution.folder;
            self.fail(match &outcome {
                Outcome::DiskFull {
                    message,
                    remedy: Some(remedy),
                } => RunnerError::ResultsUnusable {
                    path: folder.clone(),
                    source: io::Error::other(message.clone()),
                    remedy: remedy.clone(),
                },
                _ => RunnerError::results(folder, io::ErrorKind::StorageFull.into()),
            });
        }
        self.slots[slot].close_worker();
        self.attempt_ended(slot, outcome, false);
    }

    /// Gives a state to the jobs that wait for it.
    fn state_saved(&mut self, slot: usize, mut state: SavedState) {
        let Some(saver) = self.scheduler.job_of(slot) else {
            return;
        };
        state.path = self.jobs[saver].execution.folder.join(&state.path);
        for dependent in self.scheduler.dependents(saver).to_vec() {
            let awaited = self.awaited_states[dependent].as_ref();
            if awaited.is_some_and(|awaited| awaited.key == state.key) {
                self.jobs[dependent].execution.start_from = Some(state.clone());
                self.scheduler.state_saved(saver, dependent);
            } else if self.jobs[dependent].question.state_key(state.epoch) == state.key {
                // Should the longer state that it waits for never come, it starts from this one.
                self.jobs[dependent].execution.start_from = Some(state.clone());
            }
        }
    }

    /// The worker broke the protocol: its attempt ends as failed, and the worker is replaced.
    fn protocol_broken(&mut self, slot: usize, message: String) {
        self.kill_attempt(slot, Outcome::Failed { message });
    }

    /// Kills the slot's worker and thereby ends its attempt.
    pub(super) fn kill_attempt(&mut self, slot: usize, outcome: Outcome) {
        self.slots[slot].request(WorkerRequest::Kill);
        self.slots[slot].close_worker();
        self.attempt_ended(slot, outcome, false);
    }

    /// Reports a remark about the slot's worker.
    pub(super) fn report_note(&self, slot: usize, text: String) {
        let attempt = self.slots[slot].attempt.as_ref();
        let job = attempt.map(|attempt| attempt.job.clone());
        tracing::info!(
            slot,
            job = job.as_ref().map(tracing::field::display),
            text,
            "worker note"
        );
        self.report(RunEvent::WorkerNote { slot, job, text });
    }

    /// Reports a line that is not an event; of many, only the first.
    fn report_ignored_line(&mut self, slot: usize, text: String) {
        let count = &mut self.slots[slot].ignored_lines;
        *count = count.saturating_add(1);
        if *count <= SHOWN_LINES {
            self.report_note(slot, text);
        } else if *count == SHOWN_LINES + 1 {
            let text = "the worker writes more lines that are not events; they are ignored";
            self.report_note(slot, text.to_string());
        }
    }
}
