//! What follows from the end of an attempt, or from its failure to start.

use super::scheduler::Scheduler;
use super::slot_record::SlotStatus;
use crate::policy::is_failure;
use convsweep_spec::outcome::Outcome;
use std::time::Duration;

/// What follows from the end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The job that the slot had.
    pub job: usize,
    /// What happens to it.
    pub next: NextStep,
    /// Back-off before the next attempt; [`Scheduler::backoff_over`] then queues the job.
    pub backoff: Duration,
    /// Whether the slot was closed.
    pub closes_slot: bool,
    /// Why the whole device gets no more jobs, if it is closed.
    pub device_problem: Option<String>,
    /// Whether enough jobs have failed to stop the run.
    pub stops_run: bool,
}

/// What happens to a job after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// It is queued again; the next attempt has this number.
    Retry(u32),
    /// The user paused the run: it is queued again, and continues when the run does.
    Paused,
    /// It is done.
    Done,
    /// It is not done, but will not be trained further in this run.
    Postponed,
}

/// Place in the queue of a job that is retried.
enum RetryPlace {
    First,
    AfterBackoff,
    Last,
}

impl Consequence {
    fn new(job: usize, next: NextStep) -> Consequence {
        Consequence {
            job,
            next,
            backoff: Duration::ZERO,
            closes_slot: false,
            device_problem: None,
            stops_run: false,
        }
    }
}

impl Scheduler {
    /// The slot's attempt ended with this outcome, and the slot is idle again. `None` if it had no
    /// job.
    pub fn attempt_ended(&mut self, slot: usize, outcome: &Outcome) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let (next, backoff) = self.next_step(job, outcome);
        let is_failed = next == NextStep::Done && is_failure(outcome);
        self.failed += u32::from(is_failed);
        let limit = self.policy.stop_after;
        let reaches_limit = limit.is_some_and(|limit| self.failed >= limit);
        let stops_run = next == NextStep::Done && reaches_limit;
        self.settle(job, &next);
        Some(Consequence {
            backoff,
            device_problem: self.count_error(slot, job, outcome),
            stops_run,
            ..Consequence::new(job, next)
        })
    }

    /// The slot's attempt ended because the user paused the run, and the slot is idle again. The
    /// job is queued again, so that jobs that wait for a state of it go on waiting.
    pub fn attempt_paused(&mut self, slot: usize) -> Option<Consequence> {
        self.attempt_interrupted(slot, RetryPlace::Last)
    }

    /// The slot's attempt ended because its worker is replaced, and the slot is idle again. The job
    /// comes first again.
    pub fn attempt_moves_on(&mut self, slot: usize) -> Option<Consequence> {
        self.attempt_interrupted(slot, RetryPlace::First)
    }

    fn attempt_interrupted(&mut self, slot: usize, place: RetryPlace) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        self.queue_again(job, place);
        Some(Consequence::new(job, NextStep::Paused))
    }

    /// The slot's worker died before its first event; the slot is idle again, or closed.
    ///
    /// The attempt counts, but it counts as a crash of the job only once the job has had as many
    /// such deaths as it takes to close a slot.
    pub fn worker_died_at_start(&mut self, slot: usize) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let closes_slot = self.count_start_failure(slot, Some(job));
        self.jobs[job].start_failures += 1;
        let next = if self.jobs[job].start_failures < self.policy.start_failures {
            self.retry(job, RetryPlace::Last)
        } else {
            NextStep::Done
        };
        self.settle(job, &next);
        Some(Consequence {
            closes_slot,
            ..Consequence::new(job, next)
        })
    }

    /// The slot's worker could not be started at all. The attempt does not count, and the job comes
    /// first again.
    pub fn launch_failed(&mut self, slot: usize) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let closes_slot = self.count_start_failure(slot, None);
        self.jobs[job].attempts -= 1;
        self.ready.push_front(job);
        let next = NextStep::Retry(self.jobs[job].attempt);
        Some(Consequence {
            closes_slot,
            ..Consequence::new(job, next)
        })
    }

    /// The slot's worker cannot be started at present: as [`Scheduler::launch_failed`], but however
    /// often it happens, the slot is not closed. Returns how often it has, up to that limit.
    pub fn launch_postponed(&mut self, slot: usize) -> u32 {
        self.withdraw(slot);
        let most = self.policy.start_failures.saturating_sub(1).max(1);
        let record = &mut self.slots[slot];
        record.start_failures = (record.start_failures + 1).min(most);
        record.start_failures
    }

    /// The job was assigned but never given to a worker: the assignment is undone.
    pub fn withdraw(&mut self, slot: usize) {
        if let Some(job) = self.vacate(slot) {
            self.jobs[job].attempts -= 1;
            self.ready.push_front(job);
        }
    }

    /// The back-off before a job's retry is over: the job comes before all others.
    pub fn backoff_over(&mut self, job: usize) {
        if self.backing_off.remove(&job) {
            self.ready.push_front(job);
        }
    }

    fn vacate(&mut self, slot: usize) -> Option<usize> {
        let job = self.job_of(slot)?;
        self.slots[slot].vacate();
        Some(job)
    }

    /// What happens to a job after this outcome, and the back-off before a retry.
    fn next_step(&mut self, job: usize, outcome: &Outcome) -> (NextStep, Duration) {
        if matches!(outcome, Outcome::Cancelled | Outcome::DiskFull { .. }) {
            return (NextStep::Postponed, Duration::ZERO);
        }
        let record = &mut self.jobs[job];
        let retries = record.retries.entry(outcome.name()).or_default();
        if *retries >= self.policy.retry.after(outcome) {
            return (NextStep::Done, Duration::ZERO);
        }
        *retries += 1;
        let backoff = self.policy.backoff(record.retries.values().sum());
        let place = match backoff.is_zero() {
            true => RetryPlace::First,
            false => RetryPlace::AfterBackoff,
        };
        (self.retry(job, place), backoff)
    }

    fn retry(&mut self, job: usize, place: RetryPlace) -> NextStep {
        if self.is_stopping {
            return NextStep::Postponed;
        }
        self.queue_again(job, place);
        NextStep::Retry(self.jobs[job].attempt)
    }

    fn queue_again(&mut self, job: usize, place: RetryPlace) {
        self.jobs[job].attempt += 1;
        match place {
            RetryPlace::First => self.ready.push_front(job),
            RetryPlace::AfterBackoff => _ = self.backing_off.insert(job),
            RetryPlace::Last => self.ready.push_back(job),
        }
    }

    /// Updates the job, and the jobs that wait for it.
    pub(super) fn settle(&mut self, job: usize, next: &NextStep) {
        match next {
            NextStep::Retry(_) | NextStep::Paused => return,
            NextStep::Done => self.jobs[job].is_remaining = false,
            NextStep::Postponed => {}
        }
        self.release_dependents(job);
    }

    /// Counts an error on the slot's device; why the device gets no more jobs, if it is
    /// closed.
    fn count_error(&mut self, slot: usize, job: usize, outcome: &Outcome) -> Option<String> {
        let streak = self.streaks.entry(self.slots[slot].device).or_default();
        let configuration = self.jobs[job].configuration;
        let breaker = self.policy.breaker;
        streak.count(outcome, (job, configuration), breaker, self.configurations)
    }

    /// Whether the failure closes the slot.
    fn count_start_failure(&mut self, slot: usize, job: Option<usize>) -> bool {
        let slot = &mut self.slots[slot];
        slot.failed_with = job;
        slot.start_failures += 1;
        let closes = slot.start_failures >= self.policy.start_failures;
        if closes {
            slot.status = SlotStatus::Closed;
        }
        closes
    }
}
