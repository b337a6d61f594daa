//! The values that a job recorded, and which of them it is judged by.

use convsweep_spec::figures::{JobFigures, kept_epoch};
use std::collections::BTreeMap;

/// The experiment's metric of one job, by completed epochs. Epochs that another job trained, from
/// whose saved state this one started, count as its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    epochs: BTreeMap<u32, EpochValue>,
    /// The metric in the evaluation after training.
    evaluation: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct EpochValue {
    /// `None` if the epoch was recorded without the metric.
    value: Option<f64>,
    /// The epoch with the best weights so far, if the job keeps these.
    best_epoch: Option<f64>,
}

impl Curve {
    /// Records the value of an epoch, if it has one, and, for jobs that keep their best weights, the
    /// epoch with the best weights so far. `false` if the epoch was recorded before; the newer value
    /// counts.
    pub fn insert(
        &mut self,
        epoch: u32,
        value: impl Into<Option<f64>>,
        best_epoch: Option<f64>,
    ) -> bool {
        let value = value.into();
        let recorded = EpochValue { value, best_epoch };
        self.epochs.insert(epoch, recorded).is_none()
    }

    /// Records the metric in the evaluation after training, if that has it.
    pub fn set_evaluation(&mut self, evaluation: Option<f64>) {
        self.evaluation = evaluation;
    }

    /// Whether the epoch was recorded with the metric.
    pub fn has(&self, epoch: u32) -> bool {
        self.value(epoch).is_some()
    }

    /// The newest recorded epoch; 0 before the first.
    pub fn last_epoch(&self) -> u32 {
        self.epochs.keys().next_back().copied().unwrap_or(0)
    }

    /// The recorded epochs, in order.
    pub fn epochs(&self) -> impl Iterator<Item = u32> {
        self.epochs.keys().copied()
    }

    /// Values of the epochs up to and including `epoch`, in order.
    pub fn values_until(&self, epoch: u32) -> Vec<f64> {
        let recorded = self.epochs.range(..=epoch);
        recorded.filter_map(|(_, epoch)| epoch.value).collect()
    }

    /// [`Curve::kept_value`] after each recorded epoch up to and including `epoch`, in order.
    pub fn kept_values_until(&self, epoch: u32) -> Vec<f64> {
        let epochs = self.epochs.range(..=epoch).map(|(epoch, _)| *epoch);
        epochs.filter_map(|epoch| self.kept_value(epoch)).collect()
    }

    /// The value at the epoch whose weights the job would keep if it ended after `epoch` epochs.
    /// `None` if one of the two epochs was not recorded.
    pub fn kept_value(&self, epoch: u32) -> Option<f64> {
        let recorded = self.epochs.get(&epoch)?;
        self.value(kept_epoch(epoch, recorded.best_epoch))
    }

    /// The result of a job that has finished with this curve: what the leaderboard compares jobs
    /// by.
    pub fn result(&self) -> Option<f64> {
        let last = self.epochs.last_key_value();
        let job = JobFigures {
            is_finished: true,
            epochs: self.last_epoch(),
            best_epoch: last.and_then(|(_, recorded)| recorded.best_epoch),
            evaluation: self.evaluation,
        };
        job.result(|epoch| self.value(epoch))
    }

    fn value(&self, epoch: u32) -> Option<f64> {
        self.epochs.get(&epoch)?.value
    }

    /// The first recorded epoch after `epoch`.
    pub(crate) fn next_epoch(&self, epoch: u32) -> Option<u32> {
        self.epochs.range(epoch + 1..).next().map(|(next, _)| *next)
    }

    /// Records an epoch as `other` has it.
    pub(crate) fn copy_epoch(&mut self, epoch: u32, other: &Curve) -> bool {
        let recorded = other.epochs.get(&epoch);
        recorded.is_some_and(|recorded| self.epochs.insert(epoch, *recorded).is_none())
    }

    /// Number of recorded epochs.
    pub(crate) fn len(&self) -> usize {
        self.epochs.len()
    }
}

impl FromIterator<(u32, f64)> for Curve {
    /// The curve of a job that keeps its last weights.
    fn from_iter<I: IntoIterator<Item = (u32, f64)>>(values: I) -> Curve {
        let mut curve = Curve::default();
        for (epoch, value) in values {
            curve.insert(epoch, value, None);
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_epoch_decides() {
        let mut last: Curve = [(1, 0.5), (2, 0.7), (3, 0.6)].into_iter().collect();
        assert_eq!((last.kept_value(2), last.result()), (Some(0.7), Some(0.6)));
        assert_eq!(last.kept_value(4), None);
        assert!(!last.insert(3, 0.4, Some(2.0)));
        assert_eq!(last.result(), Some(0.7));
        assert_eq!(last.values_until(3), [0.5, 0.7, 0.4]);
        assert_eq!(Curve::default().result(), None);
    }

    #[test]
    fn the_newest_epoch_does_not_stand_in_for_a_best_one_that_is_not_known() {
        let mut continued = Curve::default();
        assert!(continued.insert(11, 0.5, Some(9.0)));
        assert_eq!((continued.kept_value(11), continued.result()), (None, None));
        continued.set_evaluation(Some(0.8));
        assert_eq!(continued.result(), Some(0.8));
        continued.insert(9, 0.75, Some(9.0));
        assert_eq!(continued.kept_value(11), Some(0.75));
        assert_eq!(continued.result(), Some(0.75));
    }

    #[test]
    fn an_epoch_without_the_metric_is_an_epoch_all_the_same() {
        let mut curve: Curve = [(1, 0.5), (2, 0.6)].into_iter().collect();
        curve.insert(3, None, None);
        assert_eq!((curve.last_epoch(), curve.has(3)), (3, false));
        assert_eq!(curve.result(), None);
        assert_eq!(curve.values_until(3), [0.5, 0.6]);
    }
}
