//! The state of a run.

use super::search_adapter::SearchAdapter;
use super::worker_slot::WorkerSlot;
use crate::error::RunnerError;
use crate::launcher::{Launcher, Slot, WorkerId, WorkerMessage};
use crate::policy::RunPolicy;
use crate::results::ExperimentLog;
use crate::run_event::{JobResult, LimitReached, RunEvent, StopRequest};
use crate::schedule::shared_states::{AwaitedState, awaited_states};
use crate::schedule::{ScheduledJob, Scheduler};
use convsweep_spec::job::Job;
use convsweep_spec::precision::{Precision, Precisions};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The state of a run. Jobs and slots are indices.
pub(super) struct Dispatcher<'a> {
    pub(super) launcher: &'a dyn Launcher,
    /// The experiment's log, which holds a decision before it is carried out.
    pub(super) log: &'a RefCell<ExperimentLog>,
    pub(super) policy: RunPolicy,
    pub(super) jobs: Vec<Job>,
    /// For each job the state that it waits for.
    pub(super) awaited_states: Vec<Option<AwaitedState>>,
    pub(super) scheduler: Scheduler,
    pub(super) search: Option<SearchAdapter>,
    pub(super) slots: Vec<WorkerSlot>,
    /// The slot of each worker that has not exited.
    pub(super) slot_of_worker: HashMap<WorkerId, usize>,
    /// Number of workers launched so far; the newest one's id.
    pub(super) launched_workers: WorkerId,
    /// Jobs that back off before a retry, and until when.
    pub(super) backoffs: Vec<(Instant, usize)>,
    /// Running jobs that were told to pause by the user.
    pub(super) paused_jobs: BTreeSet<usize>,
    /// Time that each job has trained in this run.
    pub(super) training_time: Vec<Duration>,
    pub(super) started: Instant,
    pub(super) stop_request: StopRequest,
    pub(super) limit_reached: Option<LimitReached>,
    pub(super) done: Vec<JobResult>,
    pub(super) closed_slots: Vec<(usize, String)>,
    /// The last lines of standard error of the worker whose slot was closed last.
    pub(super) last_stderr: String,
    pub(super) error: Option<RunnerError>,
    /// Channel on which workers report.
    pub(super) worker_messages: mpsc::Sender<(WorkerId, WorkerMessage)>,
    events: mpsc::UnboundedSender<RunEvent>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(
        (launcher, log): (&'a dyn Launcher, &'a RefCell<ExperimentLog>),
        jobs: Vec<Job>,
        mut policy: RunPolicy,
        events: mpsc::UnboundedSender<RunEvent>,
        worker_messages: mpsc::Sender<(WorkerId, WorkerMessage)>,
    ) -> Self {
        let search_input = policy.search.take();
        // Jobs of a search wait for decisions, never for another job's state.
        let awaited_states = match &search_input {
            Some(_) => vec![None; jobs.len()],
            None => awaited_states(&jobs),
        };
        let slots = launcher.slots();
        tracing::info!(jobs = jobs.len(), slots = slots.len(), "run started");
        let scheduled = scheduled_jobs(&jobs, &awaited_states);
        let scheduler = Scheduler::new(&scheduled, &device_numbers(&slots), policy.clone());
        let of_slots: Vec<Precisions> = slots.iter().map(|slot| slot.precisions).collect();
        let scheduler = scheduler.with_precisions(&precisions(&jobs), &of_slots);
        let mut dispatcher = Dispatcher {
            launcher,
            log,
            policy,
            awaited_states,
            scheduler,
            search: None,
            slots: slots.into_iter().map(WorkerSlot::new).collect(),
            slot_of_worker: HashMap::new(),
            launched_workers: 0,
            backoffs: vec![],
            paused_jobs: BTreeSet::new(),
            training_time: vec![Duration::ZERO; jobs.len()],
            started: Instant::now(),
            stop_request: StopRequest::No,
            limit_reached: None,
            done: Vec::new(),
            closed_slots: Vec::new(),
            last_stderr: String::new(),
            error: None,
            worker_messages,
            events,
            jobs,
        };
        if let Some(input) = search_input {
            dispatcher.start_search(input);
        }
        dispatcher
    }

    /// Reports an event. The run continues even if nobody receives it.
    pub(super) fn report(&self, event: RunEvent) {
        let _ = self.events.send(event);
    }

    /// Whether nothing is running and nothing more will start.
    pub(super) fn is_over(&self) -> bool {
        self.scheduler.is_over()
    }

    /// Whether a worker has not exited yet.
    pub(super) fn has_workers(&self) -> bool {
        !self.slot_of_worker.is_empty()
    }

    /// Whether the run was asked to stop, or is stopped by a limit.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop_request != StopRequest::No || self.limit_reached.is_some()
    }
}

fn scheduled_jobs(jobs: &[Job], awaited: &[Option<AwaitedState>]) -> Vec<ScheduledJob> {
    let mut scheduled: Vec<ScheduledJob> = Vec::with_capacity(jobs.len());
    for (number, job) in jobs.iter().enumerate() {
        // The jobs of a configuration are consecutive.
        let configuration = match scheduled.last() {
            None => 0,
            Some(previous) => {
                let other = &jobs[number - 1].question.configuration;
                let is_new = *other != job.question.configuration;
                previous.configuration + usize::from(is_new)
            }
        };
        scheduled.push(ScheduledJob {
            attempt: job.execution.attempt,
            parent: awaited[number].as_ref().map(|state| state.job),
            configuration,
        });
    }
    scheduled
}

fn precisions(jobs: &[Job]) -> Vec<Precision> {
    let mut precisions = Vec::with_capacity(jobs.len());
    for job in jobs {
        precisions.push(job.question.configuration.train.precision);
    }
    precisions
}

/// A number for the device of each slot; slots of one device have the same.
fn device_numbers(slots: &[Slot]) -> Vec<usize> {
    let first_of = |place| slots.iter().position(|slot| slot.place == place);
    slots
        .iter()
        .map(|slot| first_of(slot.place).unwrap_or(0))
        .collect()
}
