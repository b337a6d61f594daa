//! Only one program at a time runs in a results folder.

use super::unix_time::since_1970;
use crate::error::RunnerError;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::words::duration;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};

/// The right to write in a results folder. It is given up when dropped, and by the kernel when its
/// holder dies.
#[derive(Debug)]
pub struct ResultsLock {
    file: File,
}

impl ResultsLock {
    /// Acquires the lock, and makes the folder if it is missing. A holder that died never blocks:
    /// the lock is the kernel's (`flock`), and the file only says who holds it.
    ///
    /// # Errors
    /// [`RunnerError::ResultsBusy`] with the holder; [`RunnerError::ResultsUnusable`] for a folder
    /// that cannot be written or locked.
    pub fn acquire(results: &ResultsFolder) -> Result<ResultsLock, RunnerError> {
        fs::create_dir_all(&results.0).map_err(|e| RunnerError::results(&results.0, e))?;
        let path = results.lock();
        let unusable = |error| RunnerError::results(&path, error);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunnerError::ResultsBusy {
                    path: results.0.clone(),
                    holder: describe_holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        write_holder(&mut file).map_err(unusable)?;
        tracing::debug!(path = %path.display(), "results lock acquired");
        Ok(ResultsLock { file })
    }
}

impl Drop for ResultsLock {
    fn drop(&mut self) {
        let _ = self.file.rewind();
        let _ = self.file.set_len(0);
        tracing::debug!("results lock released");
    }
}

/// A description of the process that runs in a results folder; `None` if none does.
pub fn lock_holder(results: &ResultsFolder) -> Option<String> {
    let mut file = File::open(results.lock()).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(describe_holder(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Name of this machine.
pub fn host_name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

/// What the lock's file says about its holder.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    /// Seconds since 1970-01-01 UTC.
    since: f64,
}

fn write_holder(file: &mut File) -> io::Result<()> {
    let holder = Holder {
        pid: std::process::id(),
        host: host_name(),
        since: since_1970().as_secs_f64(),
    };
    let mut text = serde_json::to_string(&holder)?;
    text.push('\n');
    file.set_len(0)?;
    file.write_all(text.as_bytes())
}

fn describe_holder(file: &mut File) -> String {
    let mut text = String::new();
    let holder = match file.read_to_string(&mut text) {
        Ok(_) => serde_json::from_str::<Holder>(&text).ok(),
        Err(_) => None,
    };
    let Some(Holder { pid, host, since }) = holder else {
        return "another program".to_string();
    };
    let seconds = since_1970().as_secs_f64() - since;
    format!("process {pid} on {host}, for {}", duration(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_program_is_refused_and_told_who_has_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().join("a/b"));
        let lock = ResultsLock::acquire(&results).unwrap();
        let holder = format!("process {} on ", std::process::id());
        assert!(lock_holder(&results).unwrap().starts_with(&holder));
        let error = ResultsLock::acquire(&results).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&holder), "{text}");
        assert_eq!(error.exit_code(), 5);
        drop(lock);
        assert_eq!(fs::read_to_string(results.lock()).unwrap(), "");
        assert_eq!(lock_holder(&results), None);
        ResultsLock::acquire(&results).unwrap();
    }

    #[test]
    fn the_text_of_a_dead_holder_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        let text = "{\"pid\":1,\"host\":\"elsewhere\",\"since\":0}\n and much more garbage";
        fs::write(results.lock(), text).unwrap();
        let _lock = ResultsLock::acquire(&results).unwrap();
        let text = fs::read_to_string(results.lock()).unwrap();
        assert!(text.contains(&std::process::id().to_string()), "{text}");
        assert!(!text.contains("garbage"), "{text}");
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().join("file"));
        fs::write(&results.0, "").unwrap();
        let error = ResultsLock::acquire(&results).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("a file is in the way"), "{text}");
        assert_eq!(error.exit_code(), 5);
    }
}
