//! The values that a job recorded, and which of them it is judged by.

use convsweep_spec::figures::kept_epoch;
use std::collections::BTreeMap;

/// The experiment's metric of one job, by completed epochs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve(BTreeMap<u32, EpochValue>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct EpochValue {
    value: f64,
    /// The epoch with the best weights so far, if the job keeps these.
    best_epoch: Option<f64>,
}

impl Curve {
    /// Records the value of an epoch and, for jobs that keep their best weights, the epoch with the
    /// best weights so far. `false` if the epoch was recorded before; the newer value counts.
    pub fn insert(&mut self, epoch: u32, value: f64, best_epoch: Option<f64>) -> bool {
        let recorded = EpochValue { value, best_epoch };
        self.0.insert(epoch, recorded).is_none()
    }

    /// Whether the epoch was recorded.
    pub fn has(&self, epoch: u32) -> bool {
        self.0.contains_key(&epoch)
    }

    /// The newest recorded epoch; 0 before the first.
    pub fn last_epoch(&self) -> u32 {
        self.0.keys().next_back().copied().unwrap_or(0)
    }

    /// The recorded epochs, in order.
    pub fn epochs(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }

    /// Values of the epochs up to and including `epoch`, in order.
    pub fn values_until(&self, epoch: u32) -> Vec<f64> {
        self.0
            .range(..=epoch)
            .map(|(_, recorded)| recorded.value)
            .collect()
    }

    /// [`Curve::kept_value`] after each recorded epoch up to and including `epoch`, in order.
    pub fn kept_values_until(&self, epoch: u32) -> Vec<f64> {
        let epochs = self.0.range(..=epoch).map(|(epoch, _)| *epoch);
        epochs.filter_map(|epoch| self.kept_value(epoch)).collect()
    }

    /// The value at the epoch whose weights the job would keep if it ended after `epoch` epochs:
    /// what the leaderboard compares jobs by. `None` if the epoch was not recorded.
    pub fn kept_value(&self, epoch: u32) -> Option<f64> {
        let recorded = self.0.get(&epoch)?;
        let kept = kept_epoch(epoch, recorded.best_epoch);
        // The best epoch may belong to another job, from whose saved state this one started.
        Some(self.0.get(&kept).unwrap_or(recorded).value)
    }

    /// [`Curve::kept_value`] after the newest epoch.
    pub fn last_kept_value(&self) -> Option<f64> {
        self.kept_value(self.last_epoch())
    }

    /// The first recorded epoch after `epoch`.
    pub(crate) fn next_epoch(&self, epoch: u32) -> Option<u32> {
        self.0.range(epoch + 1..).next().map(|(next, _)| *next)
    }

    /// Records an epoch as `other` has it.
    pub(crate) fn copy_epoch(&mut self, epoch: u32, other: &Curve) -> bool {
        let recorded = other.0.get(&epoch);
        recorded.is_some_and(|recorded| self.0.insert(epoch, *recorded).is_none())
    }

    /// Number of recorded epochs.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
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
        assert_eq!(
            (last.kept_value(2), last.last_kept_value()),
            (Some(0.7), Some(0.6))
        );
        assert_eq!(last.kept_value(4), None);
        assert!(!last.insert(3, 0.4, Some(2.0)));
        assert_eq!(last.last_kept_value(), Some(0.7));
        assert_eq!(last.values_until(3), [0.5, 0.7, 0.4]);
        assert_eq!(Curve::default().last_kept_value(), None);
    }

    #[test]
    fn a_best_epoch_of_another_job_is_not_looked_for() {
        let mut continued = Curve::default();
        assert!(continued.insert(11, 0.5, Some(9.0)));
        assert_eq!(continued.kept_value(11), Some(0.5));
    }
}
