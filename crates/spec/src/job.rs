//! Jobs: what is trained, and the circumstances of an attempt at it.

use crate::configuration::{Configuration, ConfigurationDigest};
use crate::data::ImageLimits;
use crate::device::DeviceName;
use crate::id::{ConfigurationId, JobId, StateKey};
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What a job is asked to find out: everything that may change its result, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The configuration.
    pub configuration: Configuration,
    /// Content hash of the image set ([`crate::data::DataFacts::hash`]).
    pub data_hash: String,
    /// Seed of initialisation, image order, augmentation and dropout.
    pub seed: u64,
    /// The fold used for validation, for a k-fold split.
    pub fold: Option<u32>,
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

    /// Key of the training state after `epochs` completed epochs: a hash of everything that
    /// determines it.
    pub fn state_key(&self, epochs: u32) -> StateKey {
        let digests = ConfigurationDigest::new(&self.configuration, &self.data_hash);
        digests.state_key(
            &self.configuration.prefix_digest(epochs),
            self.seed,
            self.fold,
        )
    }

    /// Keys of the states that this job could start from, one for each of its epochs, longest
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

/// A question together with the circumstances of one attempt. Workers receive it as one JSON line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// [`crate::FORMAT`] of the sender.
    pub format: u32,
    /// Identity; equals `question.job_id()`.
    pub id: JobId,
    /// What is asked.
    pub question: Question,
    /// How the attempt is carried out; not part of the job's identity.
    pub execution: Execution,
}

/// How an attempt is carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The device.
    pub device: DeviceName,
    /// Number of threads.
    pub threads: u32,
    /// The job's folder, `results/jobs/<id>`.
    pub folder: PathBuf,
    /// The folder that those of all jobs are in, as it was when the run began: another one in its
    /// place, such as an empty mount point, is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs_folder: Option<FolderIdentity>,
    /// Folder of the cached image sets.
    pub data_cache: PathBuf,
    /// The user's image folder or CSV file, for sources that have one.
    pub data_path: Option<PathBuf>,
    /// The largest of the user's image files that is read.
    #[serde(default, skip_serializing_if = "ImageLimits::is_default")]
    pub image_limits: ImageLimits,
    /// File of the initial weights, for jobs that start from trained ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// Another job's saved state to start from if this job has no checkpoint of its own.
    pub start_from: Option<SavedState>,
    /// How often a checkpoint is written.
    #[serde(default)]
    pub checkpoint_every: CheckpointEvery,
    /// Number of completed epochs after which the attempt writes a checkpoint and ends as
    /// cancelled, to be continued later.
    #[serde(default)]
    pub until: Option<u32>,
    /// From this epoch on, the attempt waits after each epoch that it reports until
    /// [`crate::command::Command::Continue`] or a stop arrives: a rule judges the epoch, and what
    /// the job trains does not depend on how fast its worker is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_from: Option<u32>,
}

/// What tells a folder from another one at the same path, while it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderIdentity {
    /// Number of the file system's device.
    pub device: u64,
    /// Number of the folder in the file system.
    pub inode: u64,
}

impl FolderIdentity {
    /// That of the file or folder with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        FolderIdentity {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// How often a checkpoint is written, besides at the end of each phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointEvery {
    /// Every this many epochs.
    Epochs(u32),
    /// After the first step at which this many seconds have passed since the last checkpoint.
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
    /// Its folder.
    pub path: PathBuf,
}
