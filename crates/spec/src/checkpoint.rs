//! The position of training, stored next to the tensors of a checkpoint or a saved state.

use crate::event::{Event, Fingerprint};
use crate::id::{JobId, StateKey};
use crate::metric::Number;
use crate::range::RangePoint;
use crate::seal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Format of the positions that this program writes. From format 2 on, the file carries a hash of
/// its bytes ([`crate::seal`]); files of format 1 are read as well, but nothing vouches for them.
pub const POSITION_FORMAT: u32 = 2;

/// The metadata key of the position in the file of a training state.
pub const METADATA_KEY: &str = "position";

/// The position of training: together with the tensors, everything needed to continue to the same
/// bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// [`POSITION_FORMAT`] of the writer.
    pub format: u32,
    /// The job that wrote it.
    pub job: JobId,
    /// Completed epochs.
    pub epoch: u32,
    /// Completed steps of the next epoch.
    pub step: u32,
    /// Sums over those steps.
    pub partial: Partial,
    /// Key of the training state; `None` within an epoch.
    pub key: Option<StateKey>,
    /// State of the optimizer, apart from its tensors.
    pub optimizer: OptimizerDescription,
    /// Fingerprint of the writer.
    pub fingerprint: Fingerprint,
    /// The steps so far of a learning-rate range test; otherwise empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub range: Vec<RangePoint>,
    /// Metrics of the completed epochs, so that a job that starts from this state has the whole
    /// curve.
    pub history: Vec<EpochMetrics>,
}

/// Sums over the completed steps of the current epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// Images trained on.
    pub images: u64,
    /// Sum of their losses.
    pub loss_sum: f64,
    /// Number of images classified correctly.
    pub correct: u64,
    /// Sum of the gradient norms of the steps.
    #[serde(default)]
    pub gradient_norm_sum: f64,
    /// Training time in seconds.
    pub seconds: f64,
}

/// An optimizer's state, apart from its tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptimizerDescription {
    /// The optimizer's name; another optimizer cannot use the state.
    pub name: String,
    /// Steps taken.
    pub steps: u64,
    /// Names of the moving averages; empty before the first step.
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

impl Position {
    /// The position in a file that begins with these bytes, which contain its header. `is_sealed`
    /// says whether the file carries a hash.
    ///
    /// # Errors
    /// The reason why there is none that this program can use, phrased to follow the file's name.
    pub fn in_file(beginning: &[u8], is_sealed: bool) -> Result<Position, String> {
        let end = seal::header_length(beginning).saturating_add(8);
        let end = usize::try_from(end).unwrap_or(usize::MAX);
        let header = beginning.get(8..end).unwrap_or_default();
        let header: Value = serde_json::from_slice(header)
            .map_err(|error| format!("is damaged: its header cannot be read: {error}"))?;
        let Some(text) = header["__metadata__"][METADATA_KEY].as_str() else {
            return Err("is damaged: it has no position".into());
        };
        let position: Position = serde_json::from_str(text)
            .map_err(|error| format!("has an unreadable position: {error}"))?;
        let found = position.format;
        if found == 0 || found > POSITION_FORMAT {
            return Err(format!(
                "has format {found}, this program reads up to {POSITION_FORMAT}"
            ));
        }
        if found == POSITION_FORMAT && !is_sealed {
            return Err("is damaged: its hash is missing".into());
        }
        Ok(position)
    }
}

impl From<EpochMetrics> for Event {
    fn from(metrics: EpochMetrics) -> Event {
        let EpochMetrics {
            phase,
            epoch,
            step,
            values,
        } = metrics;
        Event::Metrics {
            phase,
            epoch,
            step,
            values,
        }
    }
}
