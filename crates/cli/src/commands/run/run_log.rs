//! What a run writes to the experiment's `run.log`: versions, machine, command, plan, and events.

use crate::context::Context;
use crate::logging::{OpenRunLog, open_run_log};
use convsweep_plan::Plan;
use convsweep_runner::devices::{usable_cores, worker_folder};
use convsweep_runner::{RunEvent, host_name};
use convsweep_spec::event::{Event, Fingerprint, Start};
use convsweep_spec::layout::RUN_LOG;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::words::counted;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Opens the experiment's log and describes program, machine and plan.
pub fn start(context: &Context, plan: &Plan) -> OpenRunLog {
    let log = open_run_log(&context.results.experiment(&plan.name).join(RUN_LOG));
    tracing::info!("--- run of {} ---", plan.name);
    // Neither arguments nor variables need to be text.
    let command = std::env::args_os()
        .collect::<Vec<_>>()
        .join(OsStr::new(" "));
    tracing::info!("command: {}", command.display());
    tracing::info!(
        "program: convsweep {}, workers in {}",
        env!("CARGO_PKG_VERSION"),
        worker_folder().display()
    );
    tracing::info!("machine: {}", machine());
    for (name, value) in std::env::vars_os() {
        let name = name.display().to_string();
        if name.starts_with("CONVSWEEP_") {
            tracing::info!("environment: {name}={}", value.display());
        }
    }
    tracing::info!(
        "results: {}; image sets: {}",
        context.results.0.display(),
        context.data().unwrap_or(Path::new("none")).display()
    );
    tracing::info!(
        "plan: {}, {}, compared by {}; file {}",
        counted(plan.configurations.len() as u64, "configuration"),
        counted(plan.jobs() as u64, "job"),
        plan.metric.name,
        plan.file.display()
    );
    log
}

/// Writes down those events that the runner does not log itself: what workers say about themselves,
/// and how attempts ended.
pub fn event(event: &RunEvent) {
    match event {
        RunEvent::Worker(envelope) => {
            worker_event(&envelope.job.0, envelope.attempt, &envelope.event);
        }
        RunEvent::AttemptEnded {
            job,
            attempt,
            outcome,
            by_worker,
            stderr,
            ..
        } => {
            // The runner logs every other outcome at this level.
            if *outcome == Outcome::Finished {
                tracing::info!("job {job}, attempt {attempt}: {}", outcome.name());
            }
            if !by_worker {
                lines("stderr", stderr);
            }
        }
        RunEvent::StartFailed { stderr, .. } => lines("stderr", stderr),
        RunEvent::AttemptStarted { .. }
        | RunEvent::Retrying { .. }
        | RunEvent::JobPaused { .. }
        | RunEvent::JobCancelled { .. }
        | RunEvent::Finished { .. }
        | RunEvent::Decided(_)
        | RunEvent::Logged(_)
        | RunEvent::Paused(_)
        | RunEvent::WorkerNote { .. }
        | RunEvent::SlotClosed { .. }
        | RunEvent::LimitReached(_)
        | RunEvent::Stopping { .. } => {}
    }
}

/// Writes down those events of a worker that matter for a fault; metrics are in its own log.
fn worker_event(job: &str, attempt: u32, event: &Event) {
    match event {
        Event::Started {
            pid,
            device,
            fingerprint,
            from,
            ..
        } => tracing::info!(
            "job {job}, attempt {attempt}: started as process {pid} on {device} {}; {}",
            start_words(from),
            fingerprint_words(fingerprint)
        ),
        Event::Warning { text } => tracing::info!("job {job}, attempt {attempt}: {text}"),
        Event::Progress { .. }
        | Event::Alive
        | Event::WornOut { .. }
        | Event::Metrics { .. }
        | Event::Checkpoint { .. }
        | Event::StateSaved { .. }
        | Event::Evaluated(_)
        | Event::Artifact { .. }
        | Event::Ended { .. } => {}
    }
}

fn start_words(from: &Start) -> String {
    match from {
        Start::Scratch => "from scratch".to_string(),
        Start::Checkpoint { epoch, step, exact } => format!(
            "from its checkpoint after epoch {epoch} and step {step}{}",
            exact_words(*exact)
        ),
        Start::State { job, epoch, exact } => format!(
            "from the state of job {job} after epoch {epoch}{}",
            exact_words(*exact)
        ),
    }
}

fn exact_words(exact: bool) -> &'static str {
    if exact {
        ""
    } else {
        ", written by another program or on other hardware"
    }
}

fn fingerprint_words(fingerprint: &Fingerprint) -> String {
    format!(
        "backend {}, {}, {}, worker {} of revision {}",
        fingerprint.backend,
        fingerprint.device,
        fingerprint.instructions,
        fingerprint.version,
        fingerprint.revision
    )
}

fn lines(source: &str, text: &str) {
    for line in text.lines() {
        tracing::info!("  {source}: {line}");
    }
}

/// Host name, system, processor and memory.
fn machine() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processor = proc_value("/proc/cpuinfo", "model name");
    let memory = proc_value("/proc/meminfo", "MemTotal");
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "{}, {system} {} {architecture}, {processor}, {} usable, memory {memory}",
        host_name(),
        kernel.trim(),
        counted(usable_cores().len() as u64, "core")
    )
}

/// The first value of a key in a file of `/proc`.
fn proc_value(path: &str, key: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or("unknown".into(), |(_, value)| value.trim().to_string())
}
