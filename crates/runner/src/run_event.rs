//! What a run reports, how it is asked to stop, and its result.

use crate::error::RunnerError;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, LogEntry};
use convsweep_spec::outcome::Outcome;

/// What happens in a run. The display, the database and the logs all consume this one enum.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// A job was given to a worker.
    AttemptStarted {
        /// Index of the slot.
        slot: usize,
        /// The slot's device.
        device: DeviceName,
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: u32,
    },
    /// A worker reported this about the job that it trains.
    Worker(Box<Envelope>),
    /// An attempt ended.
    AttemptEnded {
        /// Index of the slot.
        slot: usize,
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: u32,
        /// Its outcome.
        outcome: Outcome,
        /// Whether the worker reported the outcome, so that its `events.jsonl` holds it; if not,
        /// the experiment's log must.
        by_worker: bool,
        /// The last lines that the worker wrote to standard error during the attempt.
        stderr: String,
    },
    /// The job is queued again.
    Retrying {
        /// The job.
        job: JobId,
        /// Number of the next attempt.
        attempt: u32,
        /// Outcome of the previous attempt.
        after: Outcome,
    },
    /// An attempt was ended by a pause of the user's. The job is queued again, and continues when
    /// the run does.
    JobPaused {
        /// The job.
        job: JobId,
    },
    /// The user cancelled a job that does not run: it will not start in this run.
    JobCancelled {
        /// The job.
        job: JobId,
    },
    /// The job is done in this run.
    Finished {
        /// The job.
        job: JobId,
        /// Number of attempts in this run.
        attempts: u32,
        /// Outcome of the last attempt.
        outcome: Outcome,
    },
    /// A stopping rule decided about a job. The experiment's log holds the decision.
    Decided(Decision),
    /// The run appended this to the experiment's log.
    Logged(Box<LogEntry>),
    /// The run was paused by the user (`true`), or continues.
    Paused(bool),
    /// A worker wrote something that is not an event, or there is a remark about it. The run
    /// continues.
    WorkerNote {
        /// Index of the slot.
        slot: usize,
        /// The job that the worker had, if any.
        job: Option<JobId>,
        /// The text, shortened.
        text: String,
    },
    /// A worker could not be started on this slot.
    StartFailed {
        /// Index of the slot.
        slot: usize,
        /// Number of consecutive failures.
        failures: u32,
        /// The reason.
        reason: String,
        /// The last lines of the worker's standard error.
        stderr: String,
    },
    /// A slot takes no more jobs.
    SlotClosed {
        /// Index of the slot.
        slot: usize,
        /// The slot's device.
        device: DeviceName,
        /// The reason.
        reason: String,
    },
    /// The run stops before all jobs are done because a limit was reached: running jobs write a
    /// checkpoint.
    LimitReached(LimitReached),
    /// The run was asked to stop, and stops.
    Stopping {
        /// How.
        request: StopRequest,
        /// Number of running jobs.
        running: usize,
    },
}

/// How a run is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum StopRequest {
    /// Not at all.
    #[default]
    No,
    /// Start nothing; running workers write a checkpoint and end their jobs as cancelled.
    Drain,
    /// Kill the workers; jobs continue later from their last checkpoints.
    Now,
}

/// The limit that stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitReached {
    /// This many jobs failed ([`crate::RunPolicy::stop_after`]).
    Failures(u32),
    /// Its time is over ([`crate::RunPolicy::sweep_time_limit`]).
    TimeLimit,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct RunSummary {
    /// Jobs that are done, in the order in which they ended.
    pub done: Vec<JobResult>,
    /// Jobs that are not done because the run stopped or no slot was left; the same command
    /// continues with them.
    pub remaining: Vec<JobId>,
    /// Closed slots (their indices), and why.
    pub closed_slots: Vec<(usize, String)>,
    /// How the run was asked to stop.
    pub stop_request: StopRequest,
    /// The limit that stopped it.
    pub limit_reached: Option<LimitReached>,
    /// Why the run could not continue.
    pub error: Option<RunnerError>,
}

/// How a job ended in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct JobResult {
    /// The job.
    pub job: JobId,
    /// Number of attempts in this run.
    pub attempts: u32,
    /// Outcome of the last attempt.
    pub outcome: Outcome,
}

impl RunSummary {
    /// Number of jobs that finished or were stopped by a rule.
    pub fn successful(&self) -> usize {
        let is_success =
            |outcome: &Outcome| matches!(outcome, Outcome::Finished | Outcome::Stopped { .. });
        self.done
            .iter()
            .filter(|result| is_success(&result.outcome))
            .count()
    }
}
