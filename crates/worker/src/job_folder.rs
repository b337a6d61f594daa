//! A job's folder: locked by one worker at a time, and always of the same question.

use anyhow::{Context, Result, bail};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::job::Job;
use convsweep_spec::layout;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for another worker that is about to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The lock on a job's folder; the operating system releases it however the process ends.
#[derive(Debug)]
pub struct JobLock {
    _file: File,
}

/// Creates the job's folder, locks it, and writes the job's question unless it is there already.
/// Waiting for the lock ends early once `is_given_up` says so.
///
/// # Errors
/// If the folder cannot be written, is locked by another worker, or belongs to another job.
pub fn enter(job: &Job, is_given_up: &dyn Fn() -> bool) -> Result<JobLock> {
    let folder = &job.execution.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let lock = lock(folder, is_given_up)?;
    write_question(job, &folder.join(layout::JOB))?;
    Ok(lock)
}

fn write_question(job: &Job, path: &Path) -> Result<()> {
    let text = canonical_json(&job.question) + "\n";
    let shown = path.display();
    match fs::read_to_string(path) {
        Ok(found) if found == text => return Ok(()),
        // A beginning of it was left by a worker that died.
        Ok(found) if !text.starts_with(&found) => {
            bail!("{shown} belongs to another job: remove the folder if an older version left it")
        }
        Ok(_) | Err(_) => {}
    }
    fs::write(path, text).with_context(|| format!("cannot write {shown}"))
}

fn lock(folder: &Path, is_given_up: &dyn Fn() -> bool) -> Result<JobLock> {
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(JobLock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                if started.elapsed() >= LOCK_TIMEOUT || is_given_up() {
                    bail!("another worker has locked {}", path.display());
                }
                sleep(LOCK_RETRY_INTERVAL);
            }
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
        }
    }
}
