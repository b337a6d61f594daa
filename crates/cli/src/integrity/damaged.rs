//! Jobs that have to be trained again because their files are damaged.

use super::verify::Verifier;
use crate::exit::{Code, Exit};
use anyhow::{Context, Result};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::Database;
use std::fs;
use std::path::PathBuf;

/// A job that has to be trained again.
#[derive(Debug)]
pub struct DamagedJob {
    /// The job.
    pub job: JobId,
    /// Why, each as a sentence's beginning with the file.
    pub problems: Vec<String>,
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
        let Some(state) = states.get(job) else {
            continue;
        };
        let has_damaged_log = state.outcome.as_deref() == Some("damaged");
        if state.attempts == 0 && !has_damaged_log {
            continue;
        }
        let mut verifier = Verifier::new(results);
        if results.job(job).exists() || state.finished {
            verifier.question(job);
        }
        if state.finished {
            let files = database.kept_files(std::slice::from_ref(job));
            files
                .code(Exit::Results)?
                .iter()
                .for_each(|file| verifier.file(file));
        }
        let mut problems: Vec<String> = verifier.faults.iter().map(ToString::to_string).collect();
        if has_damaged_log {
            problems.push(format!("jobs/{job}/{}", state.detail));
        }
        if !problems.is_empty() {
            damaged.push(DamagedJob {
                job: job.clone(),
                problems,
            });
        }
    }
    Ok(damaged)
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
