//! Early stopping and the choice of the best epoch: pure functions of the epochs' validation
//! values.

use crate::metric::Metric;
use serde::{Deserialize, Serialize};

/// Ends training when a validation metric has not improved for some epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The metric.
    pub metric: Metric,
    /// Number of consecutive epochs without improvement that ends training, at least 1.
    pub patience: u32,
    /// Smallest change that counts as an improvement.
    pub min_delta: f64,
}

impl EarlyStopping {
    /// Whether training ends after these values of a job, one per epoch, of which NaN says that the
    /// metric does not exist, as an area under the ROC curve of a single class. What does not exist
    /// ends nothing: a job whose loss is NaN has diverged.
    pub fn ends_after(&self, values: impl IntoIterator<Item = f64>) -> bool {
        self.is_due(values.into_iter().filter(|value| !value.is_nan()))
    }

    /// Whether training ends after these values, one per epoch. Counts like Keras.
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
    /// Index of the best of these values, the first of equal ones; `None` if none is a number.
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
    fn a_metric_that_does_not_exist_ends_nothing() {
        let rule = EarlyStopping {
            metric: Metric::natural("val_roc_auc"),
            patience: 1,
            min_delta: 0.0,
        };
        assert!(!rule.ends_after([f64::NAN; 9]));
        assert!(rule.ends_after([0.5, f64::NAN, 0.5]));
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
