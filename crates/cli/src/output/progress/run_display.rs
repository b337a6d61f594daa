//! Follows the events of a run and shows them.

use super::job_table::{JobInfo, JobTable, RunningEntry};
use super::messages::{
    figures_of, limit_words, outcome_words, paused_words, remedy, scores, stopping_words,
    with_stderr,
};
use super::screen::Screen;
use crate::output::tell::Teller;
use crate::panics;
use convsweep_runner::estimate::fraction_done;
use convsweep_runner::{LimitReached, RunEvent, StopRequest};
use convsweep_spec::event::{Event, Part};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, JobVerdict};
use convsweep_spec::metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::words::{counted, duration};
use std::time::{Duration, Instant};

/// Without a terminal, a running job is reported at most this often.
const LINE_INTERVAL: Duration = Duration::from_secs(30);
/// In runs of many jobs, finished ones are reported at most this often.
const FINISHED_INTERVAL: Duration = Duration::from_secs(1);
/// The terminal's title is changed at most this often.
const TITLE_INTERVAL: Duration = Duration::from_secs(1);
/// Jobs pruned at the same time that are reported one by one.
const MAX_PRUNED: usize = 3;

/// Shows a run.
pub struct RunDisplay {
    jobs: JobTable,
    screen: Screen,
    /// The command that runs this experiment.
    command: String,
    /// When a finished job was reported last.
    last_finished: Option<Instant>,
    failed: usize,
    /// An attempt that ended badly. It is reported together with its consequence, which is the next
    /// event.
    bad_end: Option<BadEnd>,
    /// Jobs pruned in succession.
    pruned: usize,
    /// Whether a pause was requested by the user or a limit; else a search has decided on it.
    is_draining: bool,
    /// Whether a search decides about jobs.
    has_search: bool,
    /// What the terminal is asked for besides.
    teller: Teller,
    /// The title that it has, and when it was changed.
    title: Option<(String, Instant)>,
}

struct BadEnd {
    job: JobId,
    outcome: Outcome,
    stderr: String,
}

impl RunDisplay {
    /// For these jobs, in the order in which they will start, on slots of these names. `command` is the
    /// command that runs the experiment.
    pub fn new(
        jobs: Vec<(JobId, JobInfo)>,
        slots: &[String],
        command: String,
        has_search: bool,
        (quiet, teller): (bool, Teller),
    ) -> Self {
        RunDisplay {
            screen: Screen::new(jobs.len(), slots, quiet),
            jobs: JobTable::new(jobs, slots.len()),
            command,
            last_finished: None,
            failed: 0,
            bad_end: None,
            pruned: 0,
            is_draining: false,
            has_search,
            teller,
            title: None,
        }
    }

    /// Shows what has happened.
    pub fn on(&mut self, event: &RunEvent) {
        panics::test_point("display");
        if !matches!(
            event,
            RunEvent::Decided(_) | RunEvent::Logged(_) | RunEvent::Finished { .. }
        ) {
            self.report_pruned();
        }
        self.report_bad_end(event);
        match event {
            RunEvent::AttemptStarted { slot, job, .. } => self.started(*slot, job),
            RunEvent::Worker(envelope) => self.worker_event(&envelope.job, &envelope.event),
            RunEvent::AttemptEnded {
                slot,
                job,
                outcome,
                stderr,
                ..
            } => self.attempt_ended(*slot, job, outcome, stderr),
            RunEvent::Retrying { job, .. } | RunEvent::JobPaused { job } => {
                self.jobs.is_pending(job);
            }
            RunEvent::JobCancelled { job } => self.jobs.is_not_pending(job),
            RunEvent::Finished { job, outcome, .. } => self.job_ended(job, outcome),
            RunEvent::WorkerNote { text, .. } => self.note(text),
            RunEvent::StartFailed { reason, stderr, .. } => {
                self.screen.say(&with_stderr(reason, stderr));
            }
            RunEvent::SlotClosed { device, reason, .. } => {
                let text = format!("a slot of {device} is closed: {reason}");
                self.screen.say(&text);
            }
            RunEvent::Decided(decision) => self.decided(decision),
            RunEvent::Logged(_) => {}
            RunEvent::Paused(paused) => self.paused(*paused),
            RunEvent::LimitReached(limit) => self.limit_reached(*limit),
            RunEvent::Stopping { request, running } => self.stopping(*request, *running),
        }
    }

    /// Removes the bars and reports what is still unreported.
    pub fn close(&mut self) {
        self.report_pruned();
        if let Some(end) = self.bad_end.take() {
            self.screen.say(&self.bad_end_words(&end));
        }
        self.screen.clear();
    }

    fn started(&mut self, slot: usize, job: &JobId) {
        self.jobs.started(slot, job);
        self.screen.slot(slot, self.jobs.label(job), 0.0);
    }

