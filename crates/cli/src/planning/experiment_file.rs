//! Reading an experiment file: image sets and trained weights come from this machine's folders.

use super::file_args::FileArgs;
use super::lookup::find_job;
use super::stages;
use super::trained_weights::{best_job, no_experiment, verified_weights};
use crate::context::Context;
use crate::exit::{Code, Exit, data_message, plan_failure};
use anyhow::Result;
use convsweep_data::DataError;
use convsweep_plan::{
    Lookup, Overrides, Plan, PlanRequest, Problems, Seeds, SetProblem, WeightsOf,
};
use convsweep_spec::data::{DataFacts, DataSpec, ImageLimits};
use convsweep_spec::log::Choice;
use std::path::{Path, PathBuf};

/// Reads, checks and expands an experiment file. Its stages continue with the decisions in the
/// experiment's log, unless they are to choose again.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn read(context: &Context, file: &Path, changes: &FileArgs) -> Result<Plan> {
    let _phase = context.phase(format!("planning {}", file.display()));
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
    let read = |path: &Path, most: u64| match &changes.frozen {
        Some(files) => files.read(path, most),
        None => convsweep_plan::from_disk(path, most),
    };
    let request = PlanRequest {
        file,
        read: &read,
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
                WeightsOf::Experiment(name) => no_experiment(name),
                WeightsOf::Job(_) => "nothing was run here yet".into(),
            });
        };
        let job = match of {
            WeightsOf::Job(prefix) => find_job(&database, prefix).map_err(|e| e.to_string())?,
            WeightsOf::Experiment(name) => best_job(&database, name)?,
        };
        verified_weights(&self.results, &database, &job)
    }
}
