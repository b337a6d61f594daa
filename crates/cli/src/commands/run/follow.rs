//! Running the jobs, and following what happens: display, database, logs, notifications.

use super::event_lines::EventLines;
use super::notify::Notifier;
use super::presence::Presence;
use super::queue_notice::QueueNotice;
use super::requests::pass_on_requests;
use super::run_log;
use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::output::progress::RunDisplay;
use crate::panics;
use crate::signals::Training;
use anyhow::Result;
use convsweep_runner::launcher::Launcher;
use convsweep_runner::{ExperimentLog, RunEvent, RunPolicy, RunSummary, is_failure};
use convsweep_spec::job::Job;
use convsweep_spec::log::Record;
use convsweep_store::DatabaseWriter;
use std::cell::RefCell;
use tokio::sync::mpsc;

/// Everything that follows the events of a run.
pub struct Follower<'a> {
    /// The experiment.
    pub experiment: &'a str,
    /// Shows them; `None` after an error in the display itself.
    pub display: Option<RunDisplay>,
    /// Passes them on as lines of JSON, if these are asked for.
    pub lines: EventLines<'a>,
    /// Stores those of workers.
    pub writer: &'a DatabaseWriter,
    /// Records those that no worker can record.
    pub log: &'a RefCell<ExperimentLog>,
    /// Tells the user about failures.
    pub notifier: &'a mut Notifier,
    /// Tells other commands what is paused.
    pub queue: QueueNotice<'a>,
}

/// Runs the jobs on the slots of the launcher. A log that cannot be written stops the run.
///
/// # Errors
/// If the experiment's log cannot be written, or the results folder vanishes.
pub fn run_and_follow(
    context: &Context,
    jobs: Vec<Job>,
    launcher: &dyn Launcher,
    policy: RunPolicy,
    mut follower: Follower,
) -> Result<RunSummary> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .code(Exit::Device)?;
    let training = context.signals.training();
    let presence = Presence::new(&context.results);
    let summary = runtime.block_on(async {
        let (events, mut received) = mpsc::unbounded_channel();
        let (requests, control_requests) = mpsc::unbounded_channel();
        let running = convsweep_runner::run(
            launcher,
            follower.log,
            jobs,
            policy,
            events,
            training.requests(),
            control_requests,
        );
        let following = follower.follow(&mut received, &training);
        let work = async { tokio::join!(running, following) };
        tokio::select! {
            (summary, followed) = work => followed.map(|()| summary),
            never = pass_on_requests(&context.results, &requests) => match never {},
            never = presence.watch(&training) => match never {},
        }
    });
    follower.show(RunDisplay::close);
    presence.check()?;
    summary
}

impl Follower<'_> {
    /// Handles all events. After the first one that cannot be recorded, the run is asked to stop.
    async fn follow(
        &mut self,
        events: &mut mpsc::UnboundedReceiver<RunEvent>,
        training: &Training<'_>,
    ) -> Result<()> {
        let mut result = Ok(());
        while let Some(event) = events.recv().await {
            run_log::event(&event);
            self.show(|display| display.on(&event));
            self.lines.on(&event);
            self.queue.on(&event);
            self.notify(&event);
            if let Err(error) = self.record(event) {
                training.drain();
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Changes the display. An error in the display ends it, not the run.
    fn show(&mut self, change: impl FnOnce(&mut RunDisplay)) {
        let display = self.display.take();
        self.display = display.and_then(|mut display| {
            panics::caught(|| change(&mut display))?;
            Some(display)
        });
    }

    fn notify(&mut self, event: &RunEvent) {
        if let RunEvent::Finished { job, outcome, .. } = event
            && is_failure(outcome)
        {
            let message = format!("{} {}", outcome.name(), outcome.detail());
            self.notifier.notify("failed", &job.0, &message);
        }
    }

    /// Stores events of workers; what a worker could not record itself goes into the experiment's
    /// log first.
    fn record(&mut self, event: RunEvent) -> Result<()> {
        let record = match event {
            RunEvent::Worker(envelope) => {
                self.writer.event(*envelope);
                return Ok(());
            }
            RunEvent::AttemptEnded {
                job,
                attempt,
                outcome,
                by_worker: false,
                stderr,
                ..
            } => Record::AttemptEnded {
                job,
                attempt,
                outcome,
                stderr,
            },
            RunEvent::Logged(entry) => {
                self.writer.entry(self.experiment, *entry);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let entry = self.log.borrow_mut().append(record);
        let entry = entry.map_err(runner_failure)?;
        self.writer.entry(self.experiment, entry);
        Ok(())
    }
}
