//! Jobs, what identifies them, and the states that they share.

use crate::augment::AugmentSpec;
use crate::canonical::{Digest, canonical_json, digest, hash, short};
use crate::data::DataSpec;
use crate::device::DeviceName;
use crate::model::ModelSpec;
use crate::outcome::Outcome;
use crate::task::{RecordedTraining, Task, read_recorded};
use crate::train::TrainSpec;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
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

/// What a job answers: everything that may change its result, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The configuration.
    pub configuration: Configuration,
    /// Content hash of the image set ([`crate::data::DataFacts::hash`]).
    pub data_hash: String,
    /// Varies initialisation, order of images, augmentation and dropout.
    pub seed: u64,
    /// Which fold validates, for a k-fold split.
    pub fold: Option<u32>,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Identity of a job: 16 hexadecimal characters.
    JobId
}
id! {
    /// Identity of a configuration with its data (seed and fold left out): 16 hexadecimal
    /// characters.
    ConfigurationId
}
id! {
    /// Identity of a training state: 16 hexadecimal characters. Equal keys mean equal bits.
    StateKey
}

/// Digests of a configuration's sections, made once and combined for many jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationDigest {
    /// What stands before the digest of `train` in the canonical text of an id.
    before: Arc<str>,
    train: Digest,
}

impl ConfigurationDigest {
    /// Digests each section of `configuration` over the image set with content hash `data_hash`.
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

    /// From the digests of `data`, `augment`, `model` and training
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

impl Question {
    /// The job's id.
    pub fn job_id(&self) -> JobId {
        ConfigurationDigest::new(&self.configuration, &self.data_hash).job_id(self.seed, self.fold)
    }

    /// The configuration's id.
    pub fn configuration_id(&self) -> ConfigurationId {
        ConfigurationDigest::new(&self.configuration, &self.data_hash).configuration_id()
    }

    /// Key of the training state after `epochs` completed epochs: a hash of all that determines it.
    pub fn state_key(&self, epochs: u32) -> StateKey {
        let digests = ConfigurationDigest::new(&self.configuration, &self.data_hash);
        digests.state_key(
            &self.configuration.prefix_digest(epochs),
            self.seed,
            self.fold,
        )
    }

    /// Keys of every state that this job passes at an epoch's end and could start from, the longest
    /// first.
    pub fn state_keys(&self) -> Vec<(u32, StateKey)> {
        let digests = ConfigurationDigest::new(&self.configuration, &self.data_hash);
        let configuration = &self.configuration;
        let key =
            |epochs| digests.state_key(&configuration.prefix_digest(epochs), self.seed, self.fold);
        let epochs = 1..=configuration.train.epochs();
        epochs.rev().map(|epoch| (epoch, key(epoch))).collect()
    }
}

/// A question with the circumstances of one attempt: what a worker gets, as one JSON line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// [`crate::FORMAT`] of the sender.
    pub format: u32,
    /// Identity; equals `question.job_id()`.
    pub id: JobId,
    /// What is asked.
    pub question: Question,
    /// How it is carried out; no part of the identity.
    pub execution: Execution,
}

/// How an attempt is carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The device.
    pub device: DeviceName,
    /// Threads that share the job's work.
    pub threads: u32,
    /// The job's folder, `results/jobs/<id>`.
    pub folder: PathBuf,
    /// The image sets' folder.
    pub data_cache: PathBuf,
    /// The folder or file that the experiment names, for sources that need one.
    pub data_path: Option<PathBuf>,
    /// The file of the weights that training starts from, for jobs that name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// A saved state of another job to start from, where this job has no checkpoint of its own.
    pub start_from: Option<SavedState>,
    /// How often a checkpoint is written.
    #[serde(default)]
    pub checkpoint_every: CheckpointEvery,
    /// Completed epochs after which the attempt writes a checkpoint and ends as cancelled, to go on
    /// later.
    #[serde(default)]
    pub until: Option<u32>,
}

/// How often a checkpoint is written. The end of a phase and of the job always has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointEvery {
    /// After so many epochs.
    Epochs(u32),
    /// After the step at which so many seconds have passed since the last one.
    Seconds(f64),
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        CheckpointEvery::Epochs(1)
    }
}

/// A training state kept on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The job that saved it.
    pub job: JobId,
    /// Completed epochs.
    pub epoch: u32,
    /// Its key.
    pub key: StateKey,
    /// The folder that holds it.
    pub path: PathBuf,
}

/// What goes down to a worker, one JSON line each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Train this job, then say `Ended` and wait for the next command.
    Train(Box<Job>),
    /// Stop the running job at the next step, after writing a checkpoint; then say `Ended` with
    /// this outcome.
    Stop {
        /// Why: cancelled unless it says otherwise.
        #[serde(
            rename = "as",
            default = "cancelled",
            skip_serializing_if = "is_cancelled"
        )]
        outcome: Outcome,
    },
}

impl Command {
    /// To go on later.
    pub const CANCEL: Command = Command::Stop {
        outcome: Outcome::Cancelled,
    };
}

fn cancelled() -> Outcome {
    Outcome::Cancelled
}

fn is_cancelled(outcome: &Outcome) -> bool {
    *outcome == Outcome::Cancelled
}
