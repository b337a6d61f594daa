//! One program at a time in a results folder.

use crate::error::RunnerError;
use convsweep_spec::words::duration;

use convsweep_spec::layout::ResultsFolder;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// The right to write in a results folder; given back when dropped, and by the kernel when the
/// holder dies.
#[derive(Debug)]
pub struct ResultsLock {
    file: File,
}

/// What the lock's file says about its holder.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    /// Seconds since 1970-01-01 UTC.
    since: f64,
}

impl ResultsLock {
    /// Takes the lock, making the folder where it is missing. A holder that died never blocks: the
    /// lock is the kernel's (`flock`), the file only says who has it.
    ///
    /// # Errors
    /// [`RunnerError::ResultsBusy`] with the holder, [`RunnerError::ResultsUnusable`] for a folder
    /// that cannot be written or locked.
    pub fn acquire(results: &ResultsFolder) -> Result<ResultsLock, RunnerError> {
        fs::create_dir_all(&results.0).map_err(|e| RunnerError::results(&results.0, e))?;
        let path = results.lock();
        let unusable = |e| RunnerError::results(&path, e);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        let mut file = opened.map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunnerError::ResultsBusy {
                    path: results.0.clone(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(e)) => return Err(unusable(e)),
        }
        let me = Holder {
            pid: std::process::id(),
            host: host(),
            since: now(),
        };
        let mut text = serde_json::to_string(&me).map_err(|e| unusable(e.into()))?;
        text.push('\n');
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(unusable)?;
        Ok(ResultsLock { file })
    }
}

/// Who runs in a results folder, in words; `None` where nobody does.
pub fn running(results: &ResultsFolder) -> Option<String> {
    let mut file = File::open(results.lock()).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

impl Drop for ResultsLock {
    fn drop(&mut self) {
        let _ = self.file.rewind();
        let _ = self.file.set_len(0);
    }
}

/// Words for who holds the lock.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    match read
        .ok()
        .and_then(|_| serde_json::from_str::<Holder>(&text).ok())
    {
        Some(Holder { pid, host, since }) => {
            format!(
                "process {pid} on {host}, for {}",
                duration((now() - since).max(0.0))
            )
        }
        None => "another program".to_string(),
    }
}

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Seconds since 1970-01-01 UTC.
pub fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_it_says_who() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().join("a/b"));
        let lock = ResultsLock::acquire(&results).unwrap();
        let error = ResultsLock::acquire(&results).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&format!("process {} on ", std::process::id())),
            "{text}"
        );
        assert_eq!(error.exit_code(), 5);
        drop(lock);
        assert_eq!(fs::read_to_string(results.lock()).unwrap(), "");
        ResultsLock::acquire(&results).unwrap();
    }

    #[test]
    fn a_dead_holders_text_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        fs::write(
            results.lock(),
            "{\"pid\":1,\"host\":\"elsewhere\",\"since\":0}\n and much more garbage",
        )
        .unwrap();
        let _lock = ResultsLock::acquire(&results).unwrap();
        let text = fs::read_to_string(results.lock()).unwrap();
        assert!(
            text.contains(&std::process::id().to_string()) && !text.contains("garbage"),
            "{text}"
        );
    }

    #[test]
    fn a_file_in_the_way_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().join("file"));
        fs::write(&results.0, "").unwrap();
        let error = ResultsLock::acquire(&results).unwrap_err();
        assert!(
            error.to_string().contains("a file is in the way"),
            "{error}"
        );
        assert_eq!(error.exit_code(), 5);
    }
}
