//! Which job runs where and what follows from how it ends: a state machine without processes, clocks or files.
//!
//! Jobs and slots are indices. Jobs start in the order given; one that waits for another's state comes as soon as that
//! is there; one whose worker died comes again at once; one whose worker died before its first word goes to the end,
//! so that neither a bad job nor a bad slot holds up the others.

use crate::event::Policy;
use convsweep_spec::event::Outcome;
use std::collections::VecDeque;
use std::time::Duration;

/// The state of a run.
#[derive(Debug)]
pub struct Schedule {
    jobs: Vec<JobState>,
    ready: VecDeque<usize>,
    waiting: usize,
    children: Vec<Vec<usize>>,
    slots: Vec<SlotState>,
    policy: Policy,
    stopping: bool,
}

#[derive(Debug)]
struct JobState {
    attempt: u32,
    made: u32,
    crashes: u32,
    start_failures: u32,
    left: bool,
}

#[derive(Debug, Default)]
struct SlotState {
    place: Place,
    start_failures: u32,
    failed_on: Option<usize>,
}

#[derive(Debug, Default, PartialEq)]
enum Place {
    #[default]
    Idle,
    Busy(usize),
    /// The worker is being replaced.
    Leaving,
    Closed,
}

/// A job to be given to a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The slot.
    pub slot: usize,
    /// The job.
    pub job: usize,
    /// Number of the attempt.
    pub attempt: u32,
    /// Time to wait before, where the slot's worker failed to start.
    pub delay: Duration,
}

/// What follows from an attempt's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The job that the slot had.
    pub job: usize,
    /// What becomes of it.
    pub next: Next,
    /// Whether the slot was closed by this.
    pub closes: bool,
}

/// What becomes of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is queued again under this attempt.
    Again(u32),
    /// It is done with.
    Done,
    /// It is not done, but not in this run: the run stops.
    Left,
}

