//! How jobs are run, never what they compute: what `[run]` of an experiment file says.

use crate::device::{DeviceFamily, DeviceName};
use crate::job::CheckpointEvery;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::time::Duration;

/// How jobs are run. Nothing here enters a job's id.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// Devices to train on; `None` for every usable GPU, or the CPU if there is none.
    pub devices: Option<Vec<DeviceName>>,
    /// Number of concurrent jobs on each device of a family; a family that is missing has its
    /// default (on the CPU as many as its cores allow).
    pub slots: BTreeMap<DeviceFamily, u32>,
    /// Threads of each job on the CPU.
    pub threads: u32,
    /// Memory limit of a job, in bytes.
    pub memory_bytes: Option<u64>,
    /// Whether the cheapest configurations start first, rather than in the file's order.
    pub short_first: bool,
    /// How often a job is retried.
    pub retry: Retry,
    /// Number of failed jobs after which no further job starts.
    pub stop_after: Option<u32>,
    /// Longest training time of a job within one run.
    pub time_limit: Option<Duration>,
    /// Longest duration of a run.
    pub sweep_time_limit: Option<Duration>,
    /// How often a checkpoint is written.
    pub checkpoint_every: CheckpointEvery,
    /// Silence after which a worker is considered lost.
    pub lost_after: Duration,
    /// Consecutive jobs with the same error after which a device gets no further jobs.
    pub breaker: u32,
    /// What an allocation of a cluster is asked for, with `run --slurm`.
    pub slurm: SlurmSettings,
}

/// What Slurm is asked for: `None` and empty lists leave it to the site.
#[derive(Clone, Debug, PartialEq)]
pub struct SlurmSettings {
    /// Partition.
    pub partition: Option<String>,
    /// Account that pays.
    pub account: Option<String>,
    /// Quality of service.
    pub qos: Option<String>,
    /// What nodes must have, in Slurm's words.
    pub constraint: Option<String>,
    /// Longest duration of an allocation.
    pub time: Option<Duration>,
    /// Number of nodes.
    pub nodes: u32,
    /// Cores of each node.
    pub cpus: Option<u32>,
    /// GPUs of each node.
    pub gpus: u32,
    /// Memory of each node in bytes.
    pub memory_bytes: Option<u64>,
    /// How often an allocation may continue after its time limit or a preemption.
    pub requeue: u32,
    /// Time before the limit at which jobs are told to write checkpoints.
    pub grace: Duration,
    /// Lines of the batch script before the program.
    pub setup: Vec<String>,
    /// Further options of `sbatch`.
    pub options: Vec<String>,
}

/// How often a job is retried, by the outcome of its last attempt.
///
/// An out-of-memory or diverged job would end the same way again and is never retried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// After the worker process died.
    pub crashed: u32,
    /// After the worker went silent.
    pub lost: u32,
    /// After an error that the worker reported.
    pub failed: u32,
    /// After the time limit; training continues from the checkpoint.
    pub timed_out: u32,
}

impl Retry {
    /// Number of retries after this outcome.
    pub fn after(&self, outcome: &Outcome) -> u32 {
        match outcome {
            Outcome::Crashed { .. } => self.crashed,
            Outcome::Lost { .. } => self.lost,
            Outcome::Failed { .. } => self.failed,
            Outcome::TimedOut => self.timed_out,
            Outcome::Finished
            | Outcome::Stopped { .. }
            | Outcome::Diverged { .. }
            | Outcome::OutOfMemory
            | Outcome::DiskFull { .. }
            | Outcome::Cancelled => 0,
        }
    }
}
