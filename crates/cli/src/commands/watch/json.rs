//! How far an experiment has come, as JSON.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_answers::Answers;
use convsweep_progress::{Counts, JobInTraining, SweepState};
use convsweep_store::{Database, FailureRow};
use serde_json::{Value, json};

/// Failures that are listed.
const MAX_FAILURES: u32 = 100;

/// The state with what the results say so far, and the newest failures.
///
/// # Errors
/// If the database cannot be read.
pub fn object(database: &Database, state: &SweepState) -> Result<Value> {
    let answers = database.answers(&state.name).code(Exit::Results)?;
    let failures = database.failures(&state.name, MAX_FAILURES);
    let failures = failures.code(Exit::Results)?;
    let program = state.program.holder.as_ref();
    Ok(json!({
        "experiment": state.name,
        "revision": state.revision,
        "program": program.map(ToString::to_string),
        "jobs": counts_object(&state.counts),
        "seconds_left": state.seconds_left(),
        "running": state.running.iter().map(running_object).collect::<Vec<_>>(),
        "standings": answers.as_ref().map_or(vec![], standings),
        "failures": failures.iter().map(failure_object).collect::<Vec<_>>(),
    }))
}

/// Numbers of jobs by how they stand.
pub fn counts_object(counts: &Counts) -> Value {
    json!({
        "all": counts.jobs,
        "finished": counts.finished,
        "failed": counts.failed,
        "damaged": counts.damaged,
        "pruned": counts.pruned,
        "running": counts.running,
        "paused": counts.paused,
        "cancelled": counts.cancelled,
        "waiting": counts.waiting,
    })
}

fn running_object(job: &JobInTraining) -> Value {
    json!({
        "job": job.job,
        "configuration": job.label,
        "seed": job.run.0,
        "fold": job.run.1,
        "device": job.device,
        "epoch": job.epoch,
        "epochs": job.epochs,
        "curve": job.curve,
    })
}

fn standings(answers: &Answers) -> Vec<Value> {
    let object = |standing: &convsweep_answers::Standing| {
        json!({
            "label": standing.label,
            "mean": standing.mean,
            "interval": standing.interval,
            "runs": standing.runs,
            "jobs": standing.jobs,
            "may_be_best": standing.may_be_best,
        })
    };
    answers.standings.iter().map(object).collect()
}

fn failure_object(row: &FailureRow) -> Value {
    json!({
        "job": row.job,
        "configuration": row.label,
        "seed": row.seed,
        "outcome": row.outcome,
        "detail": row.detail,
        "is_mended": row.is_mended,
    })
}
