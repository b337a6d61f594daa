//! When training ends before its last epoch, and which weights are kept: pure functions of an
//! epoch's validation values.

use crate::metric::Metric;
use serde::{Deserialize, Serialize};

/// Ends training when a validation metric has not become better for some epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The metric.
    pub metric: Metric,
    /// So many epochs in a row without a better value end training, at least 1.
    pub patience: u32,
    /// What is better by no more than this is not better.
    pub min_delta: f64,
}

impl EarlyStopping {
    /// Whether training ends after these values, one an epoch; counts as Keras does.
    pub fn is_due(&self, values: impl IntoIterator<Item = f64>) -> bool {
        let (mut best, mut waited) = (None, 0);
        values.into_iter().any(|value| {
            if self.metric.direction.improves(value, best, self.min_delta) {
                (best, waited) = (Some(value), 0);
            } else {
                waited += 1;
            }
            waited >= self.patience.max(1)
        })
    }
}

impl Metric {
    /// The place of the best of these values, the first of equals; `None` if there is no number
    /// among them.
    pub fn best_of(&self, values: impl IntoIterator<Item = f64>) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (i, value) in values.into_iter().enumerate() {
            if self.direction.improves(value, best.map(|b| b.1), 0.0) {
                best = Some((i, value));
            }
        }
        best.map(|b| b.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_after_patience_without_a_better_value() {
        let check = |patience, min_delta, values: &[f64], expect: Option<usize>| {
            let rule = EarlyStopping {
                metric: Metric::natural("val_loss"),
                patience,
                min_delta,
            };
            let due = (1..=values.len()).find(|&n| rule.is_due(values[..n].iter().copied()));
            assert_eq!(due, expect, "{values:?}");
        };
        check(2, 0.0, &[1.0, 0.9, 0.95, 0.92, 0.8], Some(4));
        check(2, 0.0, &[1.0, 0.9, 0.95, 0.8, 0.85], None);
        check(2, 0.2, &[1.0, 0.9, 0.85], Some(3));
        check(1, 0.0, &[1.0, 1.0], Some(2));
        check(1, 0.0, &[f64::NAN, 1.0], Some(1));
    }

    #[test]
    fn the_best_is_the_first_of_equals() {
        assert_eq!(
            Metric::natural("val_accuracy").best_of([0.5, 0.7, 0.7, f64::NAN]),
            Some(1)
        );
        assert_eq!(
            Metric::natural("val_loss").best_of([0.5, 0.4, 0.6]),
            Some(1)
        );
        assert_eq!(Metric::natural("val_loss").best_of([]), None);
    }
}
