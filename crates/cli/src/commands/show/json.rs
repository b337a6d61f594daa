//! A job as JSON.

use super::recorded_job::RecordedJob;
use crate::context::Context;
use crate::output::job_json::{attempt_object, epoch_object};
use convsweep_progress::RunningProgram;
use serde_json::{Value, json};

/// The job with its question, attempts, curve and files.
pub fn object(context: &Context, job: &RecordedJob) -> Value {
    let program = RunningProgram::of(&context.results);
    let standing = job.state.as_ref().map(|state| {
        let standing = program.standing(&job.id, state);
        standing.word().to_string()
    });
    let places = job.places.iter();
    let experiments: Vec<&String> = places.map(|place| &place.experiment).collect();
    let files = job.files.iter();
    let files: Vec<Value> = files
        .map(|(path, bytes)| json!({ "path": path, "bytes": bytes }))
        .collect();
    let attempts: Vec<Value> = job.attempts.iter().map(attempt_object).collect();
    let curve: Vec<Value> = job.epochs.iter().map(epoch_object).collect();
    json!({
        "job": job.id,
        "standing": standing,
        "epoch": job.state.as_ref().map(|state| state.epoch),
        "epochs": job.state.as_ref().map(|state| state.epochs),
        "kept_epoch": job.kept().map(|kept| kept.epoch),
        "experiments": experiments,
        "question": job.question,
        "normalization": job.normalization,
        "attempts": attempts,
        "curve": curve,
        "folder": job.folder,
        "files": files,
    })
}
