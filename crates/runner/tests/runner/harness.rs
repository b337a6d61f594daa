//! Runs whose events are collected, and told in short words.

use convsweep_runner::launcher::Launcher;
use convsweep_runner::{
    ControlRequest, ExperimentLog, LimitReached, RunEvent, RunPolicy, RunSummary, StopRequest, run,
};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::outcome::Outcome;
use std::cell::RefCell;
use std::time::Duration;
use tempfile::tempdir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

/// Longer than any run may take, on either clock.
const HANGS_AFTER: Duration = Duration::from_secs(3600);

/// A run and what it reported.
pub struct Finished {
    pub jobs: Vec<Job>,
    pub events: Vec<RunEvent>,
    pub summary: RunSummary,
}

/// What the test does when the run reports an event.
pub enum Reaction {
    None,
    Stop(StopRequest),
    Control(ControlRequest),
}

/// The clock of a run: with fakes it is paused and jumps to the next deadline, with processes it is
/// the real one.
#[derive(Clone, Copy)]
pub enum Clock {
    Paused,
    Real,
}

/// Short delays, so that process tests do not wait.
pub fn quick_policy() -> RunPolicy {
    RunPolicy {
        start_delay: Duration::from_millis(1),
        first_backoff: Duration::ZERO,
        grace_period: Duration::from_millis(200),
        ..RunPolicy::default()
    }
}

/// Runs to the end, with an experiment's log of its own.
pub fn run_all(
    clock: Clock,
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    policy: RunPolicy,
    react: impl FnMut(&RunEvent) -> Reaction,
) -> Finished {
    let dir = tempdir().unwrap();
    let results = ResultsFolder(dir.path().to_path_buf());
    let log = RefCell::new(ExperimentLog::open(&results, "e").unwrap());
    run_with_log((clock, &log), launcher, jobs, policy, react)
}

/// [`run_all`] with this experiment's log.
pub fn run_with_log(
    (clock, log): (Clock, &RefCell<ExperimentLog>),
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    policy: RunPolicy,
    mut react: impl FnMut(&RunEvent) -> Reaction,
) -> Finished {
    runtime(clock).block_on(async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let (stop, stop_requests) = watch::channel(StopRequest::No);
        let (control, control_requests) = mpsc::unbounded_channel();
        let running = run(
            launcher,
            log,
            jobs.clone(),
            policy,
            sender,
            stop_requests,
            control_requests,
        );
        let mut events = Vec::new();
        let collecting = async {
            while let Some(event) = receiver.recv().await {
                match react(&event) {
                    Reaction::None => {}
                    Reaction::Stop(request) => stop.send(request).unwrap(),
                    Reaction::Control(request) => control.send(request).unwrap(),
                }
                events.push(event);
            }
        };
        let both = async { tokio::join!(running, collecting) };
        let ended = tokio::time::timeout(HANGS_AFTER, both).await;
        let (summary, ()) = ended.expect("the run hangs");
        Finished {
            jobs,
            events,
            summary,
        }
    })
}

fn runtime(clock: Clock) -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all();
    if let Clock::Paused = clock {
        builder.start_paused(true);
    }
    builder.build().unwrap()
}

impl Finished {
    /// Checks what happened, in short words.
    pub fn check(&self, expect: &[&str]) {
        assert_eq!(self.story(), expect);
    }

    /// What happened, in short words; jobs are named by their place.
    pub fn story(&self) -> Vec<String> {
        let words = self.events.iter().map(|event| self.words(event));
        words.filter(|words| !words.is_empty()).collect()
    }

    /// Outcomes of the attempts, in the order in which they ended.
    pub fn outcomes(&self) -> Vec<&Outcome> {
        let mut outcomes = Vec::new();
        for event in &self.events {
            if let RunEvent::AttemptEnded { outcome, .. } = event {
                outcomes.push(outcome);
            }
        }
        outcomes
    }

    /// The standard error that the first ended attempt left.
    pub fn first_stderr(&self) -> &str {
        for event in &self.events {
            if let RunEvent::AttemptEnded { stderr, .. } = event {
                return stderr;
            }
        }
        panic!("no attempt ended");
    }

    /// The error of the run.
    pub fn error(&self) -> String {
        self.summary.error.as_ref().unwrap().to_string()
    }

    fn place(&self, id: &JobId) -> usize {
        self.jobs.iter().position(|job| job.id == *id).unwrap()
    }

    fn words(&self, event: &RunEvent) -> String {
        match event {
            RunEvent::AttemptStarted {
                slot, job, attempt, ..
            } => format!("{}.{attempt} on {slot}", self.place(job)),
            RunEvent::AttemptEnded {
                job,
                attempt,
                outcome,
                by_worker,
                ..
            } => {
                let mark = if *by_worker { "" } else { "!" };
                format!("{}.{attempt} {}{mark}", self.place(job), outcome.name())
            }
            RunEvent::Retrying { job, attempt, .. } => {
                format!("{} again as {attempt}", self.place(job))
            }
            RunEvent::Finished { job, attempts, .. } => {
                format!("{} done in {attempts}", self.place(job))
            }
            RunEvent::StartFailed { slot, failures, .. } => {
                format!("start {failures} failed on {slot}")
            }
            RunEvent::SlotClosed { slot, .. } => format!("slot {slot} closed"),
            RunEvent::WorkerNote { text, .. } => format!("note {text}"),
            RunEvent::Stopping { request, running } => format!("stopping {request:?} {running}"),
            RunEvent::Decided(decision) => {
                let verdict = decision.verdict.name();
                let (rule, epoch) = (&decision.rule, decision.epoch);
                format!(
                    "{} {verdict} by {rule} at {epoch}",
                    self.place(&decision.job)
                )
            }
            RunEvent::Paused(true) => "paused".to_string(),
            RunEvent::Paused(false) => "resumed".to_string(),
            RunEvent::LimitReached(LimitReached::TimeLimit) => "time limit".to_string(),
            RunEvent::LimitReached(LimitReached::Failures(count)) => {
                format!("limit of {count} failures")
            }
            RunEvent::Worker(_)
            | RunEvent::Logged(_)
            | RunEvent::JobPaused { .. }
            | RunEvent::JobCancelled { .. } => String::new(),
        }
    }
}
