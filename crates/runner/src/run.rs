//! The run: gives jobs to workers, hears them, and says what happens. Decisions are [`crate::schedule`]'s.

use crate::error::RunnerError;
use crate::event::{Policy, RunEvent, RunSummary, Stop};
use crate::launcher::{Launcher, Order, Says, Worker, WorkerId};
use crate::lineage::{Parent, parents};
use crate::local::LocalLauncher;
use crate::protocol::{Heard, death, death_words, read_line, unheard};
use crate::schedule::{Assignment, Next, Schedule, Verdict};
use crate::slot::Slot;
use convsweep_spec::event::{Envelope, Event, Outcome};
use convsweep_spec::job::{Command, Job, JobId, SavedState};
use convsweep_spec::layout::EVENTS;
use std::collections::HashMap;
use std::fs;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Trains `jobs` on `slots` by local worker processes; see [`run_with`].
pub async fn run(
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    policy: Policy,
    events: mpsc::UnboundedSender<RunEvent>,
    stop: watch::Receiver<Stop>,
) -> RunSummary {
    let launcher = LocalLauncher { grace: policy.grace };
    run_with(&launcher, jobs, slots, policy, events, stop).await
}

/// Trains `jobs` in their order on `slots` by workers of `launcher`, and returns when all workers are gone.
///
/// The jobs' execution is completed here: attempt (counted on from the given one), device, threads, and the state to
/// start from where an earlier job of the run saves one. A worker is kept between jobs; it is replaced after a death,
/// and after a failed or out-of-memory job, whose process may be in any state. Must run on a Tokio runtime with I/O
/// and time, on a thread that outlives the workers: they are tied to the life of the thread that started them.
pub async fn run_with(
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    policy: Policy,
    events: mpsc::UnboundedSender<RunEvent>,
    mut stop: watch::Receiver<Stop>,
) -> RunSummary {
    let (says, mut heard) = mpsc::channel(1024);
    let mut run = Run::new(launcher, jobs, slots, policy, events, says);
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
            Some((id, says)) = heard.recv() => run.hear(id, says),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
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
struct Seat {
    worker: Option<(WorkerId, Worker)>,
    /// Given to the worker and not ended.
    current: Option<Current>,
    /// Assigned, to be given when its time has come.
    pending: Option<(Instant, Assignment)>,
    /// A worker on its way out; it no longer has a job.
    leaving: Option<(WorkerId, Worker)>,
}

struct Current {
    job: JobId,
    attempt: u32,
    spoke: bool,
    /// Number of the next event that the attempt logs.
    next: u64,
}

struct Run<'a> {
    launcher: &'a dyn Launcher,
    jobs: Vec<Job>,
    parents: Vec<Option<Parent>>,
    slots: Vec<Slot>,
    events: mpsc::UnboundedSender<RunEvent>,
    says: mpsc::Sender<(WorkerId, Says)>,
    schedule: Schedule,
    seats: Vec<Seat>,
    /// Slots of all workers that are not gone.
    live: HashMap<WorkerId, usize>,
    launched: WorkerId,
    stop: Stop,
    ended: Vec<(JobId, u32, Outcome)>,
    closed: Vec<(usize, String)>,
    last_stderr: String,
    error: Option<RunnerError>,
}

