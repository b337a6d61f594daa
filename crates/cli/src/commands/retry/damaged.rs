//! `retry --damaged`: sets the folders of damaged jobs aside, so that the jobs can be trained
//! again.

use super::named_jobs::jobs_of_names;
use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::integrity::{DamagedJob, damaged_jobs, set_aside, write_question};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_runner::ResultsLock;
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_store::{Database, DatabaseWriter};
use std::collections::{BTreeMap, BTreeSet};

/// The jobs to be trained again.
pub struct SetAside {
    /// By the experiment that asks for them.
    pub by_experiment: BTreeMap<String, Vec<JobId>>,
    /// The epochs that those had which had not finished.
    pub unfinished: BTreeMap<JobId, u32>,
}

/// Verifies the jobs that the names stand for, moves the folders of the damaged ones to
/// `damaged/JOB-N` in the results folder, and forgets what their logs said. Where only the file of
/// a job's question is damaged, it is written again.
///
/// # Errors
/// If there is no such job or experiment, another program uses the results folder, or a folder
/// cannot be moved.
pub fn set_damaged_aside(context: &Context, names: &[String]) -> Result<SetAside> {
    context.require_results()?;
    let _lock = ResultsLock::acquire(&context.results).map_err(runner_failure)?;
    let phase = context.phase("reading the logs");
    let writer = DatabaseWriter::open(&context.results).code(Exit::Results)?;
    let synced = writer.sync_telling(&context.results, &|done, all| phase.step(done, all));
    synced.code(Exit::Results)?;
    let database = context.database()?;
    let mut named = jobs_of_names(&database, names, |database, experiment| {
        database.jobs_of(experiment).code(Exit::Results)
    })?;
    // Experiments may share jobs.
    let jobs: BTreeSet<&JobId> = named.values().flatten().collect();
    let jobs: Vec<JobId> = jobs.into_iter().cloned().collect();
    phase.becomes("reading the files of the jobs");
    let progress = |done, all| phase.step(done, all);
    let damaged = damaged_jobs(&context.results, &database, &jobs, &progress)?;
    drop(phase);
    let unfinished = unfinished_epochs(&database, &damaged)?;
    drop(database);
    let mut again = BTreeSet::new();
    let moved = set_all_aside(context, &damaged, &mut again);
    // Before an error ends the command: the logs of these jobs have been moved.
    if !again.is_empty() {
        let jobs: Vec<JobId> = again.iter().cloned().collect();
        writer.forget_jobs(&jobs).code(Exit::Results)?;
    }
    moved?;
    for jobs in named.values_mut() {
        jobs.retain(|job| again.contains(job));
        jobs.sort();
        jobs.dedup();
    }
    Ok(SetAside {
        by_experiment: named,
        unfinished,
    })
}

/// Repairs the jobs or moves their folders; `again` receives those that have to be trained again.
fn set_all_aside(
    context: &Context,
    damaged: &[DamagedJob],
    again: &mut BTreeSet<JobId>,
) -> Result<()> {
    for job in damaged {
        if repair_or_set_aside(context, job)? {
            again.insert(job.job.clone());
        }
    }
    Ok(())
}

/// How many epochs each of the damaged jobs had that had not finished: at least those after which a
/// rule judged it.
fn unfinished_epochs(database: &Database, damaged: &[DamagedJob]) -> Result<BTreeMap<JobId, u32>> {
    let jobs: Vec<JobId> = damaged.iter().map(|job| job.job.clone()).collect();
    let states = database.job_states(&jobs).code(Exit::Results)?;
    let mut epochs = BTreeMap::new();
    for (job, state) in states {
        let attempts = database.attempts(&job).code(Exit::Results)?;
        let mut outcomes = attempts.iter().map(|attempt| attempt.outcome.as_deref());
        let decisions = database.decisions(&job).code(Exit::Results)?;
        let judged = decisions.iter().map(|decision| decision.epoch).max();
        let had = state.epoch.max(judged.unwrap_or(0));
        if !outcomes.any(|outcome| outcome == Some("finished")) && had < state.epochs {
            epochs.insert(job, had);
        }
    }
    Ok(epochs)
}

/// Says what is wrong with a job, and writes its question again if that is all, or else moves its
/// folder. Returns whether it has to be trained again.
fn repair_or_set_aside(context: &Context, damaged: &DamagedJob) -> Result<bool> {
    let DamagedJob {
        job,
        problems,
        question,
    } = damaged;
    for problem in problems {
        say_error(problem);
    }
    if let Some(question) = question {
        write_question(&context.results, question).code(Exit::Results)?;
        say_error(&format!(
            "job {job}: its {} was written again; all else is sound",
            layout::JOB
        ));
        return Ok(false);
    }
    match set_aside(&context.results, job).code(Exit::Results)? {
        Some(folder) => say_error(&format!(
            "job {job}: its folder is now {}; it is trained again",
            folder.display()
        )),
        None => say_error(&format!(
            "job {job}: its folder is gone; it is trained again"
        )),
    }
    Ok(true)
}
