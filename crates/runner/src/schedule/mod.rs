//! Which job runs where and what follows from how it ends: a state machine without processes,
//! clocks or files.
//!
//! Jobs and slots are indices. Jobs start in the order given; one that waits for another's state
//! comes as soon as that is there; one that is tried again rests a while and then comes first; one
//! whose worker died before its first word goes to the end, so that neither a bad job nor a bad
//! slot holds up the others.

pub mod shared_states;

use crate::policy::{ErrorStreak, RunPolicy, is_failure};
use convsweep_spec::outcome::Outcome;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// The state of a run.
#[derive(Debug)]
pub struct Scheduler {
    jobs: Vec<JobRecord>,
    ready: VecDeque<usize>,
    waiting: usize,
    children: Vec<Vec<usize>>,
    /// Jobs that wait for their retry.
    resting: BTreeSet<usize>,
    /// Jobs that wait for a decision of the search.
    held: BTreeSet<usize>,
    slots: Vec<SlotState>,
    /// Successive bad ends by device.
    streaks: HashMap<usize, ErrorStreak>,
    configurations: usize,
    failed: u32,
    policy: RunPolicy,
    stopping: bool,
    paused: bool,
}

/// A job as the schedule sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledJob {
    /// Number of its first attempt.
    pub attempt: u32,
    /// The job whose state it waits for.
    pub parent: Option<usize>,
    /// Number of its configuration.
    pub configuration: usize,
}

#[derive(Debug)]
struct JobRecord {
    attempt: u32,
    made: u32,
    configuration: usize,
    /// Retries by outcome.
    retries: HashMap<&'static str, u32>,
    start_failures: u32,
    left: bool,
}

#[derive(Debug, Default)]
struct SlotState {
    device: usize,
    place: SlotStatus,
    /// Closed as soon as its job has ended.
    closing: bool,
    start_failures: u32,
    failed_on: Option<usize>,
}

#[derive(Debug, Default, PartialEq)]
enum SlotStatus {
    #[default]
    Idle,
    Busy(usize),
    /// The worker is being replaced.
    Leaving,
    Closed,
}

/// A job to be given to a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAssignment {
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
pub struct Consequence {
    /// The job that the slot had.
    pub job: usize,
    /// What becomes of it.
    pub next: Next,
    /// Whether the slot was closed by this.
    pub closes: bool,
    /// Wait before the next attempt; [`Scheduler::wake`] then queues the job.
    pub rest: Duration,
    /// Why the whole device gets no more jobs, if that follows.
    pub trips: Option<String>,
    /// So many jobs failed that the run is to drain.
    pub halts: bool,
}

/// Where a job comes that is tried again.
enum Queue {
    First,
    Rest,
    Last,
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

impl Scheduler {
    /// A run of these jobs (parents are indices, without circles) on slots that belong to the
    /// devices of these numbers.
    pub fn new(jobs: &[ScheduledJob], devices: &[usize], policy: RunPolicy) -> Self {
        let mut children = vec![Vec::new(); jobs.len()];
        for (child, job) in jobs.iter().enumerate() {
            if let Some(parent) = job.parent {
                children[parent].push(child);
            }
        }
        let state = |entry: &ScheduledJob| JobRecord {
            attempt: entry.attempt,
            made: 0,
            configuration: entry.configuration,
            retries: HashMap::new(),
            start_failures: 0,
            left: true,
        };
        let distinct: BTreeSet<usize> = jobs.iter().map(|job| job.configuration).collect();
        Scheduler {
            jobs: jobs.iter().map(state).collect(),
            ready: (0..jobs.len())
                .filter(|&i| jobs[i].parent.is_none())
                .collect(),
            waiting: jobs.iter().filter(|job| job.parent.is_some()).count(),
            children,
            resting: BTreeSet::new(),
            held: BTreeSet::new(),
            slots: devices
                .iter()
                .map(|&device| SlotState {
                    device,
                    ..SlotState::default()
                })
                .collect(),
            streaks: HashMap::new(),
            configurations: distinct.len(),
            failed: 0,
            policy,
            stopping: false,
            paused: false,
        }
    }