    fn worker_event(&mut self, job: &JobId, event: &Event) {
        match event {
            Event::Progress {
                epoch,
                step,
                steps,
                epochs,
                images_per_second,
            } => {
                let done = fraction_done(*epoch, *step, *steps, *epochs);
                self.progress(job, (*epoch, *epochs), done, *images_per_second);
            }
            Event::Metrics { epoch, values, .. } => {
                let values = values.iter().map(|(name, value)| (name.clone(), value.0));
                if let Some((_, entry)) = self.jobs.running(job) {
                    entry.metrics = values.collect();
                    self.report_epoch(job, *epoch);
                    self.epoch_ended(job, *epoch);
                }
            }
            Event::Warning { text } => {
                if self.jobs.running(job).is_some() {
                    self.screen
                        .say(&format!("{}: {text}", self.jobs.label(job)));
                }
            }
            Event::Evaluated(evaluation) if evaluation.part == Part::Validation => {
                if let Some((_, entry)) = self.jobs.running(job) {
                    entry.metrics = figures_of(evaluation);
                }
            }
            Event::Started { .. }
            | Event::Alive
            | Event::WornOut { .. }
            | Event::Checkpoint { .. }
            | Event::StateSaved { .. }
            | Event::Evaluated(_)
            | Event::Artifact { .. }
            | Event::Ended { .. } => {}
        }
    }

    fn progress(&mut self, job: &JobId, (epoch, epochs): (u32, u32), done: f64, speed: f64) {
        let label = self.jobs.label(job);
        let Some((slot, entry)) = self.jobs.running(job) else {
            return;
        };
        let is_first = entry.from == 0.0 && entry.done == 0.0;
        if is_first && epoch > 0 {
            entry.from = fraction_done(epoch, 0, 1, epochs);
        }
        entry.done = done;
        let score = match entry.metrics.get(metric::VAL_ACCURACY) {
            Some(accuracy) => format!(", val_accuracy {accuracy:.4}"),
            None => String::new(),
        };
        let epoch = (epoch + 1).min(epochs);
        let message = format!("{label}: epoch {epoch} of {epochs}, {speed:.0} images/s{score}");
        self.screen.slot(slot, message, done);
        self.show_time_left();
    }

    /// Short epochs tell nothing else of how far they are.
    fn epoch_ended(&mut self, job: &JobId, epoch: u32) {
        let epochs = self.jobs.epochs(job);
        let Some((_, entry)) = self.jobs.running(job) else {
            return;
        };
        let speed = entry.metrics.get(metric::IMAGES_PER_SECOND).copied();
        let place = (epoch.saturating_sub(1), epochs);
        let done = fraction_done(epoch, 0, 0, epochs);
        self.progress(job, place, done, speed.unwrap_or_default());
    }

    /// Without a terminal, a line about an epoch now and then.
    fn report_epoch(&mut self, job: &JobId, epoch: u32) {
        let label = self.jobs.label(job);
        let Some((_, entry)) = self.jobs.running(job) else {
            return;
        };
        if self.screen.has_lines_only() && entry.last_line.elapsed() >= LINE_INTERVAL {
            entry.last_line = Instant::now();
            let scores = scores(&entry.metrics);
            self.screen
                .say(&format!("{label}: epoch {epoch}, {scores}"));
        }
    }

    fn attempt_ended(&mut self, slot: usize, job: &JobId, outcome: &Outcome, stderr: &str) {
        let Some(entry) = self.jobs.ended(slot) else {
            return;
        };
        match outcome {
            Outcome::Finished => {
                let seconds = self.jobs.job_finished(&entry);
                self.report_finished(&entry, seconds);
            }
            // The search has reported its own pauses and prunings already.
            Outcome::Cancelled if self.has_search && !self.is_draining => {}
            Outcome::Stopped { .. } => {}
            Outcome::Cancelled => {
                let label = self.jobs.label(job);
                self.screen
                    .say(&format!("{label}: paused, its checkpoint is kept"));
            }
            _ => {
                self.bad_end = Some(BadEnd {
                    job: job.clone(),
                    outcome: outcome.clone(),
                    stderr: stderr.to_string(),
                });
            }
        }
        self.screen.finished(self.jobs.finished());
        self.screen.slot(slot, "idle", 0.0);
        self.show_time_left();
    }

    fn job_ended(&mut self, job: &JobId, outcome: &Outcome) {
        self.jobs.is_not_pending(job);
        match outcome {
            Outcome::Finished | Outcome::Cancelled | Outcome::Stopped { .. } => {}
            _ => self.failed += 1,
        }
    }

