//! `show JOB --origin`: where each value of a job came from, according to the texts that its
//! experiment's log has recorded.

use crate::context::Context;
use crate::exit::{Code, Exit, failure, plan_failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use crate::planning::frozen_files::FrozenFiles;
use anyhow::Result;
use convsweep_plan::{Overrides, PlanRequest, Provenance, value_origins};
use convsweep_runner::ExperimentLog;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::Revision;
use convsweep_store::Database;
use serde_json::json;
use std::path::Path;

/// A job's values, each with where it comes from.
///
/// # Errors
/// As [`origin`].
pub fn recorded_values(
    context: &Context,
    database: &Database,
    id: &JobId,
) -> Result<Vec<Provenance>> {
    let (revision, configuration) = newest_revision(context, database, id)?;
    values(context, &revision, &configuration)
}

/// Where a value comes from, in words.
pub fn origin_words(value: &Provenance) -> String {
    let used = match &value.used_at {
        Some((file, line)) => format!(" (used at {}:{line})", short(file)),
        None => String::new(),
    };
    short(&value.origin.to_string()) + &used
}

/// Prints a line for each value.
///
/// # Errors
/// If no experiment's log names the job, or the recorded texts no longer lead to it.
pub fn origin(context: &Context, database: &Database, id: &JobId, as_json: bool) -> Result<()> {
    let (revision, configuration) = newest_revision(context, database, id)?;
    let values = values(context, &revision, &configuration)?;
    if as_json {
        return say_json(&json!({
            "job": id,
            "experiment": revision.experiment,
            "revision": revision.revision,
            "values": values,
        }));
    }
    say(&format!(
        "job {id} of {}, revision {}, {}\n",
        revision.experiment, revision.revision, revision.file
    ))?;
    let rows: Vec<_> = values.iter().map(row).collect();
    say(&plain(&["key", "value", "from"], &rows))
}

fn row(value: &Provenance) -> Vec<String> {
    vec![value.path.clone(), value.value.clone(), origin_words(value)]
}

/// The newest revision that asks for the job, of the experiment that was revised last.
fn newest_revision(
    context: &Context,
    database: &Database,
    id: &JobId,
) -> Result<(Revision, ConfigurationId)> {
    for experiment in database.experiments_with(id).code(Exit::Results)? {
        let revisions =
            ExperimentLog::revisions(&context.results, &experiment).code(Exit::Results)?;
        for (revision, members) in revisions.into_iter().rev() {
            for member in members {
                if member.jobs.iter().any(|job| job.job == *id) {
                    return Ok((revision, member.configuration));
                }
            }
        }
    }
    let message =
        format!("no experiment's log names job {id}, so it is not known what it came from");
    Err(failure(Exit::Results, message))
}

/// Plans the recorded texts again and looks at the configuration.
fn values(
    context: &Context,
    revision: &Revision,
    configuration: &ConfigurationId,
) -> Result<Vec<Provenance>> {
    let recorded = FrozenFiles::of_revision(revision);
    let read = |path: &Path, most: u64| recorded.read(path, most);
    let overrides = Overrides::recorded(&revision.overrides);
    let request = PlanRequest {
        file: Path::new(&revision.file),
        read: &read,
        overrides: &overrides,
        decisions: &revision.decisions,
        lookup: context,
    };
    let found = value_origins(&request, configuration).map_err(plan_failure)?;
    let message = "the recorded file no longer leads to this configuration: \
        an image set or the file of a split has changed";
    found.ok_or_else(|| failure(Exit::Results, message))
}

/// A place with the file's name only.
fn short(place: &str) -> String {
    match place.rfind('/') {
        Some(slash) if !place.starts_with("--set") => match place.rfind(", ") {
            Some(comma) => format!("{}, {}", &place[..comma], &place[slash + 1..]),
            None => place[slash + 1..].to_string(),
        },
        Some(_) | None => place.to_string(),
    }
}