impl Schedule {
    /// A run of jobs whose first attempts have these numbers, each after its parent (an index, without circles), on `slots` slots.
    pub fn new(attempts: &[u32], parents: &[Option<usize>], slots: usize, policy: Policy) -> Self {
        let mut children = vec![Vec::new(); attempts.len()];
        for (child, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(child);
            }
        }
        let waits = |i: usize| parents.get(i).is_some_and(Option::is_some);
        let job = |&attempt: &u32| JobState { attempt, made: 0, crashes: 0, start_failures: 0, left: true };
        Schedule {
            jobs: attempts.iter().map(job).collect(),
            ready: (0..attempts.len()).filter(|&i| !waits(i)).collect(),
            waiting: (0..attempts.len()).filter(|&i| waits(i)).count(),
            children,
            slots: (0..slots).map(|_| SlotState::default()).collect(),
            policy,
            stopping: false,
        }
    }

    /// Fills every idle slot, lowest first. The slots count as busy from now on.
    pub fn assign(&mut self) -> Vec<Assignment> {
        let mut assigned = Vec::new();
        for slot in 0..self.slots.len() {
            if self.stopping || self.slots[slot].place != Place::Idle {
                continue;
            }
            let avoided = self.slots[slot].failed_on;
            let other = self.ready.iter().position(|&job| Some(job) != avoided);
            let Some(job) = self.ready.remove(other.unwrap_or(0)) else { break };
            self.slots[slot].place = Place::Busy(job);
            self.jobs[job].made += 1;
            let delay = self.delay(slot);
            assigned.push(Assignment { slot, job, attempt: self.jobs[job].attempt, delay });
        }
        assigned
    }

    fn delay(&self, slot: usize) -> Duration {
        match self.slots[slot].start_failures {
            0 => Duration::ZERO,
            failures => self.policy.start_delay.saturating_mul(4u32.saturating_pow(failures - 1)),
        }
    }

    /// The slot's worker said its first word about the present attempt: it works.
    pub fn spoke(&mut self, slot: usize) {
        self.slots[slot].start_failures = 0;
        self.slots[slot].failed_on = None;
    }

    /// Jobs that wait for a state of this one.
    pub fn waiting_for(&self, parent: usize) -> &[usize] {
        &self.children[parent]
    }

    /// The state that a job waits for is there: it may start, before all others.
    pub fn release(&mut self, parent: usize, child: usize) {
        if let Some(place) = self.children[parent].iter().position(|&c| c == child) {
            self.children[parent].remove(place);
            self.waiting -= 1;
            self.ready.push_front(child);
        }
    }

    /// The slot's attempt ended with this outcome; the slot is idle again. `None` if it had none.
    pub fn ended(&mut self, slot: usize, outcome: &Outcome) -> Option<Verdict> {
        let job = self.vacate(slot)?;
        let state = &mut self.jobs[job];
        let next = match outcome {
            Outcome::Cancelled => Next::Left,
            Outcome::Crashed { .. } => {
                state.crashes += 1;
                let again = state.crashes <= self.policy.retry_crashed;
                self.again(job, again, true)
            }
            _ => Next::Done,
        };
        self.settle(job, &next);
        Some(Verdict { job, next, closes: false })
    }

    /// The slot's worker died before its first word about the attempt; the slot is idle again, or closed.
    ///
    /// The attempt counts, but not as a crash of the job, unless the job has met this as often as closes a slot.
    pub fn died_at_start(&mut self, slot: usize) -> Option<Verdict> {
        let job = self.vacate(slot)?;
        let closes = self.count_start_failure(slot, Some(job));
        self.jobs[job].start_failures += 1;
        let again = self.jobs[job].start_failures < self.policy.start_failures;
        let next = self.again(job, again, false);
        self.settle(job, &next);
        Some(Verdict { job, next, closes })
    }

    /// There was no process at all; the attempt does not count, the job comes first again.
    pub fn not_launched(&mut self, slot: usize) -> Option<Verdict> {
        let job = self.vacate(slot)?;
        let closes = self.count_start_failure(slot, None);
        self.jobs[job].made -= 1;
        self.ready.push_front(job);
        Some(Verdict { job, next: Next::Again(self.jobs[job].attempt), closes })
    }

    /// The job was assigned, but never given to a worker: the run stopped before. It is as if it never was.
    pub fn abandon(&mut self, slot: usize) {
        if let Some(job) = self.vacate(slot) {
            self.jobs[job].made -= 1;
            self.ready.push_front(job);
        }
    }

    /// The idle slot's worker is on its way out; nothing is assigned to it until [`Schedule::gone`].
    pub fn leaving(&mut self, slot: usize) {
        if self.slots[slot].place == Place::Idle {
            self.slots[slot].place = Place::Leaving;
        }
    }

    /// The worker that was on its way out is gone.
    pub fn gone(&mut self, slot: usize) {
        if self.slots[slot].place == Place::Leaving {
            self.slots[slot].place = Place::Idle;
        }
    }

    /// Nothing is assigned to the slot any more. It must have no job.
    pub fn close(&mut self, slot: usize) {
        debug_assert!(!matches!(self.slots[slot].place, Place::Busy(_)));
        self.slots[slot].place = Place::Closed;
    }

    /// Nothing is assigned or tried again any more.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// The job that the slot has.
    pub fn job_of(&self, slot: usize) -> Option<usize> {
        match self.slots[slot].place {
            Place::Busy(job) => Some(job),
            _ => None,
        }
    }

    /// Attempts made of a job in this run.
    pub fn attempts(&self, job: usize) -> u32 {
        self.jobs[job].made
    }

    /// Successive start failures of a slot.
    pub fn start_failures(&self, slot: usize) -> u32 {
        self.slots[slot].start_failures
    }

    /// Number of running jobs.
    pub fn running(&self) -> usize {
        self.slots.iter().filter(|s| matches!(s.place, Place::Busy(_))).count()
    }

    /// Jobs that are not done with, in the order given.
    pub fn left(&self) -> Vec<usize> {
        (0..self.jobs.len()).filter(|&i| self.jobs[i].left).collect()
    }

    /// Whether nothing runs and nothing will.
    pub fn is_over(&self) -> bool {
        self.running() == 0 && (self.stopping || self.ready.is_empty() && self.waiting == 0 || self.all_closed())
    }

    /// Whether every slot is closed.
    pub fn all_closed(&self) -> bool {
        self.slots.iter().all(|s| s.place == Place::Closed)
    }

    fn vacate(&mut self, slot: usize) -> Option<usize> {
        let job = self.job_of(slot)?;
        self.slots[slot].place = Place::Idle;
        Some(job)
    }

    fn again(&mut self, job: usize, allowed: bool, first: bool) -> Next {
        if !allowed {
            return Next::Done;
        }
        if self.stopping {
            return Next::Left;
        }
        self.jobs[job].attempt += 1;
        if first {
            self.ready.push_front(job)
        } else {
            self.ready.push_back(job)
        }
        Next::Again(self.jobs[job].attempt)
    }

    /// What follows for the job's state and for those that wait for it; they start without where it will never come.
    fn settle(&mut self, job: usize, next: &Next) {
        if matches!(next, Next::Done) {
            self.jobs[job].left = false;
        }
        if !matches!(next, Next::Again(_)) {
            for child in std::mem::take(&mut self.children[job]).into_iter().rev() {
                self.waiting -= 1;
                self.ready.push_front(child);
            }
        }
    }

    fn count_start_failure(&mut self, slot: usize, job: Option<usize>) -> bool {
        let state = &mut self.slots[slot];
        state.failed_on = job;
        state.start_failures += 1;
        let closes = state.start_failures >= self.policy.start_failures;
        if closes {
            state.place = Place::Closed;
        }
        closes
    }
}
