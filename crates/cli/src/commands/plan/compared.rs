//! A plan compared with what the results folder contains.

use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::planning::cost::CostEstimate;
use crate::planning::job_action::PlannedJob;
use crate::planning::recorded_jobs::RecordedJobs;
use crate::planning::slots::ChosenDevices;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::ExperimentLog;
use convsweep_spec::id::JobId;
use convsweep_store::Database;
use std::collections::HashSet;

/// A plan compared with what the results folder contains.
pub struct ComparedPlan<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its jobs, each with what a run does with it.
    pub jobs: Vec<PlannedJob<'a>>,
    /// Jobs of the newest revision that this plan does not contain.
    pub dropped: Vec<JobId>,
    /// What training takes.
    pub cost: CostEstimate,
}

impl ComparedPlan<'_> {
    /// Compares a plan with the results folder. `devices` are those of a run, or why there are none.
    /// With `ignores_memory`, a job may take more memory than there is.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of<'a>(
        context: &Context,
        plan: &'a Plan,
        devices: Result<ChosenDevices>,
        ignores_memory: bool,
    ) -> Result<ComparedPlan<'a>> {
        let database = context.database_if_any()?;
        let history = ExperimentLog::decisions(&context.results, &plan.name);
        let history = history.map_err(runner_failure)?;
        let recorded = RecordedJobs::of(database.as_ref(), plan, &history)?;
        let jobs = recorded.planned_jobs(plan);
        let database = database.as_ref();
        Ok(ComparedPlan {
            plan,
            dropped: dropped_jobs(database, plan)?,
            cost: CostEstimate::of(database, (plan, &jobs), devices, ignores_memory)?,
            jobs,
        })
    }
}

fn dropped_jobs(database: Option<&Database>, plan: &Plan) -> Result<Vec<JobId>> {
    let Some(database) = database else {
        return Ok(vec![]);
    };
    let planned: HashSet<&JobId> = plan.member_jobs().map(|job| &job.job).collect();
    let mut recorded = database.jobs_of(&plan.name).code(Exit::Results)?;
    recorded.retain(|job| !planned.contains(job));
    Ok(recorded)
}
