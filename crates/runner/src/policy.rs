//! Policy for failures, and time limits.

use crate::search::SearchInput;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::run_settings::{Retry, RunSettings};
use std::time::Duration;

/// Retries, limits and timeouts of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPolicy {
    /// Number of retries of a job, by the outcome of the attempt before.
    pub retry: Retry,
    /// Back-off before the first retry of a job; doubled before each further one, up to
    /// [`RunPolicy::LONGEST_BACKOFF`].
    pub first_backoff: Duration,
    /// Number of failed jobs after which the run stops.
    pub stop_after: Option<u32>,
    /// How long a job may train in this run; it then writes a checkpoint and ends as timed out.
    pub time_limit: Option<Duration>,
    /// How long the run may last; it then stops, and running jobs write a checkpoint.
    pub sweep_time_limit: Option<Duration>,
    /// Silence after which a worker is considered lost and killed.
    pub lost_after: Duration,
    /// Number of consecutive jobs that end with the same error on a device and thereby close it.
    pub breaker: u32,
    /// Number of consecutive failures to start a worker that close its slot.
    pub start_failures: u32,
    /// Delay before the next start of a worker after one failure; four times as long after each
    /// further one.
    pub start_delay: Duration,
    /// Time that a worker has to exit after its standard input was closed, before it is killed. It
    /// has three times as long to write a checkpoint when its time limit is reached.
    pub grace_period: Duration,
    /// Which jobs are pruned.
    pub search: Option<SearchInput>,
}

impl Default for RunPolicy {
    fn default() -> Self {
        RunPolicy {
            retry: Retry {
                crashed: 2,
                lost: 2,
                failed: 0,
                timed_out: 0,
            },
            first_backoff: Duration::from_millis(250),
            stop_after: None,
            time_limit: None,
            sweep_time_limit: None,
            lost_after: Duration::from_secs(60),
            breaker: 5,
            start_failures: 3,
            start_delay: Duration::from_millis(250),
            grace_period: Duration::from_secs(10),
            search: None,
        }
    }
}

impl From<&RunSettings> for RunPolicy {
    /// What `[run]` of a file says; everything else has its default.
    fn from(run: &RunSettings) -> RunPolicy {
        RunPolicy {
            retry: run.retry,
            stop_after: run.stop_after,
            time_limit: run.time_limit,
            sweep_time_limit: run.sweep_time_limit,
            lost_after: run.lost_after,
            breaker: run.breaker,
            ..RunPolicy::default()
        }
    }
}

impl RunPolicy {
    /// The longest back-off before a retry.
    pub const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

    /// Back-off before a job's retry with this number, from 1.
    pub fn backoff(&self, retry: u32) -> Duration {
        let doubled = 2u32.saturating_pow(retry.saturating_sub(1));
        let backoff = self.first_backoff.saturating_mul(doubled);
        backoff.min(Self::LONGEST_BACKOFF)
    }
}

/// Whether the outcome counts as a failure of the job. A diverged job is an answer, not a failure.
pub fn is_failure(outcome: &Outcome) -> bool {
    !outcome.is_answer() && *outcome != Outcome::Cancelled
}
