//! The plan's `[search]` as the runner takes it, with what earlier runs recorded.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::search::{Curve, JobStatus, SearchInput, SearchJob, SearchRules};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::BEST_EPOCH;
use convsweep_spec::search::SearchSettings;
use convsweep_store::{Database, JobState};
use std::collections::HashMap;

/// Every job of the plan as the search sees it: its recorded outcome, and its values of the
/// experiment's metric.
///
/// # Errors
/// If the database cannot be read.
pub fn search_input(
    database: &Database,
    plan: &Plan,
    settings: &SearchSettings,
    states: &HashMap<JobId, JobState>,
) -> Result<SearchInput> {
    let mut curves = curves(database, plan)?;
    let (mut jobs, mut ids) = (Vec::new(), Vec::new());
    for (configuration, planned) in plan.configurations.iter().enumerate() {
        for (seed, job) in planned.member.jobs.iter().enumerate() {
            jobs.push(SearchJob {
                configuration,
                seed,
                epochs: planned.member.resolved.train.epochs(),
                curve: curves.remove(&job.job).unwrap_or_default(),
                status: status(states.get(&job.job)),
            });
            ids.push(job.job.clone());
        }
    }
    Ok(SearchInput {
        rules: rules(plan, settings),
        metric: plan.metric.name.clone(),
        jobs,
        ids,
    })
}

fn rules(plan: &Plan, settings: &SearchSettings) -> SearchRules {
    let mut baseline = None;
    if let Some(id) = &plan.baseline {
        let configurations = &plan.configurations;
        baseline = configurations
            .iter()
            .position(|c| c.member.configuration == *id);
    }
    SearchRules {
        settings: settings.clone(),
        direction: plan.metric.direction,
        baseline,
    }
}

fn status(state: Option<&JobState>) -> JobStatus {
    match state.and_then(|state| state.outcome.as_deref()) {
        Some("finished") => JobStatus::Finished,
        Some("stopped") => JobStatus::Pruned,
        Some("diverged") => JobStatus::Unsuccessful,
        Some(_) | None => JobStatus::Active,
    }
}

/// The recorded values of the plan's metric by job, with the best epoch so far at each epoch.
fn curves(database: &Database, plan: &Plan) -> Result<HashMap<JobId, Curve>> {
    let best_epochs = database
        .curves(&plan.name, BEST_EPOCH)
        .code(Exit::Results)?;
    let values_of_jobs = database
        .curves(&plan.name, &plan.metric.name)
        .code(Exit::Results)?;
    let mut curves = HashMap::new();
    for (job, values) in values_of_jobs {
        let best_epochs = best_epochs.get(&job);
        let mut curve = Curve::default();
        for (epoch, value) in values {
            let best = best_epochs.and_then(|best| best.get(&epoch)).copied();
            curve.insert(epoch, value, best);
        }
        curves.insert(job, curve);
    }
    Ok(curves)
}
