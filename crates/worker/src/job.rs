//! One attempt as a process sees it: its folder, its events, and an end for every way in which it
//! can end.

use crate::events::Events;
use crate::fingerprint::fingerprint;
use crate::folder;
use crate::orders::Orders;
use crate::pulse::Pulse;
use anyhow::{Result, bail};
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use convsweep_train::failpoint::Failpoints;
use convsweep_train::{Asked, Attempt, peak_memory_bytes, reset_peak_memory, train};
use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Trains `job`, the `number`-th order, and says how that ended; says nothing more once nobody is
/// there.
pub fn run(job: &Job, number: u64, orders: &Orders) {
    let started = Instant::now();
    reset_peak_memory();
    let failpoints = Failpoints::from_env(job.execution.attempt);
    let attempt = job.execution.attempt;
    let entered = check(job).and_then(|()| {
        let lock = folder::enter(job, &|| orders.gone() || orders.is_stopped(number))?;
        Ok((
            lock,
            Events::open(job.id.clone(), attempt, &job.execution.folder, &failpoints)?,
        ))
    });
    let (_lock, events) = match entered {
        Ok(entered) => entered,
        Err(_) if orders.gone() => return,
        Err(_) if orders.is_stopped(number) => {
            return end_unlogged(job.id.clone(), attempt, orders.stop_outcome());
        }
        Err(error) => {
            eprintln!("convsweep-worker: job {}: {error:#}", job.id);
            return end_unlogged(job.id.clone(), attempt, outcome_of(&error));
        }
    };
    let pulse = Pulse::begin(job.id.clone(), attempt);
    let events = RefCell::new(events);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        attempt_job(job, number, orders, &failpoints, &events)
    }));
    drop(pulse);
    let outcome = match outcome {
        Ok(Ok(Some(Outcome::Cancelled))) if orders.is_stopped(number) => orders.stop_outcome(),
        Ok(Ok(Some(outcome))) => outcome,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => outcome_of(&error),
        Err(panic) => failed(format!("the worker panicked: {}", words(&*panic))),
    };
    if matches!(outcome, Outcome::DiskFull { .. }) {
        // The attempt continues once there is room, so its log does not record an end.
        events.borrow_mut().stop_logging();
    }
    let ended = Event::Ended {
        outcome,
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: peak_memory_bytes(),
    };
    say(&mut events.borrow_mut(), ended);
}

/// Says that a job cannot be trained here; nothing is logged, since its folder was not entered.
pub fn refuse(job: JobId, attempt: u32, reason: String) {
    eprintln!("convsweep-worker: job {job}: {reason}");
    end_unlogged(job, attempt, Outcome::Failed { message: reason });
}

fn end_unlogged(job: JobId, attempt: u32, outcome: Outcome) {
    let failpoints = Failpoints::default();
    let ended = Event::Ended {
        outcome,
        seconds: 0.0,
        peak_memory_bytes: peak_memory_bytes(),
    };
    say(&mut Events::unlogged(job, attempt, &failpoints), ended);
}

/// Says the last word, even where it cannot be logged: who waits for it must not wait for ever.
fn say(events: &mut Events, event: Event) {
    if let Err(error) = events.write(event.clone()) {
        eprintln!("convsweep-worker: cannot write the job's event log: {error}");
        events.stop_logging();
        let _ = events.write(event);
    }
}

fn check(job: &Job) -> Result<()> {
    let found = job.question.job_id();
    if found != job.id {
        bail!(
            "the job is called {}, but its question hashes to {found} here: build convsweep and convsweep-worker from one revision",
            job.id
        );
    }
    if job.question.configuration.train.phases.is_empty() {
        bail!("the job has no training phase");
    }
    Ok(())
}

fn attempt_job(
    job: &Job,
    number: u64,
    orders: &Orders,
    failpoints: &Failpoints,
    events: &RefCell<Events>,
) -> Result<Option<Outcome>> {
    let device = convsweep_nn::device(job.execution.device)?;
    let fingerprint = fingerprint(job.execution.device);
    let logged = events.borrow().logged().clone();
    let mut report = |event| {
        let heard = events.borrow_mut().write(event)?;
        if !heard {
            orders.lose();
        }
        Ok(())
    };
    let asked = || match () {
        () if orders.gone() => Asked::Abandon,
        () if orders.is_stopped(number) => Asked::Stop,
        () => Asked::GoOn,
    };
    convsweep_nn::use_threads(job.execution.threads as usize);
    Ok(train(Attempt {
        job,
        fingerprint: &fingerprint,
        device: &device,
        failpoints,
        logged: &logged,
        report: &mut report,
        asked: &asked,
    })?)
}

/// The outcome of an attempt that ended with `error`.
fn outcome_of(error: &anyhow::Error) -> Outcome {
    let message = format!("{error:#}");
    if error.chain().any(is_disk_full) {
        return Outcome::DiskFull { message };
    }
    failed(message)
}

fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    )
}

/// A failure by its message: a GPU's runtime says only there that its memory ran out.
fn failed(message: String) -> Outcome {
    const WORDS: [&str; 4] = [
        "out of memory",
        "OutOfMemory",
        "OUT_OF_MEMORY",
        "Cannot allocate memory",
    ];
    if WORDS.iter().any(|words| message.contains(words)) {
        eprintln!("convsweep-worker: {message}");
        return Outcome::OutOfMemory;
    }
    Outcome::Failed { message }
}

/// The message of a panic.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
