//! The events of a run as lines of JSON.

use super::lines::{JobTag, RunLine, RunLines};
use crate::output::progress::{figures_of, limit_words, stopping_words};
use convsweep_runner::RunEvent;
use convsweep_spec::event::{Envelope, Event, Part};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::Number;
use convsweep_spec::outcome::Outcome;
use std::collections::{BTreeMap, HashMap};

/// Passes on events as lines.
pub struct EventLines<'a> {
    lines: &'a RunLines,
    tags: HashMap<JobId, JobTag>,
    /// The metrics of the weights that a job keeps, until it is done.
    kept: HashMap<JobId, BTreeMap<String, Number>>,
}

impl<'a> EventLines<'a> {
    /// For jobs with these tags.
    pub fn new(lines: &'a RunLines, tags: HashMap<JobId, JobTag>) -> Self {
        EventLines {
            lines,
            tags,
            kept: HashMap::new(),
        }
    }

    /// Passes on an event.
    pub fn on(&mut self, event: &RunEvent) {
        if !self.lines.are_on() {
            return;
        }
        match event {
            RunEvent::Worker(envelope) => self.worker_event(envelope),
            RunEvent::AttemptStarted {
                slot,
                device,
                job,
                attempt,
            } => self.say_of(job, |job| RunLine::Started {
                job,
                attempt: *attempt,
                device: device.to_string(),
                slot: *slot,
            }),
            RunEvent::AttemptEnded {
                job,
                attempt,
                outcome,
                ..
            } if *outcome != Outcome::Finished => self.say_of(job, |job| RunLine::AttemptEnded {
                job,
                attempt: *attempt,
                outcome: outcome.name(),
                detail: outcome.detail(),
            }),
            RunEvent::Finished {
                job,
                attempts,
                outcome,
            } => {
                let metrics = self.kept.remove(job).unwrap_or_default();
                self.say_of(job, |job| RunLine::Finished {
                    job,
                    attempts: *attempts,
                    outcome: outcome.name(),
                    detail: outcome.detail(),
                    metrics,
                });
            }
            RunEvent::JobCancelled { job } => self.say_of(job, |job| RunLine::Cancelled { job }),
            RunEvent::Decided(decision) => self.say_of(&decision.job, |job| RunLine::Decided {
                job,
                epoch: decision.epoch,
                verdict: decision.verdict.name(),
                rule: &decision.rule,
                reason: &decision.reason,
            }),
            RunEvent::Paused(true) => self.lines.say(&RunLine::Paused),
            RunEvent::Paused(false) => self.lines.say(&RunLine::Resumed),
            RunEvent::LimitReached(limit) => self.stopping(limit_words(*limit)),
            RunEvent::Stopping { request, running } => {
                self.stopping(stopping_words(*request, *running));
            }
            RunEvent::WorkerNote { job, text, .. } => self.warning(job.as_ref(), text.clone()),
            RunEvent::StartFailed { reason, stderr, .. } => {
                self.warning(None, format!("{reason}\n{}", stderr.trim_end()));
            }
            RunEvent::SlotClosed { device, reason, .. } => {
                self.warning(None, format!("a slot of {device} is closed: {reason}"));
            }
            // The attempt that ended is told, and so is the next one.
            RunEvent::AttemptEnded { .. }
            | RunEvent::Retrying { .. }
            | RunEvent::JobPaused { .. }
            | RunEvent::Logged(_) => {}
        }
    }

    /// Writes a line about a job of the plan.
    fn say_of<'b>(&'b self, job: &JobId, line: impl FnOnce(&'b JobTag) -> RunLine<'b>) {
        if let Some(tag) = self.tags.get(job) {
            self.lines.say(&line(tag));
        }
    }

    fn worker_event(&mut self, envelope: &Envelope) {
        let Some(job) = self.tags.get(&envelope.job) else {
            return;
        };
        match &envelope.event {
            Event::Metrics {
                epoch,
                step,
                values,
                ..
            } => self.lines.say(&RunLine::Epoch {
                job,
                attempt: envelope.attempt,
                epoch: *epoch,
                step: *step,
                metrics: values,
            }),
            Event::Evaluated(evaluation) if evaluation.part == Part::Validation => {
                let figures = figures_of(evaluation).into_iter();
                let figures = figures.map(|(name, value)| (name, Number(value)));
                self.kept.insert(envelope.job.clone(), figures.collect());
            }
            Event::Warning { text } => self.warning(Some(&envelope.job), text.clone()),
            Event::Started { .. }
            | Event::Alive
            | Event::WornOut { .. }
            | Event::Progress { .. }
            | Event::Checkpoint { .. }
            | Event::StateSaved { .. }
            | Event::Evaluated(_)
            | Event::Artifact { .. }
            | Event::Ended { .. } => {}
        }
    }

    fn warning(&self, job: Option<&JobId>, text: String) {
        self.lines.say(&RunLine::Warning { job, text });
    }

    fn stopping(&self, reason: String) {
        self.lines.say(&RunLine::Stopping { reason });
    }
}
