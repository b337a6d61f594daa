//! `status`: a line an experiment, or a line a job of one.

use super::{say, say_json};
use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::table::plain;
use anyhow::Result;
use convsweep_spec::job::JobId;
use convsweep_store::{ExperimentRows, Reader};
use serde_json::json;

/// Prints how far experiments are.
pub fn status(context: &Context, name: Option<&str>, as_json: bool) -> Result<Exit> {
    if !context.results.database().exists() {
        if as_json {
            say("[]")?;
        } else {
            eprintln!("nothing was run here yet: {} has no database", context.results.0.display());
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
    say(&plain(&["experiment", "revision", "configurations", "finished", "failed", "question"], &rows))?;
    Ok(Exit::Complete)
}

fn jobs(reader: &Reader, name: &str, as_json: bool) -> Result<Exit> {
    let rows = experiment(reader, name)?;
    let ids: Vec<JobId> = rows.configurations.iter().flat_map(|c| &c.member.jobs).map(|j| j.job.clone()).collect();
    let states = reader.job_states(&ids).code(Exit::Results)?;
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    for configuration in &rows.configurations {
        for job in &configuration.member.jobs {
            let state = states.get(&job.job);
            let epochs = configuration.member.resolved.train.epochs();
            let epoch = state.map_or(0, |s| s.epoch);
            let attempts = state.map_or(0, |s| s.attempts);
            let standing = match state {
                None => "waits",
                Some(s) => s.outcome.as_deref().unwrap_or("began"),
            };
            objects.push(
                json!({ "job": job.job, "configuration": configuration.member.label, "seed": job.seed, "fold": job.fold,
                                 "standing": standing, "epoch": epoch, "epochs": epochs, "attempts": attempts }),
            );
            lines.push(vec![
                job.job.to_string(),
                configuration.member.label.clone(),
                job.fold.map_or(format!("seed {}", job.seed), |fold| format!("seed {}, fold {fold}", job.seed)),
                standing.to_string(),
                format!("{epoch} of {epochs}"),
                attempts.to_string(),
                state.map_or(String::new(), |s| s.detail.clone()),
            ]);
        }
    }
    if as_json {
        say_json(&objects)?;
    } else {
        say(&plain(&["job", "configuration", "run", "standing", "epochs", "attempts", "detail"], &lines))?;
    }
    Ok(Exit::Complete)
}

/// The rows of an experiment, or an error that names those there are.
pub fn experiment(reader: &Reader, name: &str) -> Result<ExperimentRows> {
    if let Some(rows) = reader.experiment(name).code(Exit::Results)? {
        return Ok(rows);
    }
    let known: Vec<String> = reader.experiments().code(Exit::Results)?.into_iter().map(|e| e.name).collect();
    let message = match known.is_empty() {
        true => format!("no experiment \"{name}\": nothing was run here yet"),
        false => format!("no experiment \"{name}\" here; there are {}", known.join(", ")),
    };
    Err(Failure { exit: Exit::Wrong, message }.into())
}
