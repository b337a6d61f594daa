//! A job as the scheduler sees it.

use convsweep_spec::precision::Precision;
use std::collections::HashMap;

/// A job to be scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledJob {
    /// Number of its first attempt.
    pub attempt: u32,
    /// The job whose saved state it waits for.
    pub parent: Option<usize>,
    /// Number of its configuration.
    pub configuration: usize,
}

/// The scheduler's record of a job.
#[derive(Debug)]
pub(super) struct JobRecord {
    /// Number of the current or next attempt.
    pub(super) attempt: u32,
    /// Attempts made in this run.
    pub(super) attempts: u32,
    pub(super) configuration: usize,
    pub(super) precision: Precision,
    /// Retries by the name of the outcome that they followed.
    pub(super) retries: HashMap<&'static str, u32>,
    pub(super) start_failures: u32,
    /// Whether it is not done.
    pub(super) is_remaining: bool,
}

impl From<&ScheduledJob> for JobRecord {
    fn from(job: &ScheduledJob) -> JobRecord {
        JobRecord {
            attempt: job.attempt,
            attempts: 0,
            configuration: job.configuration,
            precision: Precision::F32,
            retries: HashMap::new(),
            start_failures: 0,
            is_remaining: true,
        }
    }
}
