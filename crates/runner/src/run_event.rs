//! What a run says, how it is told to stop, and what it leaves.

use crate::error::RunnerError;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::log::Decision;
use convsweep_spec::outcome::Outcome;

/// What happens in a run. Display, store and logs all consume this one enum.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// A job was given to a worker.
    Launched {
        /// Index into the slots.
        slot: usize,
        /// The slot's device.
        device: DeviceName,
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: u32,
    },
    /// A worker said this about the job that it trains.
    Worker(Box<Envelope>),
    /// An attempt ended.
    AttemptEnded {
        /// Index into the slots.
        slot: usize,
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
        /// Whether the worker itself said so (then its `events.jsonl` holds it); if not, the
        /// experiment's log must.
        by_worker: bool,
        /// The end of what the worker wrote to stderr during the attempt.
        stderr: String,
    },
    /// The job is queued again.
    Retrying {
        /// The job.
        job: JobId,
        /// Number that the next attempt will have.
        attempt: u32,
        /// How the attempt before ended.
        after: Outcome,
    },
    /// The job is done with in this run.
    Finished {
        /// The job.
        job: JobId,
        /// Attempts in this run.
        attempts: u32,
        /// How the last one ended.
        outcome: Outcome,
    },
    /// A stopping rule decided about a job. The experiment's log must hold it.
    Decided(Decision),
    /// The run was paused by a person (`true`), or goes on.
    Paused(bool),
    /// A worker wrote something that is no event, or something about a worker is worth saying. The
    /// run goes on.
    Noise {
        /// Index into the slots.
        slot: usize,
        /// The job that the worker had, if any.
        job: Option<JobId>,
        /// The text, shortened.
        text: String,
    },
    /// A worker could not be started on this slot.
    StartFailed {
        /// Index into the slots.
        slot: usize,
        /// Successive failures.
        failures: u32,
        /// Why.
        reason: String,
        /// The end of the worker's stderr.
        stderr: String,
    },
    /// A slot takes no more jobs.
    SlotClosed {
        /// Index into the slots.
        slot: usize,
        /// Its device.
        device: DeviceName,
        /// Why.
        reason: String,
    },
    /// The run ends before its jobs do, by its own policy: running jobs write a checkpoint.
    Halting(HaltReason),
    /// The run was told to stop and does so.
    Stopping {
        /// How.
        stop: StopRequest,
        /// Jobs that are running.
        running: usize,
    },
}

/// How a run is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum StopRequest {
    /// Go on.
    #[default]
    No,
    /// Start nothing; running workers write a checkpoint and end their jobs as cancelled.
    Drain,
    /// Kill the workers; jobs go on later from their last checkpoints.
    Now,
}

/// Why a run ends before its jobs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HaltReason {
    /// So many jobs failed ([`crate::RunPolicy::stop_after`]).
    Failures(u32),
    /// It lasted as long as it may ([`crate::RunPolicy::sweep_time_limit`]).
    TimeLimit,
}

/// What a run leaves.
#[derive(Debug, Default)]
pub struct RunSummary {
    /// Jobs that are done with, in the order in which they ended, with the attempts of this run and
    /// the last outcome.
    pub ended: Vec<(JobId, u32, Outcome)>,
    /// Jobs that were not ended because the run stopped or no slot was left; the same command goes
    /// on with them.
    pub left: Vec<JobId>,
    /// Closed slots (index into the slots) and why.
    pub closed: Vec<(usize, String)>,
    /// How the run was told to stop.
    pub stopped: StopRequest,
    /// Why it stopped by itself.
    pub halted: Option<HaltReason>,
    /// Why the run could not go on.
    pub error: Option<RunnerError>,
}

impl RunSummary {
    /// Jobs whose last attempt finished or was stopped by a rule.
    pub fn well(&self) -> usize {
        self.ended
            .iter()
            .filter(|(_, _, o)| matches!(o, Outcome::Finished | Outcome::Stopped { .. }))
            .count()
    }
}
