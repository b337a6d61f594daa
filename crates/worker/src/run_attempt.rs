//! One attempt as the process sees it: its folder, its events, and an outcome for every way in
//! which it can end.

use crate::commands::Commands;
use crate::event_log::EventLog;
use crate::failure::{outcome_of, outcome_of_panic};
use crate::fingerprint::fingerprint;
use crate::heartbeat::Heartbeat;
use crate::job_folder::{self, JobLock};
use crate::memory::{MemoryWatch, UsedMemory};
use anyhow::{Result, bail};
use convsweep_files::sync_name;
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::layout;
use convsweep_spec::outcome::Outcome;
use convsweep_train::failpoint::Failpoints;
use convsweep_train::{Attempt, Directive, peak_memory_bytes, reset_peak_memory, run_task};
use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

/// Runs `job`, the request with this number, and reports its outcome, unless nobody is there to
/// read it any more.
pub fn run(job: &Job, number: u64, commands: &Commands) {
    let attempt = job.execution.attempt;
    let _span = tracing::error_span!("job", id = %job.id, attempt).entered();
    tracing::debug!(device = %job.execution.device, "requested");
    let started = Instant::now();
    reset_peak_memory();
    let failpoints = Failpoints::from_env(attempt);
    let (lock, log) = match enter(job, number, commands, &failpoints) {
        Ok(entered) => entered,
        Err(_) if commands.is_disconnected() => return,
        Err(_) if commands.is_stopped(number) => {
            return report_end_unlogged(job.id.clone(), attempt, commands.stop_outcome());
        }
        Err(error) => {
            tracing::error!("{error:#}");
            return report_end_unlogged(job.id.clone(), attempt, outcome_of(&error));
        }
    };
    let log = RefCell::new(log);
    let Some(outcome) = outcome_of_attempt(job, number, commands, &failpoints, (&lock, &log))
    else {
        return;
    };
    let mut log = log.into_inner();
    if matches!(outcome, Outcome::DiskFull { .. }) {
        // The attempt continues once there is room, so its log does not record an end.
        log.stop_logging();
    }
    tracing::debug!(outcome = outcome.name(), "ended");
    report_end(&mut log, outcome, started.elapsed().as_secs_f64());
}

/// Why this worker and the program that sent the job were not built from the same sources; `None`
/// if they may have been.
pub fn mismatch(job: &Job) -> Option<String> {
    let found = job.question.job_id();
    (found != job.id).then(|| {
        format!(
            "the job is called {}, but its question hashes to {found} here: \
             build convsweep and convsweep-worker from one revision",
            job.id
        )
    })
}

/// Checks the job, locks its folder and opens its log.
fn enter<'a>(
    job: &Job,
    number: u64,
    commands: &Commands,
    failpoints: &'a Failpoints,
) -> Result<(JobLock, EventLog<'a>)> {
    if job.question.configuration.train.phases.is_empty() {
        bail!("the job has no training phase");
    }
    let is_given_up = || commands.is_disconnected() || commands.is_stopped(number);
    let lock = job_folder::enter(job, &is_given_up)?;
    let folder = &job.execution.folder;
    let path = folder.join(layout::EVENTS);
    let is_new = !path.exists();
    let log = EventLog::open(job.id.clone(), job.execution.attempt, folder, failpoints)?;
    if is_new {
        // A power cut must not take the log's name, nor its folder's, once checkpoints rely on it.
        sync_name(&path)?;
        sync_name(folder)?;
    }
    Ok((lock, log))
}

/// Runs the attempt under heartbeats; `None` if nobody waits for its outcome any more.
fn outcome_of_attempt(
    job: &Job,
    number: u64,
    commands: &Commands,
    failpoints: &Failpoints,
    (lock, log): (&JobLock, &RefCell<EventLog>),
) -> Option<Outcome> {
    let heartbeat = Heartbeat::of_attempt(job.id.clone(), job.execution.attempt);
    let result = catch_unwind(AssertUnwindSafe(|| {
        run_job(job, number, commands, failpoints, (lock, log))
    }));
    drop(heartbeat);
    match result {
        Ok(Ok(Some(Outcome::Cancelled))) if commands.is_stopped(number) => {
            Some(commands.stop_outcome())
        }
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Some(outcome_of(&error)),
        Err(panic) => Some(outcome_of_panic(&*panic)),
    }
}