    /// A line about a finished job; in runs of many jobs, only now and then.
    fn report_finished(&mut self, entry: &RunningEntry, seconds: f64) {
        let (finished, total) = (self.jobs.finished(), self.jobs.total());
        let reported_recently = self
            .last_finished
            .is_some_and(|last| last.elapsed() < FINISHED_INTERVAL);
        let skip = reported_recently && self.jobs.has_many() && finished < total;
        if skip || self.screen.is_quiet() {
            return;
        }
        self.last_finished = Some(Instant::now());
        let left = match self.jobs.seconds_left() {
            Some(left) => format!("; about {} left", duration(left)),
            None => String::new(),
        };
        let label = self.jobs.label(&entry.job);
        // A job that continued after its last epoch has reported none here.
        let scores = match scores(&entry.metrics) {
            scores if scores.is_empty() => "finished".into(),
            scores => scores,
        };
        let took = duration(seconds);
        self.screen.say(&format!(
            "[{finished}/{total}] {label}: {scores} ({took}{left})"
        ));
    }

    /// Reports a failure: briefly if the job is retried, otherwise with advice.
    fn report_bad_end(&mut self, next: &RunEvent) {
        let Some(end) = self.bad_end.take() else {
            return;
        };
        let text = match next {
            RunEvent::Retrying { job, attempt, .. } if *job == end.job => {
                let (label, outcome) = (self.jobs.label(job), outcome_words(&end.outcome));
                let text = format!("{label}: {outcome}; attempt {attempt} follows");
                with_stderr(&text, &end.stderr)
            }
            _ => self.bad_end_words(&end),
        };
        self.screen.say(&text);
    }

    /// Why an attempt did not finish, the end of the worker's log, and the command that repeats it.
    fn bad_end_words(&self, end: &BadEnd) -> String {
        let (job, command) = (&end.job, &self.command);
        let outcome = format!("{}: {}", self.jobs.label(job), outcome_words(&end.outcome));
        let mut text = with_stderr(&outcome, &end.stderr);
        if let Some(remedy) = remedy(&end.outcome) {
            text += &format!("\n    {remedy}");
        }
        text + &format!("\n    repeat it: {command} --only {job} · more: convsweep show {job}")
    }

    fn decided(&mut self, decision: &Decision) {
        if decision.verdict != JobVerdict::Stop {
            return;
        }
        self.pruned += 1;
        if self.pruned <= MAX_PRUNED {
            let label = self.jobs.label(&decision.job);
            let (rule, reason) = (&decision.rule, &decision.reason);
            self.screen
                .say(&format!("{label}: pruned by {rule}: {reason}"));
        }
    }

    /// Reports how many jobs were pruned at the same time and not reported one by one.
    fn report_pruned(&mut self) {
        let more = std::mem::take(&mut self.pruned).saturating_sub(MAX_PRUNED);
        if more > 0 {
            let jobs = counted(more as u64, "more job");
            self.screen
                .say(&format!("and {jobs} pruned; `convsweep why JOB` says why"));
        }
    }

    fn note(&self, text: &str) {
        if text.starts_with("the worker ") {
            self.screen.say(text);
        } else {
            self.screen.say(&format!("worker: {text}"));
        }
    }

    fn paused(&mut self, paused: bool) {
        self.is_draining = paused;
        self.screen.say(paused_words(paused));
    }

    fn limit_reached(&mut self, limit: LimitReached) {
        self.is_draining = true;
        self.screen.say(&limit_words(limit));
    }

    fn stopping(&mut self, request: StopRequest, running: usize) {
        self.is_draining = true;
        self.screen.say(&stopping_words(request, running));
    }

    /// Shows in the terminal's title how many jobs have finished and when all will have.
    fn show_title(&mut self) {
        let is_new = |(_, since): &(String, Instant)| since.elapsed() >= TITLE_INTERVAL;
        if !self.teller.has_title() || !self.title.as_ref().is_none_or(is_new) {
            return;
        }
        let (finished, total) = (self.jobs.finished(), self.jobs.total());
        let left = match self.jobs.seconds_left() {
            Some(seconds) => format!(", {} left", duration(seconds)),
            None => String::new(),
        };
        let title = format!("{finished}/{total} jobs{left} · convsweep");
        if self.title.as_ref().is_none_or(|(shown, _)| *shown != title) {
            self.teller.title(&title);
            self.title = Some((title, Instant::now()));
        }
    }

    fn show_time_left(&mut self) {
        self.show_title();
        self.screen.sweep(|| {
            let left = match self.jobs.seconds_left() {
                Some(seconds) => format!("about {} left", duration(seconds)),
                None => "time left not known yet".to_string(),
            };
            match self.failed {
                0 => left,
                failed => format!("{left}, {failed} failed"),
            }
        });
    }
}
