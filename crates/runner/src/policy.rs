//! What follows from bad ends and long times: retries, limits, breakers. Plain data and pure
//! functions.

use crate::search::{SearchJob, SearchRules};
use convsweep_spec::id::JobId;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::run_settings::{Retry, RunSettings};
use std::time::Duration;

/// What happens to jobs that ended badly, and how long anything may take.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPolicy {
    /// Further attempts of a job, by how the one before ended.
    pub retry: Retry,
    /// Wait before a job's first retry; twice as long before each further one, at most
    /// [`RunPolicy::LONGEST_REST`].
    pub backoff: Duration,
    /// Failed jobs after which the run drains.
    pub stop_after: Option<u32>,
    /// How long a job may train in this run; it then writes a checkpoint and ends as timed out.
    pub time_limit: Option<Duration>,
    /// How long the run may last; it then drains.
    pub sweep_time_limit: Option<Duration>,
    /// Silence after which a worker counts as lost and is killed.
    pub lost_after: Duration,
    /// Jobs in succession that end in the same error on a device and close it.
    pub breaker: u32,
    /// Successive start failures of a worker that close its slot.
    pub start_failures: u32,
    /// Wait before the second start after a failed one; four times as long before each further one.
    pub start_delay: Duration,
    /// Time that a worker has to end after its standard input was closed, before it is killed. It
    /// has three times as long to write a checkpoint when its time is up.
    pub grace: Duration,
    /// Which jobs are spared.
    pub search: Option<SearchInput>,
}

/// A search over the run's jobs, and over those that other runs trained.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchInput {
    /// The rules.
    pub search: SearchRules,
    /// Name of the metric that they look at.
    pub metric: String,
    /// Every job of the plan.
    pub entries: Vec<SearchJob>,
    /// Their ids, in the same order.
    pub jobs: Vec<JobId>,
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
            backoff: Duration::from_millis(250),
            stop_after: None,
            time_limit: None,
            sweep_time_limit: None,
            lost_after: Duration::from_secs(60),
            breaker: 5,
            start_failures: 3,
            start_delay: Duration::from_millis(250),
            grace: Duration::from_secs(10),
            search: None,
        }
    }
}

impl From<&RunSettings> for RunPolicy {
    /// What `[run]` of a file says; the rest has its default.
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
    /// The longest wait before a retry.
    pub const LONGEST_REST: Duration = Duration::from_secs(30);

    /// Wait before the `number`-th retry of a job, from 1.
    pub fn rest(&self, number: u32) -> Duration {
        self.backoff
            .saturating_mul(2u32.saturating_pow(number.saturating_sub(1)))
            .min(Self::LONGEST_REST)
    }
}

/// What a breaker counts as the same error; `None` for ends that say nothing about the device.
///
/// Numbers in a message (of bytes, of a job, of a line) do not make it another error.
pub fn error_kind(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed { message } => {
            let words: String = message
                .chars()
                .filter(|c| !c.is_ascii_digit())
                .take(120)
                .collect();
            Some(format!("failed: {words}"))
        }
        Outcome::Crashed { .. } | Outcome::Lost { .. } | Outcome::OutOfMemory => {
            Some(outcome.name().to_string())
        }
        _ => None,
    }
}

/// Whether the outcome counts as a failure of the job; a diverged one is an answer.
pub fn is_failure(outcome: &Outcome) -> bool {
    !outcome.is_answer() && *outcome != Outcome::Cancelled
}

/// Successive bad ends on one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorStreak {
    kind: String,
    /// Job and configuration of each.
    ends: Vec<(usize, usize)>,
}

impl ErrorStreak {
    /// Distinct configurations that a streak must have: one that is too large for a device says
    /// nothing against it.
    pub const CONFIGURATIONS: usize = 3;

    /// Counts an end of `job` of `configuration`; the reason, if it trips the breaker of so many
    /// jobs. `configurations` is how many the run has.
    pub fn count(
        &mut self,
        outcome: &Outcome,
        job: usize,
        configuration: usize,
        breaker: u32,
        configurations: usize,
    ) -> Option<String> {
        if matches!(outcome, Outcome::Finished | Outcome::Stopped { .. }) {
            *self = ErrorStreak::default();
            return None;
        }
        let kind = error_kind(outcome)?;
        if kind != self.kind {
            *self = ErrorStreak { kind, ends: vec![] };
        }
        if !self.ends.iter().any(|(other, _)| *other == job) {
            self.ends.push((job, configuration));
        }
        let mut distinct: Vec<usize> = self.ends.iter().map(|(_, c)| *c).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let enough = distinct.len() >= Self::CONFIGURATIONS.min(configurations);
        (self.ends.len() >= breaker as usize && enough).then(|| {
            let detail = outcome.detail();
            let what = if detail.is_empty() {
                outcome.name().into()
            } else {
                format!("{}: {detail}", outcome.name())
            };
            format!(
                "{} jobs in succession ended in the same error ({what})",
                self.ends.len()
            )
        })
    }
}
