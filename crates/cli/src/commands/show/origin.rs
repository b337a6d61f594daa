//! `show JOB --origin`: where each value of a job came from, by the texts that its experiment's log
//! recorded.

use super::find;
use crate::context::Context;
use crate::exit::{Code, Exit, Failure, plan_failure};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_plan::{Overrides, PlanRequest, Provenance, value_origins};
use convsweep_runner::ExperimentLog;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::Revision;
use convsweep_store::{Reader, Value, literal};
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Prints a line for each value.
pub fn origin(context: &Context, job: &str, as_json: bool) -> Result<Exit> {
    let id = find(context, job)?;
    let (revision, configuration) = asked(context, &id)?;
    let values = values(context, &revision, &configuration)?;
    if as_json {
        say_json(
            &json!({ "job": id, "experiment": revision.experiment, "revision": revision.revision, "values": values }),
        )?;
        return Ok(Exit::Complete);
    }
    say(&format!(
        "job {id} of {}, revision {}, {}\n",
        revision.experiment, revision.revision, revision.file
    ))?;
    let row = |v: &Provenance| {
        let used = v.used_at.as_ref().map_or(String::new(), |(file, line)| {
            format!(" (used at {}:{line})", short(file))
        });
        vec![
            v.path.clone(),
            v.value.clone(),
            short(&v.origin.to_string()) + &used,
        ]
    };
    say(&plain(
        &["key", "value", "from"],
        &values.iter().map(row).collect::<Vec<_>>(),
    ))?;
    Ok(Exit::Complete)
}

/// The newest revision that asked for the job.
fn asked(context: &Context, id: &JobId) -> Result<(Revision, ConfigurationId)> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let sql = format!("select distinct experiment from member_jobs where job = '{id}' order by 1");
    let mut found: Option<(f64, Revision, ConfigurationId)> = None;
    for row in reader.query(&sql).code(Exit::Results)?.rows {
        let Some(Value::Text(name)) = row.into_iter().next() else {
            continue;
        };
        let revisions = ExperimentLog::revisions(&context.results, &name).code(Exit::Results)?;
        let sql = format!(
            "select updated from experiments where experiment = {}",
            literal(&name)
        );
        let updated = match reader
            .query(&sql)
            .code(Exit::Results)?
            .rows
            .first()
            .map(|r| &r[..])
        {
            Some([Value::Real(time)]) => *time,
            _ => 0.0,
        };
        let asks = |(revision, members): (Revision, Vec<convsweep_spec::log::Member>)| {
            let member = members
                .into_iter()
                .find(|m| m.jobs.iter().any(|j| j.job == *id))?;
            Some((updated, revision, member.configuration))
        };
        let newest = revisions.into_iter().rev().find_map(asks);
        found = found
            .into_iter()
            .chain(newest)
            .max_by(|a, b| a.0.total_cmp(&b.0));
    }
    let message =
        format!("no experiment's log names the job {id}, so nobody knows what it came from");
    let found = found.ok_or(Failure {
        exit: Exit::Results,
        message,
    })?;
    Ok((found.1, found.2))
}

/// Plans the recorded texts again and looks at the configuration.
fn values(
    context: &Context,
    revision: &Revision,
    configuration: &ConfigurationId,
) -> Result<Vec<Provenance>> {
    let main = (PathBuf::from(&revision.file), revision.text.clone());
    let included = revision
        .includes
        .iter()
        .map(|i| (i.path.clone(), i.text.clone()));
    let texts: HashMap<PathBuf, String> = std::iter::once(main).chain(included).collect();
    let read = |path: &Path, most: u64| -> io::Result<Vec<u8>> {
        let absolute = std::path::absolute(path)?;
        let recorded = texts.iter().find(|(known, _)| same(known, &absolute));
        recorded.map_or_else(
            || convsweep_plan::from_disk(path, most),
            |(_, text)| Ok(text.clone().into_bytes()),
        )
    };
    let overrides = Overrides::recorded(&revision.overrides);
    let request = PlanRequest {
        file: Path::new(&revision.file),
        read: &read,
        overrides: &overrides,
        decisions: &revision.decisions,
        lookup: context,
    };
    let found = value_origins(&request, configuration).map_err(plan_failure)?;
    let message = "the recorded file no longer makes this configuration: an image set or a split's file has changed";
    Ok(found.ok_or(Failure {
        exit: Exit::Results,
        message: message.into(),
    })?)
}

/// Equal but for `..` on the way.
fn same(a: &Path, b: &Path) -> bool {
    a == b
        || (a.file_name() == b.file_name()
            && a.canonicalize()
                .ok()
                .is_some_and(|a| b.canonicalize().ok() == Some(a)))
}

/// A place with the file's name only.
fn short(place: &str) -> String {
    match place.rfind('/') {
        Some(at) if !place.starts_with("--set") => match place.rfind(", ") {
            Some(comma) => format!("{}, {}", &place[..comma], &place[at + 1..]),
            None => place[at + 1..].to_string(),
        },
        _ => place.to_string(),
    }
}