    /// Fills every idle slot, lowest first. The slots count as busy from now on.
    pub fn assign(&mut self) -> Vec<JobAssignment> {
        let mut assigned = Vec::new();
        for slot in 0..self.slots.len() {
            if self.stopping || self.paused || self.slots[slot].place != SlotStatus::Idle {
                continue;
            }
            let avoided = self.slots[slot].failed_on;
            let other = self.ready.iter().position(|&job| Some(job) != avoided);
            let Some(job) = self.ready.remove(other.unwrap_or(0)) else {
                break;
            };
            self.slots[slot].place = SlotStatus::Busy(job);
            self.jobs[job].made += 1;
            let delay = self.delay(slot);
            assigned.push(JobAssignment {
                slot,
                job,
                attempt: self.jobs[job].attempt,
                delay,
            });
        }
        assigned
    }

    fn delay(&self, slot: usize) -> Duration {
        match self.slots[slot].start_failures {
            0 => Duration::ZERO,
            failures => self
                .policy
                .start_delay
                .saturating_mul(4u32.saturating_pow(failures - 1)),
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
    pub fn ended(&mut self, slot: usize, outcome: &Outcome) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let allowed = self.policy.retry.after(outcome);
        let retries = self.jobs[job].retries.entry(outcome.name()).or_default();
        let number = *retries + 1;
        let mut rest = Duration::ZERO;
        let next = match outcome {
            Outcome::Cancelled => Next::Left,
            Outcome::DiskFull { .. } => Next::Left,
            _ if number <= allowed => {
                *retries = number;
                rest = self.policy.rest(self.jobs[job].retries.values().sum());
                self.again(
                    job,
                    true,
                    if rest.is_zero() {
                        Queue::First
                    } else {
                        Queue::Rest
                    },
                )
            }
            _ => Next::Done,
        };
        if next == Next::Done && is_failure(outcome) {
            self.failed += 1;
        }
        let halts = next == Next::Done
            && self
                .policy
                .stop_after
                .is_some_and(|most| self.failed >= most);
        self.settle(job, &next);
        let (device, configuration) = (self.slots[slot].device, self.jobs[job].configuration);
        let streak = self.streaks.entry(device).or_default();
        let trips = streak.count(
            outcome,
            job,
            configuration,
            self.policy.breaker,
            self.configurations,
        );
        Some(Consequence {
            job,
            next,
            closes: false,
            rest,
            trips,
            halts,
        })
    }

    /// A job's wait before its retry is over: it comes before all others.
    pub fn wake(&mut self, job: usize) {
        if self.resting.remove(&job) {
            self.ready.push_front(job);
        }
    }

    /// The device that a slot belongs to gets no more jobs; its idle slots are closed, the others
    /// once they are idle. The slots that were open.
    pub fn close_device(&mut self, slot: usize) -> Vec<usize> {
        let device = self.slots[slot].device;
        let open =
            |s: &SlotState| s.device == device && s.place != SlotStatus::Closed && !s.closing;
        let slots: Vec<usize> = (0..self.slots.len())
            .filter(|&i| open(&self.slots[i]))
            .collect();
        for &slot in &slots {
            match self.slots[slot].place {
                SlotStatus::Busy(_) | SlotStatus::Leaving => self.slots[slot].closing = true,
                SlotStatus::Idle | SlotStatus::Closed => {
                    self.slots[slot].place = SlotStatus::Closed
                }
            }
        }
        slots
    }

    /// These jobs start only when they are freed. They must wait for no other job.
    pub fn hold(&mut self, jobs: &BTreeSet<usize>) {
        self.ready.retain(|job| !jobs.contains(job));
        self.held.extend(jobs);
    }

    /// A job paused as it was told to: it is held, and its next attempt has the next number.
    pub fn pause(&mut self, job: usize) {
        self.jobs[job].attempt += 1;
        self.held.insert(job);
    }

    /// A held job may start.
    pub fn free(&mut self, job: usize) {
        if self.held.remove(&job) {
            self.ready.push_back(job);
        }
    }

    /// A job that does not run is done with; whether it did not run.
    pub fn drop_job(&mut self, job: usize) -> bool {
        let waits = self.held.remove(&job) || self.resting.remove(&job);
        let place = self.ready.iter().position(|other| *other == job);
        let waits = waits || place.and_then(|place| self.ready.remove(place)).is_some();
        if waits {
            self.settle(job, &Next::Done);
        }
        waits
    }

    /// A job that does not run is left for another run; whether it did not run.
    pub fn leave(&mut self, job: usize) -> bool {
        let left = self.drop_job(job);
        self.jobs[job].left |= left;
        left
    }

    /// While paused, nothing is assigned, and the run is not over.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Jobs that failed so far.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// The slot's worker died before its first word about the attempt; the slot is idle again, or
    /// closed.
    ///
    /// The attempt counts, but not as a crash of the job, unless the job has met this as often as
    /// closes a slot.
    pub fn died_at_start(&mut self, slot: usize) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let closes = self.count_start_failure(slot, Some(job));
        self.jobs[job].start_failures += 1;
        let again = self.jobs[job].start_failures < self.policy.start_failures;
        let next = self.again(job, again, Queue::Last);
        self.settle(job, &next);
        Some(Consequence {
            job,
            next,
            closes,
            rest: Duration::ZERO,
            trips: None,
            halts: false,
        })
    }

