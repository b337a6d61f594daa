//! A job's folder: one worker at a time, one question for ever.

use anyhow::{Context, Result, bail};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::job::Job;
use convsweep_spec::layout;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for a worker that is about to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lock on a job's folder; gone with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Makes the job's folder, locks it, and writes what the job asks, unless it is there already.
///
/// # Errors
/// If the folder cannot be written, another worker holds it, or it belongs to another job.
pub fn enter(job: &Job, given_up: &dyn Fn() -> bool) -> Result<Lock> {
    let folder = &job.execution.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let lock = lock(folder, given_up)?;
    let path = folder.join(layout::JOB);
    let text = canonical_json(&job.question) + "\n";
    match fs::read_to_string(&path) {
        Ok(found) if found == text => {}
        Ok(found) if text.starts_with(&found) => write(&path, &text)?,
        Ok(_) => bail!(
            "{} is another job's: remove the folder if that was left by an older version",
            path.display()
        ),
        Err(_) => write(&path, &text)?,
    }
    Ok(lock)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn lock(folder: &Path, given_up: &dyn Fn() -> bool) -> Result<Lock> {
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE && !given_up() => {
                sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => bail!("another worker holds {}", path.display()),
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
        }
    }
}
