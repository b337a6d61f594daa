//! The figures that jobs and configurations are judged by: which epoch of a job counts, what its
//! result is, and which of two is better.
//!
//! The database's views, `show`, the leaderboard, stopping rules, their simulation and the report
//! all take them from here, so that they cannot disagree.

use crate::metric::{Direction, VAL_ACCURACY, VAL_LOSS};
use std::cmp::Ordering;

/// The epoch (from 1) whose weights a job keeps after `epoch` completed epochs.
///
/// `best_epoch` is the value of [`crate::metric::BEST_EPOCH`] recorded for that epoch: jobs that
/// keep their best weights record it, all others keep their last weights.
pub fn kept_epoch(epoch: u32, best_epoch: Option<f64>) -> u32 {
    match best_epoch {
        Some(best) if best >= 1.0 && best <= f64::from(epoch) => best as u32,
        _ => epoch,
    }
}

/// What a job has recorded of one metric, as far as its result depends on it. Epochs that another
/// job trained, from whose saved state this one started, count as its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JobFigures {
    /// Whether it has trained all that it was to train, and was evaluated.
    pub is_finished: bool,
    /// Number of completed epochs.
    pub epochs: u32,
    /// The value of [`crate::metric::BEST_EPOCH`] recorded for the last of them.
    pub best_epoch: Option<f64>,
    /// The metric in the evaluation after training ([`of_evaluation`]).
    pub evaluation: Option<f64>,
}

impl JobFigures {
    /// The epoch (from 1) whose weights it keeps; `None` before its first.
    pub fn kept_epoch(&self) -> Option<u32> {
        (self.epochs > 0).then(|| kept_epoch(self.epochs, self.best_epoch))
    }

    /// Its result in the metric: the value at the kept epoch, which `value_at` looks up, in
    /// whichever job's log it is; without one, that of the evaluation after training. `None` unless
    /// the job has finished and this is a finite number.
    pub fn result(&self, value_at: impl FnOnce(u32) -> Option<f64>) -> Option<f64> {
        if !self.is_finished {
            return None;
        }
        let at_kept_epoch = self.kept_epoch().and_then(value_at);
        let result = at_kept_epoch.or(self.evaluation)?;
        result.is_finite().then_some(result)
    }
}

/// A metric of the validation images, given loss and accuracy of the evaluation after training;
/// `None` for the other metrics, which it does not record.
pub fn of_evaluation(metric: &str, loss: f64, accuracy: f64) -> Option<f64> {
    match metric {
        VAL_LOSS => Some(loss),
        VAL_ACCURACY => Some(accuracy),
        _ => None,
    }
}

/// Orders results, means of results and other values of a metric, the better first. Without a value
/// or with NaN one is worst. Of equal ones the earlier in the plan is the better: whoever sorts by
/// this keeps the order of the plan among them.
pub fn better_first(direction: Direction, a: Option<f64>, b: Option<f64>) -> Ordering {
    let rank = |value: Option<f64>| match (value, direction) {
        (Some(value), Direction::Max) if !value.is_nan() => -value,
        (Some(value), Direction::Min) if !value.is_nan() => value,
        _ => f64::INFINITY,
    };
    rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_best_epoch_counts_else_the_last() {
        assert_eq!(kept_epoch(7, None), 7);
        assert_eq!(kept_epoch(7, Some(3.0)), 3);
        assert_eq!(kept_epoch(7, Some(7.0)), 7);
    }

    #[test]
    fn an_impossible_best_epoch_is_ignored() {
        for impossible in [f64::NAN, 0.0, -1.0, 8.0, f64::INFINITY] {
            assert_eq!(kept_epoch(7, Some(impossible)), 7, "{impossible}");
        }
    }

    #[test]
    fn the_result_is_the_metric_at_the_kept_epoch_else_that_of_the_evaluation() {
        let job = JobFigures {
            is_finished: true,
            epochs: 7,
            best_epoch: Some(3.0),
            evaluation: Some(0.9),
        };
        assert_eq!(job.result(|epoch| Some(f64::from(epoch))), Some(3.0));
        assert_eq!(job.result(|_| None), Some(0.9));
        // The evaluation is of the same weights: it does not make up for what is not a number.
        for diverged in [f64::NAN, f64::INFINITY] {
            assert_eq!(job.result(|_| Some(diverged)), None);
        }
        let lost = JobFigures { epochs: 0, ..job };
        assert_eq!(
            (lost.kept_epoch(), lost.result(|_| None)),
            (None, Some(0.9))
        );
        let infinite = JobFigures {
            evaluation: Some(f64::INFINITY),
            ..job
        };
        assert_eq!(infinite.result(|_| None), None);
        let failed = JobFigures {
            is_finished: false,
            ..job
        };
        assert_eq!(failed.result(|_| Some(0.5)), None);
        assert_eq!(failed.kept_epoch(), Some(3));
    }

    #[test]
    fn an_evaluation_has_two_of_the_metrics() {
        let of = |metric| of_evaluation(metric, 1.5, 0.75);
        assert_eq!((of(VAL_LOSS), of(VAL_ACCURACY)), (Some(1.5), Some(0.75)));
        assert_eq!((of("val_macro_f1"), of("train_loss")), (None, None));
    }

    #[test]
    fn better_values_come_first_and_equal_ones_stay_as_they_were() {
        let sorted = |direction, values: &[Option<f64>]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|a, b| better_first(direction, values[*a], values[*b]));
            order
        };
        let nan = Some(f64::NAN);
        let values = [None, Some(0.5), Some(0.7), nan, Some(0.5), Some(0.7)];
        assert_eq!(sorted(Direction::Max, &values), [2, 5, 1, 4, 0, 3]);
        assert_eq!(sorted(Direction::Min, &values), [1, 4, 2, 5, 0, 3]);
        assert_eq!(sorted(Direction::Max, &[Some(-0.0), Some(0.0)]), [0, 1]);
    }
}
