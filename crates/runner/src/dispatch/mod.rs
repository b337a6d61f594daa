//! The run: gives jobs to workers, hears them, and says what happens. Decisions are
//! [`crate::schedule`]'s.

mod requests;
pub(crate) mod search_adapter;
mod timers;
mod worker_events;
pub mod worker_line;

use crate::devices::slots::Slot;
use crate::dispatch::search_adapter::SearchAdapter;
use crate::dispatch::worker_line::{
    ProcessExit, WorkerLine, death, death_words, read_line, unheard,
};
use crate::error::RunnerError;
use crate::launcher::{Launcher, Worker, WorkerId, WorkerMessage, WorkerRequest};
use crate::local::LocalLauncher;
use crate::policy::RunPolicy;
use crate::results::control_files::ControlRequest;
use crate::run_event::{HaltReason, RunEvent, RunSummary, StopRequest};
use crate::schedule::shared_states::{Parent, parents};
use crate::schedule::{Consequence, JobAssignment, Next, ScheduledJob, Scheduler};
use crate::search::SearchAction;
use convsweep_spec::command::Command;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::job::{Job, SavedState};
use convsweep_spec::layout::EVENTS;
use convsweep_spec::log::Decision;
use convsweep_spec::metric::Number;
use convsweep_spec::outcome::Outcome;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Trains `jobs` on `slots` by local worker processes; see [`run_with`].
pub async fn run(
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    policy: RunPolicy,
    events: mpsc::UnboundedSender<RunEvent>,
    stop: watch::Receiver<StopRequest>,
    control: mpsc::UnboundedReceiver<ControlRequest>,
) -> RunSummary {
    let launcher = LocalLauncher {
        grace: policy.grace,
    };
    run_with(&launcher, jobs, slots, policy, events, stop, control).await
}

/// Trains `jobs` in their order on `slots` by workers of `launcher`, and returns when all workers
/// are gone.
///
/// The jobs' execution is completed here: attempt (counted on from the given one), device, threads,
/// and the state to start from where an earlier job of the run saves one. A worker is kept between
/// jobs; it is replaced after a death, and after a failed or out-of-memory job, whose process may
/// be in any state. Must run on a Tokio runtime with I/O and time, on a thread that outlives the
/// workers: they are tied to the life of the thread that started them.
pub async fn run_with(
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    policy: RunPolicy,
    events: mpsc::UnboundedSender<RunEvent>,
    mut stop: watch::Receiver<StopRequest>,
    mut control: mpsc::UnboundedReceiver<ControlRequest>,
) -> RunSummary {
    let (says, mut heard) = mpsc::channel(1024);
    let mut run = Dispatcher::new(launcher, jobs, slots, policy, events, says);
    let mut told = true;
    loop {
        run.stop(*stop.borrow_and_update());
        run.assign();
        if run.schedule.is_over() {
            break;
        }
        let due = run.next_due();
        tokio::select! {
            changed = stop.changed(), if told => told = changed.is_ok(),
            Some(control) = control.recv() => run.control(control),
            Some((id, says)) = heard.recv() => run.hear(id, says),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                run.tick(due.unwrap_or_else(Instant::now), heard.is_empty());
            }
        }
    }
    run.dismiss();
    while !run.live.is_empty() {
        tokio::select! {
            changed = stop.changed(), if told => {
                told = changed.is_ok();
                run.stop(*stop.borrow_and_update());
            }
            Some((id, says)) = heard.recv() => run.hear(id, says),
        }
    }
    run.summary()
}

/// What sits on a slot.
#[derive(Default)]
struct SlotWorker {
    worker: Option<(WorkerId, Worker)>,
    /// Given to the worker and not ended.
    current: Option<RunningAttempt>,
    /// Assigned, to be given when its time has come.
    pending: Option<(Instant, JobAssignment)>,
    /// A worker on its way out; it no longer has a job.
    leaving: Option<(WorkerId, Worker)>,
    /// Lines that were no events since the newest attempt began.
    noise: u32,
}

