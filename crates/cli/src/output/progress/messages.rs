//! Messages about how attempts ended.

use convsweep_runner::process::describe_exit;
use convsweep_runner::{LimitReached, StopRequest};
use convsweep_spec::event::Evaluation;
use convsweep_spec::figures::of_evaluation;
use convsweep_spec::metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::words::counted;
use std::collections::BTreeMap;

/// How many lines are shown from the end of a worker's stderr.
const MAX_STDERR_LINES: usize = 8;

/// The two most telling of the recorded metrics.
pub fn scores(values: &BTreeMap<String, f64>) -> String {
    let mut parts = Vec::new();
    for name in [metric::VAL_ACCURACY, metric::VAL_LOSS, metric::TRAIN_LOSS] {
        if let Some(value) = values.get(name) {
            parts.push(format!("{name} {value:.4}"));
        }
    }
    parts.truncate(2);
    parts.join(", ")
}

/// The metrics of the weights that a job keeps: those of the epoch that they are from.
pub fn figures_of(evaluation: &Evaluation) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    for name in [metric::VAL_ACCURACY, metric::VAL_LOSS] {
        let value = of_evaluation(name, evaluation.loss.0, evaluation.accuracy.0);
        figures.extend(value.map(|value| (name.to_string(), value)));
    }
    figures
}

/// An outcome with its details.
pub fn outcome_words(outcome: &Outcome) -> String {
    let detail = match outcome {
        &Outcome::Crashed { signal, code } => {
            format!("its worker {}", describe_exit(signal, code))
        }
        other => other.detail(),
    };
    if detail.is_empty() {
        outcome.name().to_string()
    } else {
        format!("{}: {detail}", outcome.name())
    }
}

/// Advice on outcomes that an identical attempt would only repeat, and on timeouts.
pub fn remedy(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::OutOfMemory => Some(
            "a retry would end the same way: use fewer slots (--slots), a smaller batch or another \
            device",
        ),
        Outcome::Diverged { .. } => {
            Some("a retry would end the same way: try a lower learning rate, which makes a new job")
        }
        Outcome::TimedOut => Some("its checkpoint is kept: the same command continues from there"),
        Outcome::Finished
        | Outcome::Stopped { .. }
        | Outcome::Failed { .. }
        | Outcome::DiskFull { .. }
        | Outcome::Lost { .. }
        | Outcome::Crashed { .. }
        | Outcome::Cancelled => None,
    }
}

/// The text, followed by the last lines of a worker's stderr.
pub fn with_stderr(text: &str, stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().collect();
    let end = &lines[lines.len().saturating_sub(MAX_STDERR_LINES)..];
    let mut text = text.to_string();
    for line in end {
        text += &format!("\n    {line}");
    }
    text
}

/// A person has paused the run, or lets it continue.
pub fn paused_words(paused: bool) -> &'static str {
    if paused {
        "paused: running jobs write a checkpoint; `convsweep resume` lets them continue"
    } else {
        "the sweep continues"
    }
}

/// A limit of the run was reached.
pub fn limit_words(limit: LimitReached) -> String {
    match limit {
        LimitReached::TimeLimit => {
            "the sweep's time limit is reached: running jobs write a checkpoint".to_string()
        }
        LimitReached::Failures(count) => format!(
            "{} failed, no more are started (run.on_failure): running jobs write a checkpoint",
            counted(count.into(), "job")
        ),
    }
}

/// The run was asked to stop while this many jobs are running.
pub fn stopping_words(request: StopRequest, running: usize) -> String {
    if request == StopRequest::Now {
        return "stopping at once; the same command continues from the last checkpoints"
            .to_string();
    }
    let jobs = match running {
        1 => "1 running job writes a checkpoint".to_string(),
        running => format!("{running} running jobs write a checkpoint"),
    };
    format!(
        "stopping: {jobs}, the same command continues from there; \
        interrupt again to stop at once"
    )
}