    /// There was no process at all; the attempt does not count, the job comes first again.
    pub fn not_launched(&mut self, slot: usize) -> Option<Consequence> {
        let job = self.vacate(slot)?;
        let closes = self.count_start_failure(slot, None);
        self.jobs[job].made -= 1;
        self.ready.push_front(job);
        let next = Next::Again(self.jobs[job].attempt);
        Some(Consequence {
            job,
            next,
            closes,
            rest: Duration::ZERO,
            trips: None,
            halts: false,
        })
    }

    /// The job was assigned, but never given to a worker: the run stopped before. It is as if it
    /// never was.
    pub fn abandon(&mut self, slot: usize) {
        if let Some(job) = self.vacate(slot) {
            self.jobs[job].made -= 1;
            self.ready.push_front(job);
        }
    }

    /// The idle slot's worker is on its way out; nothing is assigned to it until
    /// [`Scheduler::gone`].
    pub fn leaving(&mut self, slot: usize) {
        if self.slots[slot].place == SlotStatus::Idle {
            self.slots[slot].place = SlotStatus::Leaving;
        }
    }

    /// The worker that was on its way out is gone.
    pub fn gone(&mut self, slot: usize) {
        if self.slots[slot].place == SlotStatus::Leaving {
            self.slots[slot].place = self.emptied(slot);
        }
    }

    /// Nothing is assigned to the slot any more. It must have no job.
    pub fn close(&mut self, slot: usize) {
        debug_assert!(!matches!(self.slots[slot].place, SlotStatus::Busy(_)));
        self.slots[slot].place = SlotStatus::Closed;
    }

    /// Nothing is assigned or tried again any more.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// The job that the slot has.
    pub fn job_of(&self, slot: usize) -> Option<usize> {
        match self.slots[slot].place {
            SlotStatus::Busy(job) => Some(job),
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
        self.slots
            .iter()
            .filter(|s| matches!(s.place, SlotStatus::Busy(_)))
            .count()
    }

    /// Jobs that are not done with, in the order given.
    pub fn left(&self) -> Vec<usize> {
        (0..self.jobs.len())
            .filter(|&i| self.jobs[i].left)
            .collect()
    }

    /// Whether nothing runs and nothing will.
    pub fn is_over(&self) -> bool {
        let nothing_left = self.ready.is_empty() && self.waiting == 0 && self.resting.is_empty();
        self.running() == 0
            && (self.stopping || (nothing_left && !self.paused) || self.all_closed())
    }

    /// Whether every slot is closed.
    pub fn all_closed(&self) -> bool {
        self.slots
            .iter()
            .all(|s| s.place == SlotStatus::Closed || (s.place == SlotStatus::Leaving && s.closing))
    }

    fn vacate(&mut self, slot: usize) -> Option<usize> {
        let job = self.job_of(slot)?;
        self.slots[slot].place = self.emptied(slot);
        Some(job)
    }

    fn emptied(&self, slot: usize) -> SlotStatus {
        if self.slots[slot].closing {
            SlotStatus::Closed
        } else {
            SlotStatus::Idle
        }
    }

    fn again(&mut self, job: usize, allowed: bool, queue: Queue) -> Next {
        if !allowed {
            return Next::Done;
        }
        if self.stopping {
            return Next::Left;
        }
        self.jobs[job].attempt += 1;
        match queue {
            Queue::First => self.ready.push_front(job),
            Queue::Rest => _ = self.resting.insert(job),
            Queue::Last => self.ready.push_back(job),
        }
        Next::Again(self.jobs[job].attempt)
    }

    /// What follows for the job's state and for those that wait for it; they start without where it
    /// will never come.
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
            state.place = SlotStatus::Closed;
        }
        closes
    }
}
