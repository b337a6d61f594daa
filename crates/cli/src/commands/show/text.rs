//! A job as text, the most important facts first.

use super::recorded_job::{CURVE_METRICS, RecordedJob};
use crate::commands::run::command_line;
use crate::context::Context;
use crate::output::table::plain;
use convsweep_progress::{RunningProgram, attempt_words, state_words};
use convsweep_spec::augment::MeanStd;
use convsweep_spec::metric;
use convsweep_spec::words::{bytes, duration, short};
use convsweep_store::{AttemptRow, EpochRow};

/// Lines of the worker's stderr that are shown.
const MAX_STDERR_LINES: usize = 20;
/// Metrics that describe the training rather than the result.
const NOT_FIGURES: [&str; 5] = [
    metric::LEARNING_RATE,
    metric::GRADIENT_NORM,
    metric::IMAGES_PER_SECOND,
    metric::EPOCH_SECONDS,
    metric::BEST_EPOCH,
];

/// Configuration by its axes, outcome, figures, files, and how to repeat the job; then the curve,
/// the resolved configuration and the end of the worker's log.
pub fn text(context: &Context, job: &RecordedJob) -> String {
    let sections = [
        configuration(job),
        outcome(context, job),
        figures(job),
        files(job),
        repeat(context, job),
        curve(job),
        resolved(job),
        stderr(job),
    ];
    let sections: Vec<String> = sections.into_iter().flatten().collect();
    sections.join("\n\n")
}

/// The job's experiment, and its value on each axis.
fn configuration(job: &RecordedJob) -> Option<String> {
    let mut text = format!("job {}", job.id);
    let mut rows = Vec::new();
    if let Some(place) = job.places.first() {
        text += &format!(" of {}: {}", place.experiment, place.label);
        rows.extend(place.axes.iter().cloned());
    }
    if let Some(question) = &job.question {
        rows.push(("seed".into(), question.seed.to_string()));
        if let Some(fold) = question.fold {
            rows.push(("fold".into(), fold.to_string()));
        }
        rows.push(("data".into(), question.data_hash.clone()));
    }
    if let Some(MeanStd { mean, std }) = &job.normalization {
        let (mean, std) = (numbers(mean), numbers(std));
        let words = format!("(pixel / 255 - mean) / std, mean {mean}, std {std}");
        rows.push(("input".into(), words));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0);
    for (name, value) in rows {
        text += &format!("\n  {name:width$}  {value}");
    }
    for place in job.places.iter().skip(1) {
        text += &format!("\n  also in {}: {}", place.experiment, place.label);
    }
    Some(text)
}

/// One number for each channel.
fn numbers(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    values.join(", ")
}

fn outcome(context: &Context, job: &RecordedJob) -> Option<String> {
    let state = job.state.as_ref()?;
    let standing = RunningProgram::of(&context.results).standing(&job.id, state);
    let mut text = format!("outcome: {}", state_words(state, &standing));
    if !state.detail.is_empty() {
        text += &format!("\n  {}", state.detail.replace('\n', "\n  "));
    }
    for attempt in &job.attempts {
        text += &format!("\n  {}{}", attempt_words(attempt), attempt_costs(attempt));
        for warning in &attempt.warnings {
            text += &format!("\n    warning: {warning}");
        }
    }
    Some(text)
}

/// Where and how long an attempt ran, in brackets.
fn attempt_costs(attempt: &AttemptRow) -> String {
    let mut parts = Vec::new();
    parts.extend(attempt.seconds.map(duration));
    parts.extend(attempt.peak_memory_bytes.map(|size| bytes(size as f64)));
    if let (Some(host), Some(pid)) = (&attempt.host, attempt.pid) {
        parts.push(format!("{host}, process {pid}"));
    }
    parts.extend(attempt.program_version.clone());
    if parts.is_empty() {
        return String::new();
    }
    format!(" ({})", parts.join(", "))
}

/// The metrics of the epoch whose weights are kept.
fn figures(job: &RecordedJob) -> Option<String> {
    let kept = job.kept()?;
    let last = job.epochs.last().map_or(kept.epoch, |row| row.epoch);
    let which = if kept.epoch == last { "last" } else { "best" };
    let names: Vec<&String> = kept.values.keys().filter(|name| is_figure(name)).collect();
    let width = names.iter().map(|name| name.len()).max()?;
    let mut text = format!(
        "figures of epoch {}, the {which} one, whose weights are kept",
        kept.epoch
    );
    for name in names {
        text += &format!("\n  {name:width$}  {}", figure(kept, name));
    }
    Some(text)
}

fn is_figure(name: &str) -> bool {
    !NOT_FIGURES.contains(&name)
}

fn figure(row: &EpochRow, name: &str) -> String {
    match row.values.get(name) {
        Some(value) if !value.is_nan() => short(*value),
        Some(_) | None => "–".into(),
    }
}

fn files(job: &RecordedJob) -> Option<String> {
    if job.files.is_empty() {
        return None;
    }
    let mut text = format!("files in {}", job.folder.display());
    for (path, size) in &job.files {
        let size = bytes(*size as f64);
        text += &format!("\n  {size:>7}  {}", path.display());
    }
    Some(text)
}

/// The command that trains the job again. A finished job needs another results folder: in its own
/// it is reused.
fn repeat(context: &Context, job: &RecordedJob) -> Option<String> {
    let run = job.run.as_ref()?;
    let command = command_line(&run.file, &run.overrides);
    let finished = job.state.as_ref().is_some_and(|state| state.finished);
    let note = if finished {
        let repeated = context.results.0.with_file_name("repeated");
        format!(" --results {}", repeated.display())
    } else {
        String::new()
    };
    Some(format!("repeat it: {command} --only {}{note}", job.id))
}

/// One line for each epoch.
fn curve(job: &RecordedJob) -> Option<String> {
    if job.epochs.is_empty() {
        return None;
    }
    let mut columns = vec!["epoch"];
    columns.extend(CURVE_METRICS);
    Some(format!("curve\n{}", plain(&columns, &job.curve())))
}

fn resolved(job: &RecordedJob) -> Option<String> {
    let question = job.question.as_ref()?;
    let json = serde_json::to_string_pretty(&question.configuration).ok()?;
    Some(format!("resolved configuration\n{json}"))
}

fn stderr(job: &RecordedJob) -> Option<String> {
    let lines: Vec<&str> = job.stderr.lines().collect();
    if lines.is_empty() {
        return None;
    }
    let end = &lines[lines.len().saturating_sub(MAX_STDERR_LINES)..];
    Some(format!("end of the worker's log\n{}", end.join("\n")))
}
