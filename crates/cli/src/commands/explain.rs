//! `explain`: why a job waits, was stopped or failed, and what to do.

use super::say;
use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use anyhow::Result;
use convsweep_spec::job::JobId;
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

/// The one recorded job whose id begins with `prefix`; it need not have begun.
pub fn find(reader: &Reader, prefix: &str) -> Result<JobId> {
    let wrong = |message: String| {
        anyhow::Error::from(Failure {
            exit: Exit::Wrong,
            message,
        })
    };
    if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(wrong(format!(
            "\"{prefix}\" is no job id: ids are hexadecimal; `convsweep status NAME` lists them"
        )));
    }
    let prefix = prefix.to_ascii_lowercase();
    let sql = format!(
        "select job from jobs where job >= '{prefix}' and job < '{prefix}g' order by job limit 5"
    );
    let rows = reader.query(&sql).code(Exit::Results)?.rows;
    let found: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
    match &found[..] {
        [] => Err(wrong(format!(
            "no job {prefix} here; `convsweep status NAME` lists them"
        ))),
        [one] => Ok(JobId(one.clone())),
        _ => Err(wrong(format!(
            "several jobs begin with {prefix}: {}; write more of the id",
            found.join(", ")
        ))),
    }
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
