//! The plan's `[search]` as the runner takes it, with what earlier runs recorded.

use super::recorded_jobs::RecordedJobs;
use super::search_identity::current_stage;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_runner::search::{
    Curve, EarlyStopWatch, JobStatus, SearchHistory, SearchInput, SearchJob, SearchRules,
};
use convsweep_spec::figures::of_evaluation;
use convsweep_spec::id::JobId;
use convsweep_spec::metric::BEST_EPOCH;
use convsweep_spec::search::SearchSettings;
use convsweep_store::{Database, JobState};
use std::collections::{BTreeMap, HashMap};

/// The values of a metric by job and epoch.
type Values = HashMap<JobId, BTreeMap<u32, f64>>;

/// Every job of the plan as the search sees it: its recorded outcome, and its values of the
/// experiment's metric. `order` are the configurations in the order in which their jobs start.
///
/// # Errors
/// If the database cannot be read.
pub fn search_input(
    database: &Database,
    plan: &Plan,
    settings: &SearchSettings,
    recorded: &RecordedJobs,
    history: SearchHistory,
    order: &[usize],
) -> Result<SearchInput> {
    let mut curves = Curves::of(database, plan)?;
    let (mut jobs, mut ids, mut early_stops) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut numbers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (configuration, planned) in plan.configurations.iter().enumerate() {
        let epochs = planned.member.resolved.train.epochs();
        for (seed, job) in planned.member.jobs.iter().enumerate() {
            let watch = curves.early_stop(planned, &job.job);
            let state = recorded.states.get(&job.job);
            let curve = curves.curve(&job.job, state.map_or(0, |state| state.epoch));
            let has_ended = curve.last_epoch() >= epochs || watch.iter().any(|w| w.is_due());
            let number = jobs.len();
            jobs.push(SearchJob {
                configuration,
                seed,
                epochs,
                status: status(recorded, &job.job, has_ended),
                curve,
            });
            ids.push(job.job.clone());
            early_stops.extend(watch.map(|watch| (number, watch)));
            numbers.entry(configuration).or_default().push(number);
        }
    }
    let order = order
        .iter()
        .filter_map(|configuration| numbers.get(configuration));
    Ok(SearchInput {
        rules: rules(plan, settings),
        metric: plan.metric.name.clone(),
        jobs,
        ids,
        stage: current_stage(plan),
        history,
        order: order.flatten().copied().collect(),
        early_stops,
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

/// The status of a job. `has_ended` says whether all that it is to train is trained.
fn status(recorded: &RecordedJobs, job: &JobId, has_ended: bool) -> JobStatus {
    let state: Option<&JobState> = recorded.states.get(job);
    match state.and_then(|state| state.outcome.as_deref()) {
        Some("finished") if recorded.decided.exempt.contains(job) => JobStatus::Finished,
        Some("finished") => JobStatus::Trained,
        Some("diverged" | "damaged") => JobStatus::Unsuccessful,
        _ if recorded.decided.exempt.contains(job) => JobStatus::Exempt,
        _ if recorded.decided.stopped.contains(job) => JobStatus::Pruned,
        _ if has_ended => JobStatus::Ending,
        // Its attempts ended where they were told to: at a pause, unless the person was faster.
        Some("cancelled" | "stopped") => JobStatus::Active,
        Some(_) | None => match state {
            Some(state) if state.attempts > 0 => JobStatus::Unsettled,
            _ => JobStatus::Active,
        },
    }
}

/// What the jobs of a plan have recorded.
struct Curves {
    values: Values,
    best_epochs: Values,
    /// The metric after training.
    evaluations: HashMap<JobId, Option<f64>>,
    /// The values that early stopping looks at, by metric.
    watched: HashMap<String, Values>,
}

impl Curves {
    fn of(database: &Database, plan: &Plan) -> Result<Curves> {
        let values_of = |metric: &str| database.curves(&plan.name, metric).code(Exit::Results);
        let mut watched = HashMap::new();
        for planned in &plan.configurations {
            if let Some(rule) = &planned.member.resolved.train.early_stopping
                && !watched.contains_key(&rule.metric.name)
            {
                let values = values_of(&rule.metric.name)?;
                watched.insert(rule.metric.name.clone(), values);
            }
        }
        let mut evaluations = HashMap::new();
        let metric = &plan.metric.name;
        let validations = database.validations(&plan.name).code(Exit::Results)?;
        for (job, (loss, accuracy)) in validations {
            evaluations.insert(job, of_evaluation(metric, loss, accuracy));
        }
        Ok(Curves {
            evaluations,
            values: values_of(metric)?,
            best_epochs: values_of(BEST_EPOCH)?,
            watched,
        })
    }

    /// The recorded values of the plan's metric, with the best epoch so far at each epoch, of a job
    /// that has completed this many epochs.
    fn curve(&mut self, job: &JobId, completed: u32) -> Curve {
        let best_epochs = self.best_epochs.get(job);
        let best = |epoch| best_epochs.and_then(|best| best.get(&epoch)).copied();
        let mut curve = Curve::default();
        for (epoch, value) in self.values.remove(job).unwrap_or_default() {
            curve.insert(epoch, value, best(epoch));
        }
        if curve.last_epoch() < completed {
            curve.insert(completed, None, best(completed));
        }
        curve.set_evaluation(self.evaluations.remove(job).flatten());
        curve
    }

    /// The job's early stopping, if it has one.
    fn early_stop(&mut self, planned: &Planned, job: &JobId) -> Option<EarlyStopWatch> {
        let rule = planned.member.resolved.train.early_stopping.clone()?;
        let watched = self.watched.get_mut(&rule.metric.name)?;
        let values = watched.remove(job).unwrap_or_default();
        Some(EarlyStopWatch::new(rule, values))
    }
}
