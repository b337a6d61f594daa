//! A job's folder: locked by one worker at a time, and always of the same question.

use anyhow::{Context, Result, bail};
use convsweep_files::{Durability, FileError, open_regular, read_line, read_regular, write};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::event::Envelope;
use convsweep_spec::job::Job;
use convsweep_spec::layout;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for another worker that is about to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest question in bytes that is read.
const LARGEST_QUESTION: u64 = 64 << 20;

/// Longest first line of a log in bytes that is read to find out whose it is.
const LONGEST_FIRST_LINE: u64 = 1 << 16;

const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The lock on a job's folder; the operating system releases it however the process ends.
#[derive(Debug)]
pub struct JobLock {
    file: File,
    path: PathBuf,
}

impl JobLock {
    /// Refuses to write where another folder is in the place of the one that was locked, such as
    /// the mount point of a disk that went away.
    pub fn is_there(&self) -> Result<(), FileError> {
        let held = self.file.metadata().map(|file| (file.dev(), file.ino()));
        let found = fs::metadata(&self.path).map(|file| (file.dev(), file.ino()));
        match (held, found) {
            (Ok(held), Ok(found)) if held == found => Ok(()),
            (Ok(_), Err(error)) if !is_absence(&error) => {
                Err(FileError::at("look at", &self.path)(error))
            }
            _ => Err(gone(&self.path)),
        }
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
    )
}

/// The error of a write where the folder of the jobs is another one than it was, or none.
fn gone(path: &Path) -> FileError {
    let message = "the folder of the jobs is no longer the one that it was when the run began";
    let error = io::Error::new(ErrorKind::StaleNetworkFileHandle, message);
    FileError::at("write beside", path)(error)
}

/// Refuses a folder of jobs that is not the one that the program has found.
fn require_jobs_folder(job: &Job) -> Result<()> {
    let folder = &job.execution.folder;
    let Some((expected, jobs)) = job.execution.jobs_folder.zip(folder.parent()) else {
        return Ok(());
    };
    match fs::metadata(jobs) {
        Ok(found) if (found.dev(), found.ino()) == (expected.device, expected.inode) => Ok(()),
        Err(error) if !is_absence(&error) => Err(FileError::at("look at", jobs)(error).into()),
        _ => Err(gone(folder).into()),
    }
}

/// Creates the job's folder, locks it, and writes the job's question unless it is there already. A
/// damaged question in a folder whose log is that of this job is written anew. Waiting for the lock
/// ends early once `is_given_up` says so.
///
/// # Errors
/// If the folder cannot be written, is locked by another worker, or belongs to another job.
pub fn enter(job: &Job, is_given_up: &dyn Fn() -> bool) -> Result<JobLock> {
    let folder = &job.execution.folder;
    require_jobs_folder(job)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let lock = lock(folder, is_given_up)?;
    write_question(job, &folder.join(layout::JOB))?;
    Ok(lock)
}

/// Whatever stands in its place, apart from a folder, is replaced. Its name is on the disk with
/// that of the log, at the latest.
fn write_question(job: &Job, path: &Path) -> Result<()> {
    let text = canonical_json(&job.question) + "\n";
    let shown = path.display();
    match read_regular(path, LARGEST_QUESTION) {
        Ok(found) if found == text.as_bytes() => return Ok(()),
        // A beginning of it was left by a worker that died.
        Ok(found) if text.as_bytes().starts_with(&found) => {}
        Ok(_) if !has_log_of(job) => {
            bail!("{shown} belongs to another job: remove the folder if an older version left it")
        }
        Ok(_) => {
            tracing::warn!(
                "{shown} is damaged and is written anew: the log beside it is this job's"
            );
        }
        Err(_) => {}
    }
    Ok(write(path, text.as_bytes(), Durability::Content)?)
}

/// Whether the log in the job's folder begins with an event of this job.
fn has_log_of(job: &Job) -> bool {
    let mut line = Vec::new();
    let Ok((log, _)) = open_regular(&job.execution.folder.join(layout::EVENTS)) else {
        return false;
    };
    let read = read_line(&mut BufReader::new(log), &mut line, LONGEST_FIRST_LINE);
    let first = serde_json::from_slice::<Envelope>(&line);
    read.is_ok() && first.is_ok_and(|event| event.job == job.id)
}

fn lock(folder: &Path, is_given_up: &dyn Fn() -> bool) -> Result<JobLock> {
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(JobLock { file, path }),
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
