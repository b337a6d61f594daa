//! Configurations: one point of the grid, fully resolved, and the digests that identify it.

use crate::augment::AugmentSpec;
use crate::canonical::{Digest, canonical_json, digest, hash, short};
use crate::data::DataSpec;
use crate::id::{ConfigurationId, JobId, StateKey};
use crate::model::ModelSpec;
use crate::task::{RecordedTraining, Task, read_recorded};
use crate::train::TrainSpec;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// One point of the grid, fully resolved.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RecordedConfiguration")]
pub struct Configuration {
    /// The images.
    pub data: DataSpec,
    /// How they are augmented.
    pub augment: AugmentSpec,
    /// The network.
    pub model: ModelSpec,
    /// How it is trained.
    pub train: TrainSpec,
    /// What the worker does with them.
    pub task: Task,
}

impl Configuration {
    /// Digest of the training section and the task, as they enter ids.
    pub fn training_digest(train: &TrainSpec, task: Task) -> Digest {
        digest(&RecordedTraining { train, task })
    }

    /// Digest of all that determines the training state after `epochs` epochs, apart from data,
    /// augmentation, network, seed and fold.
    pub fn prefix_digest(&self, epochs: u32) -> Digest {
        Self::training_digest(&self.train.prefix(epochs), self.task)
    }
}

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Configuration {
            data,
            augment,
            model,
            train,
            task,
        } = self;
        let train = RecordedTraining { train, task: *task };
        let mut fields = serializer.serialize_struct("Configuration", 4)?;
        fields.serialize_field("data", data)?;
        fields.serialize_field("augment", augment)?;
        fields.serialize_field("model", model)?;
        fields.serialize_field("train", &train)?;
        fields.end()
    }
}

/// A configuration as files record it.
#[derive(Deserialize)]
struct RecordedConfiguration {
    data: DataSpec,
    augment: AugmentSpec,
    model: ModelSpec,
    train: serde_json::Value,
}

impl TryFrom<RecordedConfiguration> for Configuration {
    type Error = serde_json::Error;

    fn try_from(recorded: RecordedConfiguration) -> Result<Configuration, serde_json::Error> {
        let (train, task) = read_recorded(recorded.train)?;
        Ok(Configuration {
            data: recorded.data,
            augment: recorded.augment,
            model: recorded.model,
            train,
            task,
        })
    }
}

/// Digests of a configuration's sections, computed once and shared by the ids of all its jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationDigest {
    /// The canonical text of an id up to the digest of the training section.
    before: Arc<str>,
    train: Digest,
}

impl ConfigurationDigest {
    /// Digests the sections of `configuration` for the image set with content hash `data_hash`.
    pub fn new(configuration: &Configuration, data_hash: &str) -> Self {
        let Configuration {
            data,
            augment,
            model,
            train,
            task,
        } = configuration;
        let train = Configuration::training_digest(train, *task);
        Self::of_sections(
            [digest(data), digest(augment), digest(model), train],
            data_hash,
        )
    }

    /// Combines the digests of `data`, `augment`, `model` and training
    /// ([`Configuration::training_digest`]).
    pub fn of_sections([data, augment, model, train]: [Digest; 4], data_hash: &str) -> Self {
        let hash = canonical_json(&data_hash);
        let [data, augment, model] = [data, augment, model].map(|d| d.to_hex());
        let before = format!(
            r#"{},{hash},["{data}","{augment}","{model}""#,
            crate::SEMANTICS
        );
        ConfigurationDigest {
            before: before.into(),
            train,
        }
    }

    /// The configuration's id.
    pub fn configuration_id(&self) -> ConfigurationId {
        ConfigurationId(self.combine("configuration", &self.train, None))
    }

    /// The id of the job with this seed and fold.
    pub fn job_id(&self, seed: u64, fold: Option<u32>) -> JobId {
        JobId(self.combine("job", &self.train, Some((seed, fold))))
    }

    /// Key of the training state whose [`Configuration::prefix_digest`] is `prefix`.
    pub fn state_key(&self, prefix: &Digest, seed: u64, fold: Option<u32>) -> StateKey {
        StateKey(self.combine("state", prefix, Some((seed, fold))))
    }

    /// The digest of the canonical JSON of
    /// `(what, SEMANTICS, data_hash, [data, augment, model, train], run)`.
    fn combine(&self, what: &str, train: &Digest, run: Option<(u64, Option<u32>)>) -> String {
        let run = match run {
            None => "null".to_string(),
            Some((seed, None)) => format!("[{seed},null]"),
            Some((seed, Some(fold))) => format!("[{seed},{fold}]"),
        };
        let text = format!(r#"["{what}",{},"{}"],{run}]"#, self.before, train.to_hex());
        short(&hash(&text))
    }
}
