//! The metrics that jobs record each epoch, and how they are compared.

use serde::{Deserialize, Serialize};

/// Mean loss over the epoch's augmented training batches, while the weights change.
pub const TRAIN_LOSS: &str = "train_loss";
/// Accuracy over the epoch's augmented training batches, while the weights change (as in Keras).
pub const TRAIN_ACCURACY: &str = "train_accuracy";
/// Mean loss on the validation images at the end of the epoch.
pub const VAL_LOSS: &str = "val_loss";
/// Accuracy on the validation images at the end of the epoch.
pub const VAL_ACCURACY: &str = "val_accuracy";
/// Learning rate of the epoch's last step.
pub const LEARNING_RATE: &str = "learning_rate";
/// Mean over the epoch's steps of the global gradient norm, before clipping.
pub const GRADIENT_NORM: &str = "gradient_norm";
/// Training images per second in the epoch, excluding evaluation. Differs from run to run.
pub const IMAGES_PER_SECOND: &str = "images_per_second";
/// Duration of the epoch in seconds, including evaluation. Differs from run to run.
pub const EPOCH_SECONDS: &str = "epoch_seconds";

/// Top-5 accuracy on the validation images.
pub const VAL_TOP5_ACCURACY: &str = "val_top5_accuracy";
/// Macro precision on the validation images; a class that is never predicted counts as 0.
pub const VAL_MACRO_PRECISION: &str = "val_macro_precision";
/// Macro F1 score on the validation images.
pub const VAL_MACRO_F1: &str = "val_macro_f1";
/// Mean of the classes' F1 scores on the validation images, weighted by their numbers of images.
pub const VAL_WEIGHTED_F1: &str = "val_weighted_f1";
/// Balanced accuracy (macro recall) on the validation images, over the classes that have images.
pub const VAL_BALANCED_ACCURACY: &str = "val_balanced_accuracy";
/// Mean over the classes of the one-vs-rest area under the ROC curve, on the validation images.
pub const VAL_ROC_AUC: &str = "val_roc_auc";
/// Expected calibration error on the validation images, over 15 equal bins (Guo et al. 2017).
pub const VAL_CALIBRATION_ERROR: &str = "val_calibration_error";
/// The epoch (from 1) with the best weights so far; recorded by jobs that keep their best weights
/// ([`crate::figures::kept_epoch`]).
pub const BEST_EPOCH: &str = "best_epoch";

/// Validation metrics that may serve to compare configurations, to stop training and to choose
/// weights.
pub const CHOOSING: [&str; 9] = [
    VAL_ACCURACY,
    VAL_LOSS,
    VAL_TOP5_ACCURACY,
    VAL_MACRO_PRECISION,
    VAL_MACRO_F1,
    VAL_WEIGHTED_F1,
    VAL_BALANCED_ACCURACY,
    VAL_ROC_AUC,
    VAL_CALIBRATION_ERROR,
];

/// The metrics that every job records each epoch, besides the other ones of [`CHOOSING`] and
/// [`BEST_EPOCH`].
pub const ALL: [&str; 8] = [
    TRAIN_LOSS,
    TRAIN_ACCURACY,
    VAL_LOSS,
    VAL_ACCURACY,
    LEARNING_RATE,
    GRADIENT_NORM,
    IMAGES_PER_SECOND,
    EPOCH_SECONDS,
];

/// Whether equal jobs must record equal values of the metric.
pub fn is_reproducible(name: &str) -> bool {
    !matches!(name, IMAGES_PER_SECOND | EPOCH_SECONDS)
}

/// A validation metric and its direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// One of [`CHOOSING`].
    pub name: String,
    /// Whether larger or smaller values are better.
    pub direction: Direction,
}

impl Metric {
    /// The metric called `name` with its natural direction: smaller is better for losses and
    /// errors, larger for all others.
    pub fn natural(name: &str) -> Self {
        let smaller = name.ends_with("loss") || name.ends_with("error");
        Metric {
            name: name.into(),
            direction: if smaller {
                Direction::Min
            } else {
                Direction::Max
            },
        }
    }

    /// Whether its values lie between 0 and 1, as those of every metric of [`CHOOSING`] do but the
    /// loss.
    pub fn is_fraction(&self) -> bool {
        self.name != VAL_LOSS
    }
}

/// Whether larger or smaller values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Larger is better.
    Max,
    /// Smaller is better.
    Min,
}

impl Direction {
    /// Whether `value` is better than `best` by more than `min_delta`. Any number is better than
    /// none; NaN is never better.
    pub fn improves(self, value: f64, best: Option<f64>, min_delta: f64) -> bool {
        match (self, best) {
            (_, None) => !value.is_nan(),
            (Direction::Max, Some(best)) => value > best + min_delta,
            (Direction::Min, Some(best)) => value < best - min_delta,
        }
    }
}

/// A number that survives JSON: NaN and infinities are written as `"NaN"`, `"inf"`, `"-inf"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Number;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a number, \"NaN\", \"inf\" or \"-inf\"")
            }
            fn visit_f64<E>(self, v: f64) -> Result<Number, E> {
                Ok(Number(v))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Number, E> {
                Ok(Number(v as f64))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Number, E> {
                Ok(Number(v as f64))
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Number, E> {
                v.parse()
                    .map(Number)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(v), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_json() {
        for v in [
            0.1,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            1e300,
        ] {
            let text = serde_json::to_string(&Number(v)).expect("serialises");
            assert_eq!(
                serde_json::from_str::<Number>(&text)
                    .expect("parses")
                    .0
                    .to_bits(),
                v.to_bits(),
                "{text}"
            );
        }
        let nan: Number =
            serde_json::from_str(&serde_json::to_string(&Number(f64::NAN)).expect("ok"))
                .expect("ok");
        assert!(nan.0.is_nan());
    }
}
