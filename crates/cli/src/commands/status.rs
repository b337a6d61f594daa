//! `status`: a line an experiment, or a line a job of one.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use crate::planning::find::progress;
use anyhow::Result;
use convsweep_store::{JobProgress, JobState, Reader};
use serde_json::json;

/// Prints how far experiments are.
pub fn status(context: &Context, name: Option<&str>, as_json: bool) -> Result<Exit> {
    if !context.results.database().exists() {
        if as_json {
            say("[]")?;
        } else {
            eprintln!(
                "nothing was run here yet: {} has no database",
                context.results.0.display()
            );
        }
        return Ok(Exit::Complete);
    }
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    match name {
        Some(name) => jobs(&reader, name, as_json),
        None => experiments(&reader, as_json),
    }
}

fn experiments(reader: &Reader, as_json: bool) -> Result<Exit> {
    let list = reader.experiments().code(Exit::Results)?;
    if as_json {
        let object = |e: &convsweep_store::ExperimentSummary| {
            json!({ "experiment": e.name, "revision": e.revision, "configurations": e.configurations, "jobs": e.jobs,
                    "finished": e.finished, "failed": e.failed, "file": e.file })
        };
        say_json(&list.iter().map(object).collect::<Vec<_>>())?;
        return Ok(Exit::Complete);
    }
    let row = |e: &convsweep_store::ExperimentSummary| {
        vec![
            e.name.clone(),
            e.revision.to_string(),
            e.configurations.to_string(),
            format!("{} of {}", e.finished, e.jobs),
            e.failed.to_string(),
            e.question.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = list.iter().map(row).collect();
    say(&plain(
        &[
            "experiment",
            "revision",
            "configurations",
            "finished",
            "failed",
            "question",
        ],
        &rows,
    ))?;
    Ok(Exit::Complete)
}

fn jobs(reader: &Reader, name: &str, as_json: bool) -> Result<Exit> {
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    for JobProgress {
        job,
        label,
        seed,
        fold,
        state,
    } in progress(reader, name)?
    {
        let standing = match (&state.outcome, state.attempts) {
            (Some(outcome), _) => outcome.as_str(),
            (None, 0) => "waits",
            (None, _) => "began",
        };
        let JobState {
            epoch,
            epochs,
            attempts,
            detail,
            ..
        } = &state;
        objects.push(json!({ "job": job, "configuration": label, "seed": seed, "fold": fold, "standing": standing,
                             "epoch": epoch, "epochs": epochs, "attempts": attempts, "detail": detail }));
        lines.push(vec![
            job.to_string(),
            label,
            fold.map_or(format!("seed {seed}"), |fold| {
                format!("seed {seed}, fold {fold}")
            }),
            standing.to_string(),
            format!("{epoch} of {epochs}"),
            attempts.to_string(),
            detail.lines().next().unwrap_or_default().to_string(),
        ]);
    }
    if as_json {
        say_json(&objects)?;
    } else {
        say(&plain(
            &[
                "job",
                "configuration",
                "run",
                "standing",
                "epochs",
                "attempts",
                "detail",
            ],
            &lines,
        ))?;
    }
    Ok(Exit::Complete)
}