struct RunningAttempt {
    job: JobId,
    attempt: u32,
    spoke: bool,
    /// Number of the next event that the attempt logs.
    next: u64,
    since: Instant,
    /// When something was last heard of the worker.
    heard: Instant,
    /// When its time is up.
    limit: Option<Instant>,
    /// Epochs after which it was told to pause.
    until: Option<u32>,
    /// Completed epochs that it told of.
    epoch: u32,
    /// When it is killed, because it does not end as it was told to, and how the attempt then
    /// ended.
    doom: Option<(Instant, Outcome)>,
}

struct Dispatcher<'a> {
    launcher: &'a dyn Launcher,
    jobs: Vec<Job>,
    parents: Vec<Option<Parent>>,
    slots: Vec<Slot>,
    events: mpsc::UnboundedSender<RunEvent>,
    says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    policy: RunPolicy,
    schedule: Scheduler,
    guide: Option<SearchAdapter>,
    /// Jobs that a person paused while they ran.
    paused: BTreeSet<usize>,
    began: Instant,
    /// Time that each job trained in this run.
    trained: Vec<Duration>,
    /// Jobs that rest before a retry, and until when.
    resting: Vec<(Instant, usize)>,
    seats: Vec<SlotWorker>,
    /// Slots of all workers that are not gone.
    live: HashMap<WorkerId, usize>,
    launched: WorkerId,
    stop: StopRequest,
    halted: Option<HaltReason>,
    ended: Vec<(JobId, u32, Outcome)>,
    closed: Vec<(usize, String)>,
    last_stderr: String,
    error: Option<RunnerError>,
}

impl<'a> Dispatcher<'a> {
    fn new(
        launcher: &'a dyn Launcher,
        jobs: Vec<Job>,
        slots: Vec<Slot>,
        policy: RunPolicy,
        events: mpsc::UnboundedSender<RunEvent>,
        says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    ) -> Self {
        // Jobs of a search wait for decisions, never for another job's state.
        let parents = if policy.search.is_some() {
            vec![None; jobs.len()]
        } else {
            parents(&jobs)
        };
        let numbers = configurations(&jobs);
        let entry = |(i, job): (usize, &Job)| ScheduledJob {
            attempt: job.execution.attempt,
            parent: parents[i].as_ref().map(|p| p.job),
            configuration: numbers[i],
        };
        let entries: Vec<ScheduledJob> = jobs.iter().enumerate().map(entry).collect();
        let device = |slot: &Slot| {
            slots
                .iter()
                .position(|other| other.device == slot.device)
                .unwrap_or(0)
        };
        let devices: Vec<usize> = slots.iter().map(device).collect();
        let (guide, actions) = policy.search.clone().map_or((None, vec![]), |directed| {
            let (guide, actions) = SearchAdapter::new(directed, &jobs);
            (Some(guide), actions)
        });
        let mut run = Dispatcher {
            launcher,
            parents,
            schedule: Scheduler::new(&entries, &devices, policy.clone()),
            policy,
            guide,
            paused: BTreeSet::new(),
            began: Instant::now(),
            trained: vec![Duration::ZERO; jobs.len()],
            resting: vec![],
            seats: slots.iter().map(|_| SlotWorker::default()).collect(),
            jobs,
            slots,
            events,
            says,
            live: HashMap::new(),
            launched: 0,
            stop: StopRequest::No,
            halted: None,
            ended: Vec::new(),
            closed: Vec::new(),
            last_stderr: String::new(),
            error: None,
        };
        let held = run
            .guide
            .as_ref()
            .map(SearchAdapter::guided)
            .unwrap_or_default();
        run.schedule.hold(&held);
        run.act(actions);
        run
    }

    /// A listener that went away does not stop the run.
    fn say(&self, event: RunEvent) {
        let _ = self.events.send(event);
    }

    fn assign(&mut self) {
        loop {
            for assignment in self.schedule.assign() {
                let due = Instant::now() + assignment.delay;
                let seat = &mut self.seats[assignment.slot];
                seat.pending = Some((due, assignment));
            }
            let now = Instant::now();
            let due = |seat: &SlotWorker| seat.pending.as_ref().is_some_and(|(due, _)| *due <= now);
            let Some(slot) = self.seats.iter().position(due) else {
                return;
            };
            if let Some((_, assignment)) = self.seats[slot].pending.take() {
                self.start(assignment);
            }
        }
    }

