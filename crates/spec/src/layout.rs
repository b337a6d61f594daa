//! Paths within a results folder. Nothing here accesses a disk.

use crate::id::JobId;
use std::path::{Path, PathBuf};

/// A results folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsFolder(pub PathBuf);

impl ResultsFolder {
    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("convsweep.sqlite")
    }

    /// The lock file of the program that is training here.
    pub fn lock(&self) -> PathBuf {
        self.0.join(".lock")
    }

    /// Folder of all jobs.
    pub fn jobs(&self) -> PathBuf {
        self.0.join("jobs")
    }

    /// Folder of one job.
    pub fn job(&self, id: &JobId) -> PathBuf {
        self.jobs().join(&id.0)
    }

    /// Folder of one experiment.
    pub fn experiment(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Log of one experiment.
    pub fn experiment_log(&self, name: &str) -> PathBuf {
        self.experiment(name).join(EXPERIMENT_LOG)
    }
}

/// File name of an experiment's log.
pub const EXPERIMENT_LOG: &str = "log.jsonl";
/// File name of an experiment's log for people: versions, machine, command and events of each run.
pub const RUN_LOG: &str = "run.log";
/// File name of a job's event log, in its folder.
pub const EVENTS: &str = "events.jsonl";
/// File name of a job's resolved question (canonical JSON of [`crate::job::Question`]).
pub const JOB: &str = "job.json";
/// File name of the trained network's weights (safetensors).
pub const MODEL: &str = "model.safetensors";
/// File name of the kernels that computed each layer, and why: a JSON list of `layer`, `kernel`,
/// `reason`.
pub const KERNELS: &str = "kernels.json";
/// File name of the result of a learning-rate range test: [`crate::range::RangeResult`] as JSON.
pub const RANGE: &str = "range.json";
/// File name of the predictions: safetensors with, for `P` in `validation`, `test`: `P.index` u32
/// (position in the source), `P.label` u16, `P.predicted` u16, `P.probability` f32
/// `[images, classes]`; and for `test`, or `validation` if there is no test part:
/// `P.thumbnail_rows` u32 (rows of `P`) and `P.thumbnails` u8 `[rows, channels, height, width]`.
pub const PREDICTIONS: &str = "predictions.safetensors";
/// File name of the worker's stderr, in a job's folder.
pub const STDERR: &str = "stderr.log";
/// Folder of the newest checkpoint, in a job's folder.
pub const CHECKPOINT: &str = "checkpoint";
/// Folder of the saved training states, in a job's folder.
pub const STATES: &str = "states";

/// Path of the training state saved after `epoch` epochs, relative to the job's folder.
pub fn state(epoch: u32) -> PathBuf {
    Path::new(STATES).join(format!("epoch-{epoch}"))
}
