//! Requests to a run from other processes: each is one small file in `<results>/.control`, which
//! the run takes and removes.
//!
//! Files, because they work wherever a results folder does, and need no process to listen.

use super::holder::lock_holder;
use super::unix_time::since_1970;
use crate::error::RunnerError;
use convsweep_files::Durability;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A request to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "kebab-case")]
pub enum ControlRequest {
    /// Running jobs write a checkpoint and end as cancelled, waiting ones do not start in this run.
    Cancel {
        /// The jobs.
        jobs: Vec<JobId>,
    },
    /// Running jobs write a checkpoint, and nothing starts until [`ControlRequest::Resume`].
    Pause,
    /// Continue after a pause.
    Resume,
}

/// Time that a run has to take a request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a request to the run that holds the results folder; `false` if the run did not take it.
///
/// # Errors
/// [`RunnerError::ResultsUnusable`].
pub fn send_control(
    results: &ResultsFolder,
    request: &ControlRequest,
) -> Result<bool, RunnerError> {
    let receiver = lock_holder(results);
    let folder = folder(results);
    let path = put(&folder, request).map_err(|error| RunnerError::results(&folder, error))?;
    let start = Instant::now();
    while path.exists() {
        let has_ended = receiver.is_some() && lock_holder(results).is_none();
        if has_ended || start.elapsed() > TIMEOUT {
            // If the file is gone now, the run took it at the last moment.
            return Ok(fs::remove_file(&path).is_err());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // Another run, if one has started meanwhile, drops requests that are not meant for it.
    let holders = receiver.zip(lock_holder(results));
    Ok(holders.is_none_or(|(before, now)| before.is_same(&now)))
}

/// Removes requests that were sent to a run which has ended. The program must hold the
/// [`crate::ResultsLock`].
pub(super) fn drop_requests(results: &ResultsFolder) {
    for entry in fs::read_dir(folder(results))
        .into_iter()
        .flatten()
        .flatten()
    {
        // A request that stays would be carried out by this run; there is no more that could be
        // done about it.
        let _ = fs::remove_file(entry.path());
    }
}

/// Takes the pending requests, oldest first. Files that cannot be read are removed and ignored.
pub fn take_controls(results: &ResultsFolder) -> Vec<ControlRequest> {
    let Ok(entries) = fs::read_dir(folder(results)) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    paths.iter().filter_map(|path| take(path)).collect()
}

fn folder(results: &ResultsFolder) -> PathBuf {
    results.0.join(".control")
}

/// Writes the request's file; its name begins with the time, so that requests keep their order.
fn put(folder: &Path, request: &ControlRequest) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let time = since_1970().as_nanos();
    let path = folder.join(format!("{time:020}-{}.json", std::process::id()));
    let text = serde_json::to_string(request)?;
    let written = convsweep_files::write(&path, text.as_bytes(), Durability::SystemCache);
    written.map_err(|error| error.source)?;
    Ok(path)
}

fn take(path: &Path) -> Option<ControlRequest> {
    let text = fs::read_to_string(path);
    fs::remove_file(path).ok()?;
    serde_json::from_str(&text.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().into());
        assert!(take_controls(&results).is_empty());
        let jobs = vec![JobId("a".into())];
        let sent = vec![
            ControlRequest::Pause,
            ControlRequest::Cancel { jobs },
            ControlRequest::Resume,
        ];
        let sender = std::thread::spawn({
            let (results, sent) = (results.clone(), sent.clone());
            move || {
                sent.iter()
                    .all(|request| send_control(&results, request).unwrap())
            }
        });
        let mut taken = vec![];
        while taken.len() < 3 {
            taken.extend(take_controls(&results));
        }
        assert!(sender.join().unwrap());
        assert_eq!(taken, sent);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().into());
        let path = dir.path().join(".control/0.json");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "garbage").unwrap();
        assert!(take_controls(&results).is_empty());
        assert!(!path.exists());
    }
}