impl<'a> Run<'a> {
    fn new(
        launcher: &'a dyn Launcher,
        jobs: Vec<Job>,
        slots: Vec<Slot>,
        policy: Policy,
        events: mpsc::UnboundedSender<RunEvent>,
        says: mpsc::Sender<(WorkerId, Says)>,
    ) -> Self {
        let parents = parents(&jobs);
        let waits: Vec<_> = parents.iter().map(|p| p.as_ref().map(|p| p.job)).collect();
        let attempts: Vec<_> = jobs.iter().map(|job| job.execution.attempt).collect();
        Run {
            launcher,
            parents,
            schedule: Schedule::new(&attempts, &waits, slots.len(), policy),
            seats: slots.iter().map(|_| Seat::default()).collect(),
            jobs,
            slots,
            events,
            says,
            live: HashMap::new(),
            launched: 0,
            stop: Stop::No,
            ended: Vec::new(),
            closed: Vec::new(),
            last_stderr: String::new(),
            error: None,
        }
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
            let due = |seat: &Seat| seat.pending.as_ref().is_some_and(|(due, _)| *due <= now);
            let Some(slot) = self.seats.iter().position(due) else { return };
            if let Some((_, assignment)) = self.seats[slot].pending.take() {
                self.start(assignment);
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.seats.iter().filter_map(|seat| seat.pending.as_ref().map(|(due, _)| *due)).min()
    }

    fn start(&mut self, Assignment { slot, job: index, attempt, .. }: Assignment) {
        let mut job = self.jobs[index].clone();
        job.execution.attempt = attempt;
        job.execution.device = self.slots[slot].device.clone();
        job.execution.threads = self.slots[slot].threads;
        if let Err(error) = fs::create_dir_all(&job.execution.folder) {
            self.schedule.abandon(slot);
            return self.fail(RunnerError::results(&job.execution.folder, error));
        }
        if let Err(reason) = self.hire(slot) {
            return self.not_launched(slot, reason);
        }
        let Some((_, worker)) = &self.seats[slot].worker else { return };
        worker.stderr.clear();
        // A worker that just died is heard of later: its attempt then ends as a death at the start.
        let _ = worker.orders.send(Order::Log(job.execution.folder.clone(), attempt));
        let id = job.id.clone();
        let _ = worker.orders.send(Order::Send(Box::new(Command::Train(Box::new(job)))));
        self.seats[slot].current = Some(Current { job: id.clone(), attempt, spoke: false, next: 0 });
        self.say(RunEvent::Launched { slot, device: self.slots[slot].device.clone(), job: id, attempt });
    }

    /// Sees to it that the slot has a worker.
    fn hire(&mut self, slot: usize) -> Result<(), String> {
        if self.seats[slot].worker.is_none() {
            self.launched += 1;
            let worker = self.launcher.launch(&self.slots[slot], self.launched, self.says.clone())?;
            self.live.insert(self.launched, slot);
            self.seats[slot].worker = Some((self.launched, worker));
        }
        Ok(())
    }

    fn not_launched(&mut self, slot: usize, reason: String) {
        let Some(verdict) = self.schedule.not_launched(slot) else { return };
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

    fn hear(&mut self, id: WorkerId, says: Says) {
        let Some(&slot) = self.live.get(&id) else { return };
        match says {
            Says::Line(line) => self.hear_line(slot, id, &line),
            Says::Note(text) => self.noise(slot, text),
            Says::Exited { signal, code } => self.exited(slot, id, signal, code),
        }
    }

    fn noise(&self, slot: usize, text: String) {
        let job = self.seats[slot].current.as_ref().map(|c| c.job.clone());
        self.say(RunEvent::Noise { slot, job, text });
    }

    fn hear_line(&mut self, slot: usize, id: WorkerId, line: &str) {
        let seat = &self.seats[slot];
        let holds = seat.worker.as_ref().is_some_and(|(worker, _)| *worker == id);
        let current = seat.current.as_ref().filter(|_| holds).map(|c| (&c.job, c.attempt));
        let has_job = current.is_some();
        match read_line(line, current) {
            Heard::Event(envelope) => self.event(slot, envelope),
            Heard::Noise(text) => self.noise(slot, text),
            Heard::Stray(text) => self.confused(slot, text),
            Heard::Newer(text) if has_job => {
                self.confused(slot, text.clone());
                self.close(slot, text, String::new());
            }
            Heard::Newer(text) => self.noise(slot, text),
        }
    }

    fn event(&mut self, slot: usize, envelope: Box<Envelope>) {
        if let Some(current) = &mut self.seats[slot].current {
            if !matches!(envelope.event, Event::Progress { .. }) {
                current.next = envelope.n + 1;
            }
            if !std::mem::replace(&mut current.spoke, true) {
                self.schedule.spoke(slot);
            }
        }
        let outcome = match &envelope.event {
            Event::Ended { outcome, .. } => Some(outcome.clone()),
            Event::StateSaved { epoch, key, path, .. } => {
                self.state_saved(
                    slot,
                    SavedState { job: envelope.job.clone(), epoch: *epoch, key: key.clone(), path: path.into() },
                );
                None
            }
            _ => None,
        };
        self.say(RunEvent::Worker(envelope));
        if let Some(outcome) = outcome {
            if matches!(outcome, Outcome::Failed { .. } | Outcome::OutOfMemory | Outcome::Crashed { .. }) {
                self.retire(slot);
            }
            self.attempt_ended(slot, outcome, true);
        }
    }

    /// Gives a state to the jobs that wait for it.
    fn state_saved(&mut self, slot: usize, mut state: SavedState) {
        let Some(saver) = self.schedule.job_of(slot) else { return };
        state.path = self.jobs[saver].execution.folder.join(&state.path);
        let waits = |&heir: &usize| self.parents[heir].as_ref().is_some_and(|p| p.key == state.key);
        let heirs: Vec<usize> = self.schedule.waiting_for(saver).iter().copied().filter(waits).collect();
        for heir in heirs {
            self.jobs[heir].execution.start_from = Some(state.clone());
            self.schedule.release(saver, heir);
        }
    }

    /// The worker broke the protocol: its attempt ends as failed, and it is replaced.
    fn confused(&mut self, slot: usize, message: String) {
        if let Some((_, worker)) = &self.seats[slot].worker {
            let _ = worker.orders.send(Order::Kill);
        }
        self.retire(slot);
        self.attempt_ended(slot, Outcome::Failed { message }, false);
    }

    fn exited(&mut self, slot: usize, id: WorkerId, signal: Option<i32>, code: Option<i32>) {
        self.live.remove(&id);
        let seat = &mut self.seats[slot];
        if seat.leaving.as_ref().is_some_and(|(leaver, _)| *leaver == id) {
            seat.leaving = None;
            return self.schedule.gone(slot);
        }
        let Some((_, worker)) = seat.worker.take_if(|(worker, _)| *worker == id) else { return };
        let stderr = worker.stderr.text();
        self.read_unheard(slot);
        let seat = &self.seats[slot];
        match &seat.current {
            None if code == Some(0) || self.stop == Stop::Now => {}
            None => self.noise(slot, format!("the worker {} between two jobs", death_words(signal, code))),
            Some(_) if self.stop == Stop::Now => self.end_attempt(slot, Outcome::Cancelled, false, stderr),
            Some(current) if current.spoke => self.end_attempt(slot, death(signal, code, &stderr), false, stderr),
            Some(_) => self.died_at_start(slot, signal, code, stderr),
        }
    }

    /// Hears from the log of the attempt what its dead worker could no longer say; it may even have ended.
    fn read_unheard(&mut self, slot: usize) {
        let (Some(current), Some(job)) = (&self.seats[slot].current, self.schedule.job_of(slot)) else { return };
        let log = fs::read(self.jobs[job].execution.folder.join(EVENTS)).unwrap_or_default();
        for envelope in unheard(&log, &current.job.clone(), current.attempt, current.next) {
            self.event(slot, Box::new(envelope));
        }
    }

    fn died_at_start(&mut self, slot: usize, signal: Option<i32>, code: Option<i32>, stderr: String) {
        let Some(current) = self.seats[slot].current.take() else { return };
        let Some(verdict) = self.schedule.died_at_start(slot) else { return };
        let reason = format!(
            "the worker {} {} before its first word",
            self.slots[slot].worker.display(),
            death_words(signal, code)
        );
        let failures = self.schedule.start_failures(slot);
        self.say(RunEvent::StartFailed { slot, failures, reason: reason.clone(), stderr: stderr.clone() });
        let outcome = Outcome::Crashed { signal, code };
        self.conclude(slot, current, &verdict, outcome, false, stderr.clone());
        if verdict.closes {
            self.close(slot, reason, stderr);
        }
    }

    /// The worker of the slot is on its way out: its standard input closes, and the slot waits until it is gone.
    fn retire(&mut self, slot: usize) {
        let seat = &mut self.seats[slot];
        if let Some((id, worker)) = seat.worker.take() {
            let _ = worker.orders.send(Order::Close);
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
        let Some(current) = self.seats[slot].current.take() else { return };
        let Some(verdict) = self.schedule.ended(slot, &outcome) else { return };
        if self.seats[slot].leaving.is_some() {
            self.schedule.leaving(slot);
        }
        self.conclude(slot, current, &verdict, outcome, by_worker, stderr);
    }

    /// Says how an attempt ended and what follows.
    fn conclude(
        &mut self,
        slot: usize,
        current: Current,
        verdict: &Verdict,
        outcome: Outcome,
        by_worker: bool,
        stderr: String,
    ) {
        let Current { job, attempt, .. } = current;
        self.say(RunEvent::AttemptEnded {
            slot,
            job: job.clone(),
            attempt,
            outcome: outcome.clone(),
            by_worker,
            stderr,
        });
        match verdict.next {
            Next::Again(attempt) => self.say(RunEvent::Retrying { job, attempt, after: outcome }),
            Next::Done => {
                let attempts = self.schedule.attempts(verdict.job);
                self.ended.push((job.clone(), attempts, outcome.clone()));
                self.say(RunEvent::Finished { job, attempts, outcome });
            }
            Next::Left => {}
        }
    }

    fn close(&mut self, slot: usize, reason: String, stderr: String) {
        self.schedule.close(slot);
        self.closed.push((slot, reason.clone()));
        self.last_stderr = stderr;
        self.say(RunEvent::SlotClosed { slot, device: self.slots[slot].device.clone(), reason });
    }

    /// Ends the run for a reason of its own: running jobs write their checkpoints.
    fn fail(&mut self, error: RunnerError) {
        self.error.get_or_insert(error);
        self.halt(false);
    }

    fn stop(&mut self, stop: Stop) {
        if stop <= self.stop {
            return;
        }
        self.stop = stop;
        self.say(RunEvent::Stopping { stop, running: self.schedule.running() });
        self.halt(stop == Stop::Now);
    }

    fn halt(&mut self, kill: bool) {
        self.schedule.stop();
        for slot in 0..self.seats.len() {
            if self.seats[slot].pending.take().is_some() {
                self.schedule.abandon(slot);
            }
            let seat = &self.seats[slot];
            for (_, worker) in seat.worker.iter().chain(&seat.leaving) {
                let order = if kill { Order::Kill } else { Order::Send(Box::new(Command::Stop)) };
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
        let left: Vec<JobId> = self.schedule.left().into_iter().map(|i| self.jobs[i].id.clone()).collect();
        if self.error.is_none() && self.stop == Stop::No && !left.is_empty() && self.schedule.all_closed() {
            let reason = self.closed.last().map_or_else(|| "there are none".to_string(), |(_, reason)| reason.clone());
            let stderr = std::mem::take(&mut self.last_stderr);
            self.error = Some(RunnerError::AllSlotsClosed { jobs_left: left.len(), reason, stderr });
        }
        RunSummary { ended: self.ended, left, closed: self.closed, stopped: self.stop, error: self.error }
    }
}
