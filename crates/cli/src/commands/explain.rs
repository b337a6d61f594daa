//! `explain`: why a job waits, was stopped or failed, and what to do.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::planning::find::find;
use anyhow::Result;
use convsweep_store::{JobState, Reader};

/// Prints how a job stands, every decision about it with its reason, how its attempts ended, and
/// what to do.
pub fn explain(context: &Context, job: &str) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let id = find(&reader, job)?;
    let states = reader
        .job_states(std::slice::from_ref(&id))
        .code(Exit::Results)?;
    let Some(state) = states.get(&id) else {
        say(&format!("job {id}: nothing is recorded of it"))?;
        return Ok(Exit::Complete);
    };
    say(&format!(
        "job {id}: {}, {} of {} epochs, {} attempts",
        standing(state),
        state.epoch,
        state.epochs,
        state.attempts
    ))?;
    let attempts = reader
        .query(&format!(
            "select attempt, coalesce(outcome, 'runs, or died with its program'), coalesce(detail, ''), coalesce(device, '–')
             from attempts where job = '{id}' order by attempt"
        ))
        .code(Exit::Results)?;
    for row in &attempts.rows {
        let detail = row[2].to_string();
        let detail = if detail.is_empty() {
            detail
        } else {
            format!(": {}", detail.lines().next().unwrap_or_default())
        };
        say(&format!(
            "  attempt {} on {}: {}{detail}",
            row[0], row[3], row[1]
        ))?;
    }
    for decision in reader.decisions(&id).code(Exit::Results)? {
        let (rule, verdict, epoch) = (decision.rule, decision.verdict, decision.epoch);
        say(&format!(
            "  {rule}, after {epoch} epochs: {verdict}, because {}",
            decision.reason
        ))?;
    }
    say(&format!("  {}", advice(state)))?;
    Ok(Exit::Complete)
}

fn standing(state: &JobState) -> &str {
    state.outcome.as_deref().unwrap_or(if state.attempts == 0 {
        "waits"
    } else {
        "began"
    })
}

fn advice(state: &JobState) -> &'static str {
    match state.outcome.as_deref() {
        Some("finished") => "nothing is left to do",
        Some("stopped") => {
            "a rule spared it; `convsweep run FILE --only JOB` trains it all the same"
        }
        Some("diverged") => {
            "it would diverge again: a lower learning rate, or gradient clipping, is another job"
        }
        Some("out-of-memory") => {
            "the same job needs the same memory: fewer slots (--slots), or a smaller batch"
        }
        Some("timed-out") => {
            "the next run of the file goes on from its checkpoint; run.time_limit is its limit"
        }
        Some("crashed" | "lost" | "failed") => {
            "the next run of the file tries it again; `convsweep show JOB` has the end of its log"
        }
        Some("cancelled") => "the next run of the file goes on from its checkpoint",
        _ => "the next run of the file trains it",
    }
}
