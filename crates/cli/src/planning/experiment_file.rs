//! Reading an experiment file: image sets and trained weights come from this machine's folders.

use super::file_args::FileArgs;
use super::lookup::find_job;
use super::stages;
use crate::context::Context;
use crate::exit::{Code, Exit, data_message, plan_failure};
use crate::integrity::FileProblem;
use anyhow::Result;
use convsweep_data::DataError;
use convsweep_files::{FileError, exists, hash_regular};
use convsweep_plan::{
    Lookup, Overrides, Plan, PlanRequest, Problems, Seeds, SetProblem, WeightsOf,
};
use convsweep_spec::data::{DataFacts, DataSpec, ImageLimits};
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_spec::log::Choice;
use convsweep_spec::outcome::DAMAGED;
use convsweep_spec::seal::OTHER_HASH;
use convsweep_store::Database;
use std::path::{Path, PathBuf};

const NO_EXPERIMENT: &str = "no such experiment has run here";

/// Reads, checks and expands an experiment file. Its stages continue with the decisions in the
/// experiment's log, unless they are to choose again.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read(context: &Context, file: &Path, changes: &FileArgs) -> Result<Plan> {
    let plan = read_decided(context, file, changes, &[])?;
    if plan.stages.is_empty() || changes.redecide {
        return Ok(plan);
    }
    let decisions = stages::recorded(&context.results, &plan.name)?;
    if decisions.is_empty() {
        return Ok(plan);
    }
    read_decided(context, file, changes, &decisions)
}

/// The plan after the file's stages have made these decisions.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read_decided(
    context: &Context,
    file: &Path,
    changes: &FileArgs,
    decisions: &[Choice],
) -> Result<Plan> {
    read_looking(context, (file, changes), decisions)?.map_err(plan_failure)
}

/// The plan of a file, or its problems, with image sets and weights from `lookup`.
///
/// # Errors
/// If `--seeds` is wrong.
pub fn read_looking(
    lookup: &dyn Lookup,
    (file, changes): (&Path, &FileArgs),
    decisions: &[Choice],
) -> Result<Result<Plan, Problems>> {
    let seeds = match &changes.seeds {
        Some(text) => Some(text.parse::<Seeds>().code(Exit::Wrong)?),
        None => None,
    };
    let overrides = Overrides {
        set: changes.set.clone(),
        seeds,
    };
    let request = PlanRequest {
        file,
        read: &convsweep_plan::from_disk,
        overrides: &overrides,
        decisions,
        lookup,
    };
    Ok(convsweep_plan::plan_request(&request))
}

impl Lookup for Context {
    fn facts(
        &self,
        spec: &DataSpec,
        path: Option<&Path>,
        limits: ImageLimits,
    ) -> Result<DataFacts, SetProblem> {
        let location = self
            .location(path, limits)
            .map_err(|error| SetProblem::Cache(error.to_string()))?;
        convsweep_data::facts(location, spec).map_err(|error| {
            let message = data_message(&error);
            match error {
                DataError::Io(_) => SetProblem::Cache(message),
                _ => SetProblem::Images(message),
            }
        })
    }

    fn weights(&self, of: WeightsOf) -> Result<PathBuf, String> {
        let Some(database) = self.database_if_any().map_err(|error| error.to_string())? else {
            return Err(match of {
                WeightsOf::Experiment(_) => NO_EXPERIMENT.into(),
                WeightsOf::Job(_) => "nothing was run here yet".into(),
            });
        };
        let job = match of {
            WeightsOf::Job(prefix) => find_job(&database, prefix).map_err(|e| e.to_string())?,
            WeightsOf::Experiment(name) => best_job(&database, name)?,
        };
        let path = self.results.job(&job).join(layout::MODEL);
        let remedy = || format!("`convsweep retry {job} --damaged` trains the job again");
        if has_damaged_log(&database, &job)? {
            return Err(format!(
                "the log of job {job} is damaged, so nothing vouches for its weights; {}",
                remedy()
            ));
        }
        let files = database.kept_files(std::slice::from_ref(&job));
        let files = files.map_err(|error| error.to_string())?;
        let Some(kept) = files
            .iter()
            .find(|file| file.path == Path::new(layout::MODEL))
        else {
            return Err(format!("job {job} has not left any; has it finished?"));
        };
        let is_there = exists(&path).map_err(FileError::at("look at", &path));
        if !is_there.map_err(|error| not_read(error, remedy()))? {
            return Err(format!("{} is gone; {}", path.display(), remedy()));
        }
        let Some(hash) = &kept.blake3 else {
            // An older program wrote it.
            return Ok(path);
        };
        match hash_regular(&path) {
            Ok(found) if found == *hash => Ok(path),
            Ok(_) => Err(format!("{} {OTHER_HASH}; {}", path.display(), remedy())),
            Err(error) => Err(not_read(error, remedy())),
        }
    }
}

/// Why a file was not read, and what to do: what the system refuses to read is not damaged.
fn not_read(error: FileError, remedy_of_damage: String) -> String {
    let problem = error.to_string();
    let remedy = match FileProblem::from(error) {
        FileProblem::Damaged(_) => remedy_of_damage,
        FileProblem::Unread { remedy, .. } => remedy,
    };
    format!("{problem}; {remedy}")
}

fn has_damaged_log(database: &Database, job: &JobId) -> Result<bool, String> {
    let states = database.job_states(std::slice::from_ref(job));
    let states = states.map_err(|error| error.to_string())?;
    let outcome = states.get(job).and_then(|state| state.outcome.as_deref());
    Ok(outcome == Some(DAMAGED))
}

/// The best job of an experiment's best configuration.
fn best_job(database: &Database, experiment: &str) -> Result<JobId, String> {
    let metric = database.metric(experiment).map_err(|e| e.to_string())?;
    let metric = metric.ok_or(NO_EXPERIMENT)?;
    let best = database
        .best_job(experiment, &metric)
        .map_err(|e| e.to_string())?;
    best.ok_or_else(|| "none of its jobs has finished".into())
}
