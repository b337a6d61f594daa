//! A job as JSON.

use super::recorded_job::{CURVE_METRICS, RecordedJob};
use convsweep_store::AttemptRow;
use serde_json::{Value, json};

/// The job with its question, attempts and curve.
pub fn object(job: &RecordedJob) -> Value {
    let attempts: Vec<Vec<String>> = job.attempts.iter().map(attempt).collect();
    let mut columns = vec!["epoch"];
    columns.extend(CURVE_METRICS);
    json!({
        "job": job.id,
        "question": job.question,
        "normalization": job.normalization,
        "attempts": attempts,
        "curve": job.curve(),
        "columns": columns,
    })
}

/// Number, outcome, detail, device, host and process id.
fn attempt(attempt: &AttemptRow) -> Vec<String> {
    let pid = attempt.pid.map(|pid| pid.to_string());
    vec![
        attempt.attempt.to_string(),
        attempt.outcome.clone().unwrap_or_default(),
        attempt.detail.clone().unwrap_or_default(),
        attempt.device.clone().unwrap_or_default(),
        attempt.host.clone().unwrap_or_default(),
        pid.unwrap_or_default(),
    ]
}
