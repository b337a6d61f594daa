//! Parts of a job as JSON.

use convsweep_spec::metric::Number;
use convsweep_store::{AttemptRow, EpochRow, JobDecision};
use serde_json::{Map, Value, json};

/// An attempt at the job.
pub fn attempt_object(attempt: &AttemptRow) -> Value {
    json!({
        "attempt": attempt.attempt,
        "outcome": attempt.outcome,
        "detail": attempt.detail,
        "device": attempt.device,
        "host": attempt.host,
        "pid": attempt.pid,
        "started": attempt.started,
        "seconds": attempt.seconds,
        "peak_memory_bytes": attempt.peak_memory_bytes,
        "program_version": attempt.program_version,
        "warnings": attempt.warnings,
    })
}

/// A decision about the job.
pub fn decision_object(decision: &JobDecision) -> Value {
    json!({
        "time": decision.time,
        "rule": decision.rule,
        "verdict": decision.verdict,
        "epoch": decision.epoch,
        "reason": decision.reason,
    })
}

/// An epoch with its metrics by their names.
pub fn epoch_object(epoch: &EpochRow) -> Value {
    let mut metrics = Map::new();
    for (name, value) in epoch.values.iter() {
        metrics.insert(name.clone(), json!(Number(*value)));
    }
    json!({ "epoch": epoch.epoch, "metrics": metrics })
}
