//! Only one program at a time runs in a results folder.

use super::control_files::drop_requests;
use super::holder::{Holder, LockHolder};
use super::range_lock;
use crate::error::RunnerError;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// How long a lock is waited for that nobody claims: a program that looks, as earlier versions do,
/// or one that is being ended by the system.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two attempts.
const INTERVAL: Duration = Duration::from_millis(50);

/// The right to write in a results folder. It is given up when dropped, and by the kernel when its
/// holder dies.
#[derive(Debug)]
pub struct ResultsLock {
    file: File,
    holder: Holder,
}

impl ResultsLock {
    /// Acquires the lock, and makes the folder if it is missing. A holder that died never blocks:
    /// the lock is the kernel's (`flock`), and the file only says who holds it. Requests to a
    /// program that held the lock before are dropped.
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
        let file = options.open(&path).map_err(unusable)?;
        let patience = Instant::now() + PATIENCE;
        while !is_acquired(&file).map_err(unusable)? {
            let holder = Holder::read(&file);
            if holder.as_ref().is_some_and(Holder::may_live) || Instant::now() > patience {
                let holder = LockHolder::of(holder).to_string();
                let path = results.0.clone();
                return Err(RunnerError::ResultsBusy { path, holder });
            }
            std::thread::sleep(INTERVAL);
        }
        let holder = Holder::this_program(range_lock::hold(&file));
        let lock = ResultsLock { file, holder };
        match lock.write_holder() {
            // Without the text, others are only told less. `prune` must work on a full disk.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
            other => other.map_err(unusable)?,
        }
        drop_requests(results);
        tracing::debug!(path = %path.display(), "results lock acquired");
        Ok(lock)
    }

    /// Tells programs that look (`lock_holder`) whether the run is paused, and which of its jobs
    /// have ended an attempt and wait for their next one.
    pub fn publish(&mut self, is_paused: bool, queued: Vec<JobId>) {
        self.holder.is_paused = is_paused;
        self.holder.queued = queued;
        // On failure they know as much as before.
        let _ = self.write_holder();
    }

    /// Writes the text over the old one, so that a reader finds one of the two in the first line.
    fn write_holder(&self) -> io::Result<()> {
        let mut text = serde_json::to_string(&self.holder)?;
        text.push('\n');
        self.file.write_all_at(text.as_bytes(), 0)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for ResultsLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        tracing::debug!("results lock released");
    }
}

/// Whether the lock is ours now.
fn is_acquired(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{host_name, lock_holder};

    #[test]
    fn a_second_program_is_refused_and_told_who_has_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().join("a/b"));
        let lock = ResultsLock::acquire(&results).unwrap();
        let holder = format!("process {} on ", std::process::id());
        let found = lock_holder(&results).unwrap().to_string();
        assert!(found.starts_with(&holder), "{found}");
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

    #[test]
    fn a_lock_that_nobody_claims_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        fs::write(results.lock(), "").unwrap();
        let looking = File::open(results.lock()).unwrap();
        looking.lock_shared().unwrap();
        let unlock = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            drop(looking);
        });
        ResultsLock::acquire(&results).unwrap();
        unlock.join().unwrap();
    }

    #[test]
    fn looking_takes_no_lock() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        assert_eq!(lock_holder(&results), None);
        let lock = ResultsLock::acquire(&results).unwrap();
        let found = lock_holder(&results).unwrap();
        assert!(!found.is_paused && found.queued.is_empty());
        drop(lock);
        let file = File::open(results.lock()).unwrap();
        file.lock_shared().unwrap();
        assert_eq!(lock_holder(&results), None, "a shared lock is a look");
    }

    #[test]
    fn a_pause_is_published() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        let mut lock = ResultsLock::acquire(&results).unwrap();
        let jobs = vec![JobId("a".into()), JobId("b".into())];
        lock.publish(true, jobs.clone());
        let found = lock_holder(&results).unwrap();
        assert!(found.is_paused);
        assert_eq!(found.queued, jobs);
        lock.publish(false, vec![]);
        assert!(!lock_holder(&results).unwrap().is_paused);
    }

    #[test]
    fn the_holder_of_an_earlier_version_is_recognised_by_its_process() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        let write = |pid: u32| {
            let host = host_name();
            let text = format!("{{\"pid\":{pid},\"host\":\"{host}\",\"since\":9e12}}\n");
            fs::write(results.lock(), text).unwrap();
        };
        write(std::process::id());
        let found = lock_holder(&results).unwrap().to_string();
        assert!(found.ends_with("for 0 s"), "the clock has jumped: {found}");
        write(u32::MAX / 4);
        assert_eq!(lock_holder(&results), None, "no such process");
    }

    #[test]
    fn requests_to_a_dead_program_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().to_path_buf());
        let control = dir.path().join(".control");
        fs::create_dir_all(&control).unwrap();
        for name in ["1-2.json", "3-4.json.part"] {
            fs::write(control.join(name), "{\"control\":\"pause\"}").unwrap();
        }
        let _lock = ResultsLock::acquire(&results).unwrap();
        assert_eq!(fs::read_dir(&control).unwrap().count(), 0);
    }
}
