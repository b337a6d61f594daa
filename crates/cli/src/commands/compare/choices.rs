//! What is compared, with its results.

use super::find::{ChoicePart, FoundChoice};
use crate::exit::{Code, Exit, failure};
use crate::planning::lookup::unknown_experiment;
use anyhow::Result;
use convsweep_answers::{Answers, ConfigurationResults, MetricFormat, SweepResults};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::{Metric, VAL_ACCURACY};
use convsweep_store::Database;
use std::collections::{BTreeMap, BTreeSet};

/// One side of a comparison.
pub struct NamedChoice {
    /// As the user wrote it.
    pub named: String,
    /// As it is called in what is printed: `EXPERIMENT:LABEL`, or `job ID`.
    pub name: String,
    /// Its experiment.
    pub experiment: String,
    /// The metric and the margin that this declares.
    pub own_metric: (Metric, Option<f64>),
    /// How often a race of its experiment looked at the results while it decided.
    pub race_rounds: u32,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Of how many configurations it was chosen as the best; `None` if it was named.
    pub chosen_from: Option<usize>,
    /// The job, if it is a single one.
    pub job: Option<JobId>,
    /// Its runs; the only one, if it is a job.
    pub results: ConfigurationResults,
}

/// Reads the results of everything that was found, by the metric that all of it is compared by.
///
/// # Errors
/// If an experiment has no best configuration, or the database cannot be read.
pub fn read_choices(
    database: &Database,
    found: &[FoundChoice],
) -> Result<(Metric, Vec<NamedChoice>)> {
    let mut sweeps: BTreeMap<&str, SweepResults> = BTreeMap::new();
    for choice in found {
        let name = choice.experiment.as_str();
        let sweep = database.sweep_results(name).code(Exit::Results)?;
        sweeps.insert(
            name,
            sweep.ok_or_else(|| unknown_experiment(database, name))?,
        );
    }
    let metrics: BTreeSet<(&str, bool)> = sweeps.values().map(|s| metric_key(&s.metric)).collect();
    let first = sweeps.values().next().map(|sweep| sweep.metric.clone());
    let metric = match (metrics.len(), first) {
        (1, Some(metric)) => metric,
        _ => Metric::natural(VAL_ACCURACY),
    };
    let mut choices = Vec::with_capacity(found.len());
    for choice in found {
        if let Some(sweep) = sweeps.get(choice.experiment.as_str()) {
            choices.push(read(database, choice, sweep, &metric)?);
        }
    }
    Ok((metric, choices))
}

/// A metric as something that can be compared: its name, and whether larger is better.
pub fn metric_key(metric: &Metric) -> (&str, bool) {
    (&metric.name, MetricFormat::from(metric).larger_is_better())
}

fn read(
    database: &Database,
    found: &FoundChoice,
    sweep: &SweepResults,
    metric: &Metric,
) -> Result<NamedChoice> {
    let configuration = match &found.part {
        ChoicePart::Best => Some(best(found, sweep)?),
        ChoicePart::Configuration(id) => Some(id.clone()),
        ChoicePart::Job(_) => None,
    };
    let job = match &found.part {
        ChoicePart::Job(job) => Some(job),
        ChoicePart::Best | ChoicePart::Configuration(_) => None,
    };
    let experiment = &found.experiment;
    let by_metric = database
        .sweep_results_by(experiment, metric)
        .code(Exit::Results)?;
    let by_metric = by_metric.ok_or_else(|| unknown_experiment(database, experiment))?;
    let is_it = |results: &ConfigurationResults| match job {
        Some(job) => results.runs.iter().any(|run| run.job == *job),
        None => Some(&results.configuration) == configuration.as_ref(),
    };
    let mut configurations = by_metric.configurations.into_iter();
    let Some(mut results) = configurations.find(is_it) else {
        let message = format!(
            "\"{}\" was changed by a run meanwhile: try again",
            found.named
        );
        return Err(failure(Exit::Results, message));
    };
    let mut name = format!("{experiment}:{}", results.label);
    if let Some(job) = job {
        results.runs.retain(|run| run.job == *job);
        name = format!(
            "job {}",
            convsweep_spec::words::shortened(&job.0, 12).trim_end_matches('…')
        );
    }
    let revision = database.revision(experiment).code(Exit::Results)?;
    let chooses = found.part == ChoicePart::Best;
    Ok(NamedChoice {
        named: found.named.clone(),
        name,
        experiment: experiment.clone(),
        own_metric: (sweep.metric.clone(), sweep.margin),
        race_rounds: sweep.race_rounds,
        classes: revision
            .map(|revision| revision.classes)
            .unwrap_or_default(),
        chosen_from: chooses.then_some(sweep.configurations.len()),
        job: job.cloned(),
        results,
    })
}

/// The best configuration of an experiment.
fn best(found: &FoundChoice, sweep: &SweepResults) -> Result<convsweep_spec::id::ConfigurationId> {
    if let [only] = sweep.configurations.as_slice() {
        return Ok(only.configuration.clone());
    }
    let answers = Answers::of(sweep);
    let best = answers.best().map(|best| best.configuration.clone());
    let name = &found.experiment;
    best.ok_or_else(|| {
        let message = format!(
            "{name} has no best configuration, since no job of it has a result yet: name one as \
             {name}:LABEL; `convsweep status {name}` shows its jobs"
        );
        failure(Exit::Wrong, message)
    })
}
