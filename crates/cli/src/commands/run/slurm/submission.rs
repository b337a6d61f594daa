//! What is known of a run that was handed to a cluster: a folder with its batch script, its logs
//! and, in `submission.json`, what the allocation is to do and what has become of it.

use crate::exit::{Code, Exit};
use crate::planning::frozen_files::FrozenFiles;
use anyhow::Result;
use convsweep_files::{Durability, FileError, is_absence, read_regular, write};
use convsweep_spec::layout::ResultsFolder;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Largest `submission.json` in bytes that is read: it holds the texts of the experiment's files.
const LARGEST: u64 = 64 << 20;

/// A run that was handed to a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// What tells it from others.
    pub token: String,
    /// The experiment.
    pub experiment: String,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub submitted: f64,
    /// The version of the program that made it.
    pub version: String,
    /// The experiment's files at that time.
    pub files: FrozenFiles,
    /// How often its allocation may go back to the queue.
    pub requeue: u32,
    /// The id that Slurm gave the allocation; `None` while it was being handed over.
    pub allocation: Option<String>,
}

/// How the program ended in an allocation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AllocationEnd {
    /// Its exit code.
    pub exit_code: u8,
    /// How often the allocation had gone back to the queue before.
    pub requeued: u32,
    /// Whether it goes back to the queue once more.
    pub continues: bool,
}

impl Submission {
    /// A new one, of this program.
    pub fn new(experiment: &str, files: FrozenFiles, requeue: u32) -> Submission {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Submission {
            token: format!("{:08x}", RandomState::new().hash_one(()) as u32),
            experiment: experiment.to_string(),
            submitted: since_epoch.map_or(0.0, |time| time.as_secs_f64()),
            version: env!("CARGO_PKG_VERSION").to_string(),
            files,
            requeue,
            allocation: None,
        }
    }

    /// Its folder.
    pub fn folder(&self, results: &ResultsFolder) -> PathBuf {
        results.submissions(&self.experiment).join(&self.token)
    }

    /// The file of its batch script.
    pub fn script(folder: &Path) -> PathBuf {
        folder.join("script.sh")
    }

    /// The folder of its logs.
    pub fn logs(folder: &Path) -> PathBuf {
        folder.join("logs")
    }

    /// Writes it into its folder, which is made.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn keep(&self, results: &ResultsFolder) -> Result<PathBuf> {
        let folder = self.folder(results);
        let logs = Submission::logs(&folder);
        let made = fs::create_dir_all(&logs).map_err(FileError::at("create", &logs));
        made.code(Exit::Results)?;
        keep(&folder.join("submission.json"), self)?;
        Ok(folder)
    }

    /// The submission of this folder.
    ///
    /// # Errors
    /// If there is none that can be read.
    pub fn read(folder: &Path) -> Result<Submission> {
        let path = folder.join("submission.json");
        let bytes = read_regular(&path, LARGEST).code(Exit::Results)?;
        let damaged = |error| format!("{} cannot be read: {error}", path.display());
        serde_json::from_slice(&bytes)
            .map_err(damaged)
            .code(Exit::Results)
    }

    /// All submissions of an experiment, oldest first. Those that cannot be read are left out: an
    /// interruption may have left one behind, and nothing depends on it.
    ///
    /// # Errors
    /// If the folder of submissions cannot be read.
    pub fn all(results: &ResultsFolder, experiment: &str) -> Result<Vec<Submission>> {
        let folder = results.submissions(experiment);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absence(&error) => return Ok(vec![]),
            Err(error) => return Err(FileError::at("read", &folder)(error)).code(Exit::Results),
        };
        let mut submissions = Vec::new();
        for entry in entries.flatten() {
            if let Ok(submission) = Submission::read(&entry.path()) {
                submissions.push(submission);
            }
        }
        submissions.sort_by(|a, b| a.submitted.total_cmp(&b.submitted));
        Ok(submissions)
    }

    /// How its allocation ended last; `None` if it has not.
    pub fn end(folder: &Path) -> Option<AllocationEnd> {
        let bytes = read_regular(&folder.join("end.json"), LARGEST).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

impl AllocationEnd {
    /// Writes it into the folder of the submission.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        keep(&folder.join("end.json"), self)
    }
}

fn keep(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    write(path, text.as_bytes(), Durability::ContentAndName).code(Exit::Results)
}