    fn start(
        &mut self,
        JobAssignment {
            slot,
            job: index,
            attempt,
            ..
        }: JobAssignment,
    ) {
        let mut job = self.jobs[index].clone();
        job.execution.attempt = attempt;
        job.execution.device = self.slots[slot].device;
        job.execution.threads = self.slots[slot].threads;
        job.execution.until = self.guide.as_ref().and_then(|guide| guide.until(index));
        let until = job.execution.until;
        if let Err(error) = fs::create_dir_all(&job.execution.folder) {
            self.schedule.abandon(slot);
            return self.fail(RunnerError::results(&job.execution.folder, error));
        }
        if let Err(reason) = self.hire(slot) {
            return self.not_launched(slot, reason);
        }
        let Some((_, worker)) = &self.seats[slot].worker else {
            return;
        };
        worker.stderr.clear();
        // A worker that just died is heard of later: its attempt then ends as a death at the start.
        let _ = worker
            .orders
            .send(WorkerRequest::Log(job.execution.folder.clone(), attempt));
        let id = job.id.clone();
        let _ = worker
            .orders
            .send(WorkerRequest::Send(Box::new(Command::Train(Box::new(job)))));
        let now = Instant::now();
        let limit = self
            .policy
            .time_limit
            .map(|limit| now + limit.saturating_sub(self.trained[index]));
        let current = RunningAttempt {
            job: id.clone(),
            attempt,
            spoke: false,
            next: 0,
            since: now,
            heard: now,
            limit,
            until,
            epoch: 0,
            doom: None,
        };
        self.seats[slot].current = Some(current);
        self.seats[slot].noise = 0;
        self.say(RunEvent::Launched {
            slot,
            device: self.slots[slot].device,
            job: id,
            attempt,
        });
    }

    /// Sees to it that the slot has a worker.
    fn hire(&mut self, slot: usize) -> Result<(), String> {
        if self.seats[slot].worker.is_none() {
            self.launched += 1;
            let worker =
                self.launcher
                    .launch(&self.slots[slot], self.launched, self.says.clone())?;
            self.live.insert(self.launched, slot);
            self.seats[slot].worker = Some((self.launched, worker));
        }
        Ok(())
    }

    fn not_launched(&mut self, slot: usize, reason: String) {
        let Some(verdict) = self.schedule.not_launched(slot) else {
            return;
        };
        self.say(RunEvent::StartFailed {
            slot,
            failures: self.schedule.start_failures(slot),
            reason: reason.clone(),
            stderr: String::new(),
        });
        if verdict.closes {
            self.close(slot, reason, String::new());
        }
    }

    /// The worker of the slot is on its way out: its standard input closes, and the slot waits
    /// until it is gone.
    fn retire(&mut self, slot: usize) {
        let seat = &mut self.seats[slot];
        if let Some((id, worker)) = seat.worker.take() {
            let _ = worker.orders.send(WorkerRequest::Close);
            seat.leaving = Some((id, worker));
        }
    }

    fn attempt_ended(&mut self, slot: usize, outcome: Outcome, by_worker: bool) {
        let seat = &self.seats[slot];
        let worker = seat.worker.as_ref().or(seat.leaving.as_ref());
        let stderr = worker.map_or_else(String::new, |(_, worker)| worker.stderr.text());
        self.end_attempt(slot, outcome, by_worker, stderr);
    }

    fn end_attempt(&mut self, slot: usize, outcome: Outcome, by_worker: bool, stderr: String) {
        let Some(current) = self.seats[slot].current.take() else {
            return;
        };
        let Some(verdict) = self.schedule.ended(slot, &outcome) else {
            return;
        };
        self.trained[verdict.job] += current.since.elapsed();
        self.guide_end(&current, &verdict, &outcome);
        if self.seats[slot].leaving.is_some() {
            self.schedule.leaving(slot);
        }
        self.conclude(slot, current, &verdict, outcome, by_worker, stderr.clone());
        if let Some(reason) = verdict.trips.clone() {
            let reason = format!(
                "{reason}: the device {} gets no more",
                self.slots[slot].device
            );
            for slot in self.schedule.close_device(slot) {
                self.closed(slot, reason.clone(), stderr.clone());
            }
        }
        if verdict.halts {
            self.halt_by_policy(HaltReason::Failures(self.schedule.failed()));
        }
    }

