//! One job with the value that its configuration is ranked by.

use super::MetricFormat;
use convsweep_answers::RunEnd;
use convsweep_store::JobRow;

/// One job with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedRun<'a> {
    /// The job.
    pub job: &'a JobRow,
    /// The job's result in the metric that configurations are compared by; `None` unless it finished
    /// with a finite one.
    pub value: Option<f64>,
}

impl<'a> RankedRun<'a> {
    /// Reads the value of `metric` from a job.
    pub fn new(job: &'a JobRow, metric: &MetricFormat) -> RankedRun<'a> {
        RankedRun {
            job,
            value: job.result(&metric.name),
        }
    }

    /// Seed and fold; runs of different configurations are paired by them.
    pub fn pair_key(&self) -> (u64, Option<u32>) {
        (self.job.seed, self.job.fold)
    }

    /// Whether its loss or weights were no longer finite.
    pub fn has_diverged(&self) -> bool {
        RunEnd::of_outcome(self.job.outcome.as_deref()) == RunEnd::Diverged
    }

    /// Whether its result counts.
    pub fn is_finished(&self) -> bool {
        self.job.is_finished()
    }
}
