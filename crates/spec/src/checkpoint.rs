//! What stands beside the tensors of a checkpoint or a kept state: where training is.

use crate::event::Fingerprint;
use crate::id::{JobId, StateKey};
use crate::metric::Number;
use crate::range::RangePoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where training is, with all that is needed to go on from there to the same bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// The job that wrote it.
    pub job: JobId,
    /// Completed epochs.
    pub epoch: u32,
    /// Completed steps of the epoch after.
    pub step: u32,
    /// Sums over those steps.
    pub partial: Partial,
    /// Key of the state; `None` within an epoch.
    pub key: Option<StateKey>,
    /// What the optimiser remembers.
    pub optimizer: OptimizerDescription,
    /// What wrote it.
    pub fingerprint: Fingerprint,
    /// The steps of a learning-rate range test; empty of any other training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub range: Vec<RangePoint>,
    /// Metrics of the completed epochs, so that a job that starts from here has the whole curve.
    pub history: Vec<EpochMetrics>,
}

/// Sums over the completed steps of a running epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// Images trained on.
    pub images: u64,
    /// Sum of their losses.
    pub loss_sum: f64,
    /// How many of them were classified correctly.
    pub correct: u64,
    /// Sum of the steps' gradient norms.
    #[serde(default)]
    pub gradient_norm_sum: f64,
    /// Seconds spent on them.
    pub seconds: f64,
}

/// An optimiser's state without its tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptimizerDescription {
    /// The optimiser's name; a state is of no use to another one.
    pub name: String,
    /// Steps taken.
    pub steps: u64,
    /// Names of the moving averages kept; none before the first step.
    pub moments: Vec<String>,
}

/// Metrics at the end of an epoch, as in [`crate::event::Event::Metrics`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Phase, from 0.
    pub phase: u32,
    /// Completed epochs, from 1.
    pub epoch: u32,
    /// Completed steps over the whole job.
    pub step: u64,
    /// Values by name.
    pub values: BTreeMap<String, Number>,
}
