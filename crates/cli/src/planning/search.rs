//! The plan's `[search]` in the runner's terms, with what earlier runs recorded.

use convsweep_plan::Plan;
use convsweep_runner::search::{Curve, JobStatus, SearchInput, SearchJob, SearchRules};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::BEST_EPOCH;
use convsweep_spec::search::SearchSettings;
use convsweep_store::{JobState, Reader, StoreError};
use std::collections::HashMap;

/// Every job of the plan as the search sees it.
///
/// # Errors
/// What the database refuses.
pub fn search_input(
    plan: &Plan,
    settings: &SearchSettings,
    states: &HashMap<JobId, JobState>,
    reader: &Reader,
) -> Result<SearchInput, StoreError> {
    let mut curves = curves(plan, reader)?;
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
    let baseline = plan.baseline.as_ref().and_then(|baseline| {
        let mut configurations = plan.configurations.iter();
        configurations.position(|planned| planned.member.configuration == *baseline)
    });
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
        _ => JobStatus::Active,
    }
}

/// What the plan's jobs have recorded of its metric, and which epoch was the best so far.
fn curves(plan: &Plan, reader: &Reader) -> Result<HashMap<JobId, Curve>, StoreError> {
    let best_epochs = reader.curves(&plan.name, BEST_EPOCH)?;
    let mut curves = HashMap::new();
    for (job, values) in reader.curves(&plan.name, &plan.metric.name)? {
        let best_of_job = best_epochs.get(&job);
        let mut curve = Curve::default();
        for (epoch, value) in values {
            let best = best_of_job.and_then(|best| best.get(&epoch)).copied();
            curve.insert(epoch, value, best);
        }
        curves.insert(job, curve);
    }
    Ok(curves)
}
