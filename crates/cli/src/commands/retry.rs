//! `retry`: jobs that did not finish, again, by the file that asks for them.

use crate::args::{FileArgs, RunArgs};
use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::planning::find::{find, progress};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_store::{Reader, Value, literal};
use std::collections::BTreeMap;

/// Runs the files of the named jobs, or experiments, with these jobs alone.
pub fn retry(context: &Context, names: &[String]) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let experiments: Vec<String> = reader
        .experiments()
        .code(Exit::Results)?
        .into_iter()
        .map(|e| e.name)
        .collect();
    let mut wanted: BTreeMap<String, Vec<JobId>> = BTreeMap::new();
    for name in names {
        if experiments.contains(name) {
            let bad =
                |outcome: &Option<String>| outcome.as_deref().is_some_and(|o| o != "finished");
            let jobs = progress(&reader, name)?
                .into_iter()
                .filter(|job| bad(&job.state.outcome))
                .map(|job| job.job);
            wanted.entry(name.clone()).or_default().extend(jobs);
        } else {
            let job = find(&reader, name)?;
            wanted
                .entry(asked_by(&reader, &job)?)
                .or_default()
                .push(job);
        }
    }
    let mut exit = Exit::Complete;
    for (experiment, jobs) in wanted {
        if jobs.is_empty() {
            eprintln!("{experiment}: every job that ended has finished; nothing is tried again");
            continue;
        }
        let (file, overrides) = file_of(&reader, &experiment)?;
        let only = jobs.into_iter().map(|job| job.0).collect();
        let args = RunArgs {
            files: vec![file.into()],
            changes: changes(&overrides),
            only,
            ..RunArgs::default()
        };
        match super::run::run(context, &args)? {
            Exit::Complete => {}
            other => exit = other,
        }
    }
    Ok(exit)
}

/// The experiment whose newest revision asks for the job.
fn asked_by(reader: &Reader, job: &JobId) -> Result<String> {
    let sql = format!(
        "select experiment from member_jobs join experiments using (experiment, revision) where job = '{job}' order by experiment"
    );
    let rows = reader.query(&sql).code(Exit::Results)?.rows;
    let missing = || Failure {
        exit: Exit::Wrong,
        message: format!("no experiment asks for job {job} any more"),
    };
    Ok(rows.first().ok_or_else(missing)?[0].to_string())
}

fn file_of(reader: &Reader, experiment: &str) -> Result<(String, Vec<String>)> {
    let name = literal(experiment);
    let sql = format!(
        "select r.file, r.overrides from revisions r join experiments e using (experiment, revision) where e.experiment = {name}"
    );
    let rows = reader.query(&sql).code(Exit::Results)?.rows;
    let missing = || Failure {
        exit: Exit::Wrong,
        message: format!("the file of {experiment} is not recorded"),
    };
    let row = rows.first().ok_or_else(missing)?;
    let overrides = match &row[1] {
        Value::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => vec![],
    };
    Ok((row[0].to_string(), overrides))
}

/// The recorded words of the command line.
fn changes(overrides: &[String]) -> FileArgs {
    let mut changes = FileArgs::default();
    for words in overrides {
        match words.split_once(' ') {
            Some(("--set", value)) => changes.set.push(value.to_string()),
            Some(("--seeds", value)) => changes.seeds = Some(value.to_string()),
            _ => {}
        }
    }
    changes
}
