//! Names of what is measured.

use serde::{Deserialize, Serialize};

/// Mean loss over the epoch's augmented training batches, while the weights change.
pub const TRAIN_LOSS: &str = "train_loss";
/// Accuracy over the epoch's augmented training batches, while the weights change (as Keras has it).
pub const TRAIN_ACCURACY: &str = "train_accuracy";
/// Mean loss on the validation images at the end of the epoch.
pub const VAL_LOSS: &str = "val_loss";
/// Accuracy on the validation images at the end of the epoch.
pub const VAL_ACCURACY: &str = "val_accuracy";
/// Learning rate of the epoch's last step.
pub const LEARNING_RATE: &str = "learning_rate";
/// Mean over the epoch's steps of the Euclidean norm of all gradients together, before any clipping.
pub const GRADIENT_NORM: &str = "gradient_norm";
/// Training images per second in the epoch, evaluation not counted. Differs from run to run.
pub const IMAGES_PER_SECOND: &str = "images_per_second";
/// Seconds that the epoch took, evaluation included. Differs from run to run.
pub const EPOCH_SECONDS: &str = "epoch_seconds";

/// Every metric recorded each epoch.
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

/// Whether equal jobs must record equal values.
pub fn is_reproducible(name: &str) -> bool {
    !matches!(name, IMAGES_PER_SECOND | EPOCH_SECONDS)
}

/// What configurations are compared by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// One of [`ALL`]'s validation metrics.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
}

impl Metric {
    /// The metric called `name`, better where it is smaller for losses and errors and where it is larger for the rest.
    pub fn natural(name: &str) -> Self {
        let smaller = name.ends_with("loss") || name.ends_with("error");
        Metric { name: name.into(), direction: if smaller { Direction::Min } else { Direction::Max } }
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Larger is better.
    Max,
    /// Smaller is better.
    Min,
}

impl Direction {
    /// Whether `value` is better than `best` by more than `min_delta`; anything is better than nothing, NaN than neither.
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
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
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
                v.parse().map(Number).map_err(|_| E::invalid_value(serde::de::Unexpected::Str(v), &self))
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
        for v in [0.1, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300] {
            let text = serde_json::to_string(&Number(v)).expect("serialises");
            assert_eq!(serde_json::from_str::<Number>(&text).expect("parses").0.to_bits(), v.to_bits(), "{text}");
        }
        let nan: Number = serde_json::from_str(&serde_json::to_string(&Number(f64::NAN)).expect("ok")).expect("ok");
        assert!(nan.0.is_nan());
    }
}
