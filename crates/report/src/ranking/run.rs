//! One job with the value that its configuration is ranked by.

use super::MetricFormat;
use convsweep_spec::{figures, metric};
use convsweep_store::{EpochRow, JobRow};

/// One job with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedRun<'a> {
    /// The job.
    pub job: &'a JobRow,
    /// The metric that configurations are compared by; `None` unless the job finished with a finite
    /// value.
    pub value: Option<f64>,
}

impl<'a> RankedRun<'a> {
    /// Reads the value of `metric` from a job.
    pub fn new(job: &'a JobRow, metric: &MetricFormat) -> RankedRun<'a> {
        RankedRun {
            job,
            value: final_value(job, metric).filter(|v| v.is_finite()),
        }
    }

    /// Seed and fold; runs of different configurations are paired by them.
    pub fn pair_key(&self) -> (u64, Option<u32>) {
        (self.job.seed, self.job.fold)
    }

    /// Whether its result counts.
    pub fn is_finished(&self) -> bool {
        is_finished(self.job)
    }
}

/// The epoch whose weights a job keeps; `None` before its first.
pub fn kept_epoch(job: &JobRow) -> Option<&EpochRow> {
    let last = job.epochs.last()?;
    let best = last.values.get(metric::BEST_EPOCH).copied();
    let kept = figures::kept_epoch(last.epoch, best);
    let mut epochs = job.epochs.iter();
    epochs.find(|epoch| epoch.epoch == kept).or(Some(last))
}

/// The metric of a finished job after the epoch whose weights it keeps.
fn final_value(job: &JobRow, metric: &MetricFormat) -> Option<f64> {
    if !is_finished(job) {
        return None;
    }
    let kept = kept_epoch(job).and_then(|epoch| epoch.values.get(&metric.name));
    if let Some(&value) = kept {
        return Some(value);
    }
    // Jobs that recorded no epoch of their own still have their final evaluation.
    let evaluation = job.validation.as_ref()?;
    match metric.name.as_str() {
        metric::VAL_ACCURACY => Some(evaluation.accuracy),
        metric::VAL_LOSS => Some(evaluation.loss),
        _ => None,
    }
}

fn is_finished(job: &JobRow) -> bool {
    job.outcome.as_deref() == Some("finished")
}
