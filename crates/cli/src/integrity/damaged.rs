//! Jobs whose files are damaged: most have to be trained again.

use super::fault::FileFault;
use super::verify::Verifier;
use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_files::{Durability, write};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::outcome::DAMAGED;
use convsweep_store::{Database, JobState};
use std::path::Path;

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
/// If the database or any of the files cannot be read: then nothing is known of it.
pub fn damaged_jobs(
    results: &ResultsFolder,
    database: &Database,
    jobs: &[JobId],
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<DamagedJob>> {
    let states = database.job_states(jobs).code(Exit::Results)?;
    let mut damaged = Vec::new();
    for (read, job) in jobs.iter().enumerate() {
        progress(read as u64, jobs.len() as u64);
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
    if let Some(unread) = faults.iter().find_map(unread_message) {
        return Err(failure(Exit::Results, unread));
    }
    if faults.is_empty() && !has_damaged_log {
        return Ok(None);
    }
    let mut problems: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if has_damaged_log {
        problems.push(format!("jobs/{job}/{}", state.detail));
    }
    let is_question = |fault: &FileFault| fault.path == Path::new(layout::JOB);
    // Without its log, nothing of a finished job is known to be sound.
    let has_log = results.job(job).join(layout::EVENTS).is_file();
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

/// Why nothing is set aside, if a file could not be read.
fn unread_message(fault: &FileFault) -> Option<String> {
    let remedy = fault.unread_remedy()?;
    Some(format!(
        "{fault}: whether the job is damaged is not known, and nothing was set aside; {remedy} \
        (if the file is lost for good, remove it first)"
    ))
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
