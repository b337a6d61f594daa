//! How the allocations of submissions stand.

use super::submission::Submission;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_files::{Durability, FileError, is_absence, read_regular, write_shared};
use convsweep_slurm::{QueuedAllocation, SlurmError, cluster};
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Time in seconds within which the cluster is not asked again, by whatever command of the user:
/// its controller serves everybody.
const FRESH: f64 = 30.0;

/// Largest answer in bytes that is kept.
const LARGEST: u64 = 16 << 20;

/// What is said of an allocation that is not in the queue, although its program has not ended.
const GONE: &str = "is not in the queue, and its program has not said why: the same command \
    continues, and its log may tell more";

/// How an allocation stands that has not ended its work.
#[derive(Clone, Debug)]
pub struct AllocationState {
    /// The submission.
    pub submission: Submission,
    /// How it stands, in words.
    pub words: String,
    /// Slurm's word for it, such as `PENDING`, if it is in the queue.
    pub state: Option<String>,
}

/// The allocations of an experiment, or of all, that have not ended their work, oldest first. The
/// queue is asked for only if there is one. `cache` is a folder of the user's.
///
/// # Errors
/// If the submissions cannot be read. A cluster that does not answer is told in words.
pub fn allocations(
    results: &ResultsFolder,
    experiment: Option<&str>,
    cache: Option<&Path>,
) -> Result<Vec<AllocationState>> {
    let experiments = match experiment {
        Some(name) => vec![name.to_string()],
        None => folders(results)?,
    };
    let mut open = Vec::new();
    for name in experiments {
        let submissions = Submission::all(results, &name)?;
        let newest = submissions.len().saturating_sub(1);
        for (place, submission) in submissions.into_iter().enumerate() {
            let end = Submission::end(&submission.folder(results));
            if end.is_none_or(|end| end.continues || end.exit_code == Exit::Interrupted as u8) {
                // What became of an earlier one no longer matters.
                let must_be_there = place == newest && end.is_none();
                open.push((submission, must_be_there));
            }
        }
    }
    if open.is_empty() {
        return Ok(vec![]);
    }
    let lines = queue(cache);
    let mut states = Vec::new();
    for (submission, must_be_there) in open {
        let (words, state) = match &lines {
            Ok(lines) => {
                let mut lines = lines.iter();
                match lines.find(|line| line.comment == submission.token) {
                    Some(line) => (line.words(), Some(line.state.clone())),
                    None if must_be_there => (GONE.to_string(), None),
                    // It was ended by hand, or by a limit: the same command continues.
                    None => continue,
                }
            }
            Err(error) => (error.to_string(), None),
        };
        states.push(AllocationState {
            submission,
            words,
            state,
        });
    }
    Ok(states)
}

/// Names of the folders directly in the results folder.
fn folders(results: &ResultsFolder) -> Result<Vec<String>> {
    let entries = match fs::read_dir(&results.0) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(vec![]),
        Err(error) => return Err(FileError::at("read", &results.0)(error)).code(Exit::Results),
    };
    let mut names = Vec::new();
    for entry in entries.flatten() {
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The user's allocations, asked for at most once in a while.
fn queue(cache: Option<&Path>) -> Result<Vec<QueuedAllocation>, SlurmError> {
    let path = cache.map(|folder| folder.join("squeue.txt"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0.0, |time| time.as_secs_f64());
    if let Some(kept) = path.as_deref().and_then(|path| kept(path, now)) {
        return Ok(convsweep_slurm::parse_queue(&kept));
    }
    let text = cluster::queue_text()?;
    if let Some(path) = path {
        // Without it the next command asks again.
        _ = write_shared(
            &path,
            format!("{now}\n{text}").as_bytes(),
            Durability::SystemCache,
        );
    }
    Ok(convsweep_slurm::parse_queue(&text))
}

/// An answer that was kept a moment ago.
fn kept(path: &Path, now: f64) -> Option<String> {
    let text = String::from_utf8(read_regular(path, LARGEST).ok()?).ok()?;
    let (time, answer) = text.split_once('\n')?;
    let age = now - time.parse::<f64>().ok()?;
    (0.0..FRESH).contains(&age).then(|| answer.to_string())
}
