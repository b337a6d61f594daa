//! Jobs whose files are damaged: most have to be trained again.

use super::fault::FileFault;
use super::verify::Verifier;
use crate::exit::{Code, Exit};
use anyhow::{Context, Result};
use convsweep_files::{Durability, write};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::outcome::DAMAGED;
use convsweep_store::{Database, JobState};
use std::fs;
use std::path::{Path, PathBuf};

/// A job with damaged files.
#[derive(Debug)]
pub struct DamagedJob {
    /// The job.
    pub job: JobId,
    /// Why, each as a sentence that begins with the file.
    pub problems: Vec<String>,
    /// What the job asks, if only the file of its question is wrong: then that file is to be
    /// written again, and nothing to be trained.
    pub question: Option<Question>,
}

/// Those of the jobs whose log, question or, once they have finished, files are damaged. An
/// unfinished job gets by without its states: it begins at an older one.
///
/// # Errors
/// If the database cannot be read.
pub fn damaged_jobs(
    results: &ResultsFolder,
    database: &Database,
    jobs: &[JobId],
) -> Result<Vec<DamagedJob>> {
    let states = database.job_states(jobs).code(Exit::Results)?;
    let mut damaged = Vec::new();
    for job in jobs {
        if let Some(state) = states.get(job) {
            damaged.extend(damage(results, database, job, state)?);
        }
    }
    Ok(damaged)
}

/// What is wrong with a job; `None` if nothing is.
fn damage(
    results: &ResultsFolder,
    database: &Database,
    job: &JobId,
    state: &JobState,
) -> Result<Option<DamagedJob>> {
    let has_damaged_log = state.outcome.as_deref() == Some(DAMAGED);
    if state.attempts == 0 && !has_damaged_log {
        return Ok(None);
    }
    let mut verifier = Verifier::new(results);
    verifier.question(job, state.finished);
    if state.finished {
        let files = database.kept_files(std::slice::from_ref(job));
        let files = files.code(Exit::Results)?;
        files.iter().for_each(|file| verifier.file(file));
    }
    let faults = verifier.faults;
    if faults.is_empty() && !has_damaged_log {
        return Ok(None);
    }
    let mut problems: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if has_damaged_log {
        problems.push(format!("jobs/{job}/{}", state.detail));
    }
    let is_question = |fault: &FileFault| fault.path == Path::new(layout::JOB);
    // Without its log, nothing of a finished job is known to be sound.
    let has_log = results.job(job).join(layout::EVENTS).exists();
    let question = match has_log && !has_damaged_log && faults.iter().all(is_question) {
        true => database.question(job).code(Exit::Results)?,
        false => None,
    };
    Ok(Some(DamagedJob {
        job: job.clone(),
        problems,
        question: question.filter(|question| question.job_id() == *job),
    }))
}

/// Writes the file of a job's question again.
///
/// # Errors
/// If the operating system refuses.
pub fn write_question(results: &ResultsFolder, question: &Question) -> Result<()> {
    let path = results.job(&question.job_id()).join(layout::JOB);
    let text = canonical_json(question) + "\n";
    Ok(write(&path, text.as_bytes(), Durability::Content)?)
}

/// Moves a job's folder to the folder of damaged ones, and says where it is now; `None` if the job
/// has none. Nothing is deleted.
///
/// # Errors
/// If the operating system refuses.
pub fn set_aside(results: &ResultsFolder, job: &JobId) -> Result<Option<PathBuf>> {
    let folder = results.job(job);
    if !folder.exists() {
        return Ok(None);
    }
    let damaged = results.damaged();
    fs::create_dir_all(&damaged).with_context(|| format!("cannot create {}", damaged.display()))?;
    let mut free = (1..).map(|n: u32| damaged.join(format!("{job}-{n}")));
    let target = free
        .find(|target| !target.exists())
        .unwrap_or_else(|| damaged.join(&job.0));
    fs::rename(&folder, &target).with_context(|| {
        let (from, to) = (folder.display(), target.display());
        format!("cannot move {from} to {to}")
    })?;
    Ok(Some(target))
}
