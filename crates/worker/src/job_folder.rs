//! A job's folder: locked by one worker at a time, and always of the same question.

use anyhow::{Context, Result, bail};
use convsweep_files::{
    Durability, FileError, is_absence, open_regular, read_line, read_regular, write,
};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::event::Envelope;
use convsweep_spec::job::{FolderIdentity, Job};
use convsweep_spec::layout;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, ErrorKind};
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
    jobs: Option<JobsFolder>,
}

/// The folder that those of all jobs are in, and what it was when the run began.
#[derive(Debug)]
struct JobsFolder {
    path: PathBuf,
    expected: FolderIdentity,
}

impl JobLock {
    /// Refuses to write where another folder is in the place of the one that was locked, such as
    /// the mount point of a disk that went away.
    pub fn is_there(&self) -> Result<(), FileError> {
        if let Some(jobs) = &self.jobs {
            jobs.is_there()?;
        }
        let locked = self.file.metadata();
        let locked = FolderIdentity::of(&locked.map_err(FileError::at("look at", &self.path))?);
        if found(&self.path)? == Some(locked) {
            return Ok(());
        }
        let message = "the folder of the job was removed or exchanged while the job trained";
        let error = io::Error::new(ErrorKind::NotFound, message);
        Err(FileError::at("write beside", &self.path)(error))
    }
}

impl JobsFolder {
    fn of(job: &Job) -> Option<JobsFolder> {
        let path = job.execution.folder.parent()?.to_owned();
        let expected = job.execution.jobs_folder?;
        Some(JobsFolder { path, expected })
    }

    /// Refuses a folder of jobs that is not the one that the program has found.
    fn is_there(&self) -> Result<(), FileError> {
        if found(&self.path)? == Some(self.expected) {
            return Ok(());
        }
        let message = "the folder of the jobs is no longer the one that it was when the run began";
        let error = io::Error::new(ErrorKind::StaleNetworkFileHandle, message);
        Err(FileError::at("write in", &self.path)(error))
    }
}

/// What is at this path; `None` if nothing is.
fn found(path: &Path) -> Result<Option<FolderIdentity>, FileError> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(FolderIdentity::of(&found))),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(FileError::at("look at", path)(error)),
    }
}

/// Whether an error says that nothing is there, also because its disk went away.
fn is_gone(error: &io::Error) -> bool {
    is_absence(error) || error.kind() == ErrorKind::StaleNetworkFileHandle
}

/// Creates the job's folder, locks it, and writes the job's question unless it is there already. A
/// damaged question in a folder whose log is that of this job is written anew. Waiting for the lock
/// ends early once `is_given_up` says so.
///
/// # Errors
/// If the folder cannot be written, is locked by another worker, or belongs to another job.
pub fn enter(job: &Job, is_given_up: &dyn Fn() -> bool) -> Result<JobLock> {
    let folder = &job.execution.folder;
    let jobs = JobsFolder::of(job);
    jobs.as_ref().map_or(Ok(()), JobsFolder::is_there)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (file, path) = lock(folder, is_given_up)?;
    let lock = JobLock { file, path, jobs };
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

fn lock(folder: &Path, is_given_up: &dyn Fn() -> bool) -> Result<(File, PathBuf)> {
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok((file, path)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lock of a job in a folder of jobs.
    fn locked(jobs: &Path) -> JobLock {
        let folder = jobs.join("a");
        fs::create_dir_all(&folder).expect("makes");
        let (file, path) = lock(&folder, &|| false).expect("locks");
        let jobs = JobsFolder {
            path: jobs.to_owned(),
            expected: FolderIdentity::of(&fs::metadata(jobs).expect("is there")),
        };
        let jobs = Some(jobs);
        JobLock { file, path, jobs }
    }

    #[test]
    fn one_folder_that_is_removed_is_told_from_a_disk_that_went_away() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let jobs = folder.path().join("jobs");
        let lock = locked(&jobs);
        lock.is_there().expect("is there");
        let check = |kind: ErrorKind, expected: &str| {
            let error = lock.is_there().expect_err("is refused");
            assert_eq!(error.source.kind(), kind);
            assert!(error.to_string().contains(expected), "{error}");
        };
        fs::remove_file(jobs.join("a/.lock")).expect("removes");
        check(ErrorKind::NotFound, "the folder of the job was removed");
        fs::remove_dir(jobs.join("a")).expect("removes");
        check(ErrorKind::NotFound, "the folder of the job was removed");
        fs::rename(&jobs, folder.path().join("old")).expect("renames");
        fs::create_dir(&jobs).expect("makes");
        check(ErrorKind::StaleNetworkFileHandle, "the folder of the jobs");
    }
}
