//! The plan's `[search]` in the runner's terms, with what earlier runs recorded.

use convsweep_plan::Plan;
use convsweep_runner::SearchInput;
use convsweep_runner::search::{JobStatus, SearchJob, SearchRules};
use convsweep_spec::id::JobId;
use convsweep_spec::search::SearchSettings;
use convsweep_store::JobState;
use std::collections::{BTreeMap, HashMap};

/// The rules of a plan.
pub fn search(plan: &Plan, settings: &SearchSettings) -> SearchRules {
    let baseline = plan.baseline.as_ref();
    SearchRules {
        settings: settings.clone(),
        direction: plan.metric.direction,
        baseline: baseline.and_then(|b| {
            plan.configurations
                .iter()
                .position(|c| c.member.configuration == *b)
        }),
    }
}

/// Every job of the plan as the search sees it.
pub fn directed(
    plan: &Plan,
    settings: &SearchSettings,
    states: &HashMap<JobId, JobState>,
    mut curves: HashMap<JobId, BTreeMap<u32, f64>>,
) -> SearchInput {
    let (mut entries, mut jobs) = (Vec::new(), Vec::new());
    for (configuration, planned) in plan.configurations.iter().enumerate() {
        for (seed, job) in planned.member.jobs.iter().enumerate() {
            let standing = match states.get(&job.job).and_then(|s| s.outcome.as_deref()) {
                Some("finished") => JobStatus::Finished,
                Some("stopped") => JobStatus::Spared,
                Some("diverged") => JobStatus::Bad,
                _ => JobStatus::Open,
            };
            let (epochs, curve) = (
                planned.member.resolved.train.epochs(),
                curves.remove(&job.job).unwrap_or_default(),
            );
            entries.push(SearchJob {
                configuration,
                seed,
                epochs,
                curve,
                standing,
            });
            jobs.push(job.job.clone());
        }
    }
    SearchInput {
        search: search(plan, settings),
        metric: plan.metric.name.clone(),
        entries,
        jobs,
    }
}
