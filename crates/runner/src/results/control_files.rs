//! Telling a run something from another process: one small file each in `<results>/.control`, which
//! the run takes and removes.
//!
//! Files, because they work wherever a results folder does, and wait for nobody.

use crate::error::RunnerError;
use convsweep_files::Durability;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a run is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "kebab-case")]
pub enum ControlRequest {
    /// These jobs: running ones write a checkpoint and end as cancelled, waiting ones do not start
    /// in this run.
    Cancel {
        /// Which.
        jobs: Vec<JobId>,
    },
    /// RunningJob jobs write a checkpoint; nothing starts until [`ControlRequest::Resume`].
    Pause,
    /// Go on.
    Resume,
}

/// Time that a run has to take what it is told.
const PATIENCE: Duration = Duration::from_secs(10);

fn folder(results: &ResultsFolder) -> PathBuf {
    results.0.join(".control")
}

/// Tells the run that holds the results folder; whether it took it.
///
/// # Errors
/// [`RunnerError::ResultsUnusable`].
pub fn tell(results: &ResultsFolder, control: &ControlRequest) -> Result<bool, RunnerError> {
    let folder = folder(results);
    let unusable = |e| RunnerError::results(&folder, e);
    fs::create_dir_all(&folder).map_err(unusable)?;
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_nanos());
    let path = folder.join(format!("{time:020}-{}.json", std::process::id()));
    let text = serde_json::to_string(control).map_err(|e| unusable(e.into()))?;
    convsweep_files::write(&path, text.as_bytes(), Durability::SystemCache)
        .map_err(|error| unusable(error.source))?;
    let since = Instant::now();
    while path.exists() {
        if since.elapsed() > PATIENCE {
            return Ok(fs::remove_file(&path).is_err());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

/// Takes what the run was told, oldest first. Files that cannot be read are removed and passed
/// over.
pub fn take(results: &ResultsFolder) -> Vec<ControlRequest> {
    let Ok(entries) = fs::read_dir(folder(results)) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    paths.iter().filter_map(|path| take_one(path)).collect()
}

fn take_one(path: &Path) -> Option<ControlRequest> {
    let text = fs::read_to_string(path).ok();
    fs::remove_file(path).ok()?;
    serde_json::from_str(&text?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_taken_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().into());
        assert!(take(&results).is_empty());
        let told: Vec<_> = [
            ControlRequest::Pause,
            ControlRequest::Cancel {
                jobs: vec![JobId("a".into())],
            },
            ControlRequest::Resume,
        ]
        .into();
        let teller = std::thread::spawn({
            let (results, told) = (results.clone(), told.clone());
            move || told.iter().all(|control| tell(&results, control).unwrap())
        });
        let mut taken = vec![];
        while taken.len() < 3 {
            taken.extend(take(&results));
        }
        assert!(teller.join().unwrap());
        assert_eq!(taken, told);
        fs::write(dir.path().join(".control/0.json"), "garbage").unwrap();
        assert!(take(&results).is_empty() && !dir.path().join(".control/0.json").exists());
    }
}