    /// WorkerMessage how an attempt ended and what follows.
    fn conclude(
        &mut self,
        slot: usize,
        current: RunningAttempt,
        verdict: &Consequence,
        outcome: Outcome,
        by_worker: bool,
        stderr: String,
    ) {
        let RunningAttempt { job, attempt, .. } = current;
        self.say(RunEvent::AttemptEnded {
            slot,
            job: job.clone(),
            attempt,
            outcome: outcome.clone(),
            by_worker,
            stderr,
        });
        match verdict.next {
            Next::Again(attempt) => {
                if !verdict.rest.is_zero() {
                    self.resting
                        .push((Instant::now() + verdict.rest, verdict.job));
                }
                self.say(RunEvent::Retrying {
                    job,
                    attempt,
                    after: outcome,
                });
            }
            Next::Done => {
                let attempts = self.schedule.attempts(verdict.job);
                self.ended.push((job.clone(), attempts, outcome.clone()));
                self.say(RunEvent::Finished {
                    job,
                    attempts,
                    outcome,
                });
            }
            Next::Left => {}
        }
    }

    fn close(&mut self, slot: usize, reason: String, stderr: String) {
        self.schedule.close(slot);
        self.closed(slot, reason, stderr);
    }

    fn closed(&mut self, slot: usize, reason: String, stderr: String) {
        self.closed.push((slot, reason.clone()));
        self.last_stderr = stderr;
        self.say(RunEvent::SlotClosed {
            slot,
            device: self.slots[slot].device,
            reason,
        });
    }

    /// Ends the run for a reason of its own: running jobs write their checkpoints.
    fn fail(&mut self, error: RunnerError) {
        self.error.get_or_insert(error);
        self.halt(false);
    }

    fn stop(&mut self, stop: StopRequest) {
        if stop <= self.stop {
            return;
        }
        self.stop = stop;
        self.say(RunEvent::Stopping {
            stop,
            running: self.schedule.running(),
        });
        self.halt(stop == StopRequest::Now);
    }

    fn halt(&mut self, kill: bool) {
        self.schedule.stop();
        for slot in 0..self.seats.len() {
            if self.seats[slot].pending.take().is_some() {
                self.schedule.abandon(slot);
            }
            let seat = &self.seats[slot];
            for (_, worker) in seat.worker.iter().chain(&seat.leaving) {
                let order = if kill {
                    WorkerRequest::Kill
                } else {
                    WorkerRequest::Send(Box::new(Command::CANCEL))
                };
                if kill || seat.current.is_some() {
                    let _ = worker.orders.send(order);
                }
            }
        }
    }

    /// Closes the standard input of every worker.
    fn dismiss(&mut self) {
        for slot in 0..self.seats.len() {
            self.retire(slot);
        }
    }

    fn summary(mut self) -> RunSummary {
        let left: Vec<JobId> = self
            .schedule
            .left()
            .into_iter()
            .map(|i| self.jobs[i].id.clone())
            .collect();
        let by_itself = self.stop == StopRequest::No && self.halted.is_none();
        if self.error.is_none() && by_itself && !left.is_empty() && self.schedule.all_closed() {
            let reason = self.closed.last().map_or_else(
                || "there are none".to_string(),
                |(_, reason)| reason.clone(),
            );
            let stderr = std::mem::take(&mut self.last_stderr);
            self.error = Some(RunnerError::AllSlotsClosed {
                jobs_left: left.len(),
                reason,
                stderr,
            });
        }
        RunSummary {
            ended: self.ended,
            left,
            closed: self.closed,
            stopped: self.stop,
            halted: self.halted,
            error: self.error,
        }
    }
}

/// A number for the configuration of each job; jobs of one configuration stand together.
fn configurations(jobs: &[Job]) -> Vec<usize> {
    let mut numbers: Vec<usize> = Vec::with_capacity(jobs.len());
    for (i, job) in jobs.iter().enumerate() {
        let same = i > 0 && jobs[i - 1].question.configuration == job.question.configuration;
        numbers.push(
            numbers
                .last()
                .map_or(0, |last| if same { *last } else { last + 1 }),
        );
    }
    numbers
}