fn run_job(
    job: &Job,
    number: u64,
    commands: &Commands,
    failpoints: &Failpoints,
    (lock, log): (&JobLock, &RefCell<EventLog>),
) -> Result<Option<Outcome>> {
    set_up_backend(&job.execution.data_cache);
    let device = convsweep_nn::device(job.execution.device)?;
    let precision = job.question.configuration.train.precision;
    let fingerprint = fingerprint(job.execution.device, precision);
    let logged_metrics = log.borrow().logged_metrics().clone();
    let may_grow = convsweep_nn::BACKEND != "flex" || convsweep_nn::works_apart(&device);
    let mut memory = MemoryWatch::default();
    let mut report = |event| {
        let is_epoch = matches!(event, Event::Metrics { .. });
        write_event(event, log, commands)?;
        if !is_epoch || !may_grow {
            return Ok(());
        }
        if failpoints.is_due("grow") {
            std::mem::forget(std::hint::black_box(vec![1u8; 1 << 30]));
        }
        match memory.after_epoch(UsedMemory::now()) {
            Some(reason) => write_event(Event::WornOut { reason }, log, commands),
            None => Ok(()),
        }
    };
    convsweep_nn::use_threads(job.execution.threads as usize);
    let outcome = run_task(Attempt {
        job,
        fingerprint: &fingerprint,
        device: &device,
        failpoints,
        logged_metrics: &logged_metrics,
        report: &mut report,
        folder_is_there: &|| lock.is_there(),
        directive: &|| directive(commands, number),
        wait_for_verdict: &|epoch| commands.wait_for_verdict(number, epoch),
    })?;
    convsweep_nn::release_memory(&device);
    if may_grow && let Some(reason) = UsedMemory::now().kept() {
        write_event(Event::WornOut { reason }, log, commands)?;
    }
    Ok(outcome)
}

/// Sets the backend up for the first job of this process, and says how.
fn set_up_backend(data_cache: &Path) {
    let Some(settings) = convsweep_nn::use_backend_settings(Some(data_cache)) else {
        return;
    };
    tracing::info!("the backend is set up: {}", settings.words);
    if let Some(file) = settings.ignored {
        let file = file.display();
        tracing::warn!(
            "{file} is not read: the worker has settings of its own ({})",
            settings.words
        );
    }
}

/// Writes an event, and notes if nobody reads events any more.
fn write_event(event: Event, log: &RefCell<EventLog>, commands: &Commands) -> io::Result<()> {
    if !event.is_passing() {
        tracing::debug!(?event, "reported");
    }
    let is_connected = log.borrow_mut().write(event)?;
    if !is_connected {
        commands.disconnect();
    }
    Ok(())
}

fn directive(commands: &Commands, number: u64) -> Directive {
    if commands.is_disconnected() {
        Directive::Abandon
    } else if commands.is_stopped(number) {
        Directive::Stop
    } else {
        Directive::Continue
    }
}

fn report_end_unlogged(job: JobId, attempt: u32, outcome: Outcome) {
    let failpoints = Failpoints::default();
    let mut log = EventLog::without_file(job, attempt, &failpoints);
    report_end(&mut log, outcome, 0.0);
}

/// Reports the attempt's last event, even if it cannot be logged: the runner must not wait for it
/// for ever. What the log does not say has not happened, so the outcome is then the reason.
fn report_end(log: &mut EventLog, outcome: Outcome, seconds: f64) {
    let event = |outcome| Event::Ended {
        outcome,
        seconds,
        peak_memory_bytes: peak_memory_bytes(),
    };
    if let Err(error) = log.write(event(outcome)) {
        let error = anyhow::Error::new(error).context("cannot write the job's event log");
        tracing::error!("{error:#}");
        log.stop_logging();
        let _ = log.write(event(outcome_of(&error)));
    }
}
