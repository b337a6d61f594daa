//! A plan compared with what the results folder contains.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::planning::cost::CostEstimate;
use crate::planning::job_action::PlannedJob;
use crate::planning::recorded_jobs::RecordedJobs;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_spec::id::JobId;
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
    /// Compares a plan with the results folder.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of<'a>(context: &Context, plan: &'a Plan) -> Result<ComparedPlan<'a>> {
        let jobs = RecordedJobs::of(context, plan)?.planned_jobs(plan);
        Ok(ComparedPlan {
            plan,
            dropped: dropped_jobs(context, plan)?,
            cost: CostEstimate::of(context, plan, &jobs)?,
            jobs,
        })
    }
}

fn dropped_jobs(context: &Context, plan: &Plan) -> Result<Vec<JobId>> {
    let Some(database) = context.database_if_any()? else {
        return Ok(vec![]);
    };
    let mut planned: HashSet<&JobId> = HashSet::new();
    for configuration in &plan.configurations {
        planned.extend(configuration.member.jobs.iter().map(|job| &job.job));
    }
    let mut recorded = database.jobs_of(&plan.name).code(Exit::Results)?;
    recorded.retain(|job| !planned.contains(job));
    Ok(recorded)
}
