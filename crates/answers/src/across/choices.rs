//! Which configurations of several experiments are the same choice.

use crate::answers::{Answers, Standing};
use crate::results::{ConfigurationResults, RunEnd, SweepResults};
use convsweep_spec::data::DataSpec;
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::metric::Metric;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentColumn {
    /// Its name.
    pub name: String,
    /// The metric that its configurations are compared by.
    pub metric: Metric,
    /// The images of its first configuration, and the content hash of their set.
    pub data: Option<(DataSpec, String)>,
    /// Whether its configurations differ in their images.
    pub has_several_sets: bool,
    /// Whether its jobs are learning-rate range tests, which have no result to compare.
    pub is_range_test: bool,
    /// Number of its jobs.
    pub jobs: usize,
    /// Number of those that have not ended.
    pub waiting: usize,
    /// Number of those that failed.
    pub failed: usize,
    /// Number of those that a rule stopped.
    pub stopped: usize,
    /// Its best choice.
    pub best: Option<String>,
}

/// One choice: the configurations that have the same values on the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceRow {
    /// Its name.
    pub label: String,
    /// Whether the values behind that name differ between the experiments.
    pub differs: bool,
    /// Its result in each experiment; `None` where there is no such configuration, or no result.
    pub cells: Vec<Option<ChoiceCell>>,
    /// Its rank in each experiment among the choices that all have, 1 for the best; equal results
    /// share the mean of their ranks. Empty unless it is ranked.
    pub ranks: Vec<f64>,
    /// The mean of these.
    pub mean_rank: Option<f64>,
}

/// The result of one choice in one experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChoiceCell {
    /// Mean over the runs that count.
    pub mean: f64,
    /// Their standard deviation; `None` below two.
    pub sd: Option<f64>,
    /// Number of these runs.
    pub runs: usize,
    /// Number of jobs.
    pub jobs: usize,
    /// Whether no configuration of the experiment has a better mean.
    pub is_best: bool,
    /// Whether it may be the best of its experiment.
    pub may_be_best: bool,
}

impl ExperimentColumn {
    pub(super) fn of(sweep: &SweepResults, answers: &Answers) -> ExperimentColumn {
        let ended = |end: RunEnd| sweep.runs().filter(|run| run.end == end).count();
        let mut sets = sweep.configurations.iter();
        let of = |results: &ConfigurationResults| {
            (results.resolved.data.clone(), results.data_hash.clone())
        };
        let data = sets.next().map(of);
        ExperimentColumn {
            name: sweep.experiment.clone(),
            metric: sweep.metric.clone(),
            has_several_sets: sets.any(|results| Some(of(results)) != data),
            data,
            is_range_test: answers.are_range_tests,
            jobs: answers.jobs,
            waiting: ended(RunEnd::Waiting),
            failed: ended(RunEnd::Failed),
            stopped: ended(RunEnd::Stopped),
            best: answers.best().map(|best| best.label.clone()),
        }
    }

    /// How many of its jobs have ended.
    pub fn ended(&self) -> usize {
        self.jobs - self.waiting
    }
}

/// What makes configurations of different experiments the same choice: the values on their axes by
/// path if all experiments have the same axes, else the label.
type ChoiceKey = BTreeMap<String, String>;

/// The choices in the order of the first experiment that has them.
pub(super) fn rows(experiments: &[(&SweepResults, &Answers)]) -> Vec<ChoiceRow> {
    let by_axes = have_same_axes(experiments);
    let mut places: HashMap<ChoiceKey, usize> = HashMap::new();
    let mut rows: Vec<ChoiceRow> = Vec::new();
    let mut first_values: Vec<Vec<&Value>> = Vec::new();
    for (column, (sweep, answers)) in experiments.iter().enumerate() {
        let standings = answers.standings.iter().map(|s| (&s.configuration, s));
        let standings: HashMap<&ConfigurationId, &Standing> = standings.collect();
        let best = answers.best().map(|best| best.mean);
        for results in &sweep.configurations {
            let next = rows.len();
            let place = *places.entry(key(results, by_axes)).or_insert(next);
            if place == next {
                first_values.push(axis_values(results));
                rows.push(ChoiceRow {
                    label: results.label.clone(),
                    differs: false,
                    cells: vec![None; experiments.len()],
                    ranks: Vec::new(),
                    mean_rank: None,
                });
            }
            rows[place].differs |= axis_values(results) != first_values[place];
            let standing = standings.get(&results.configuration);
            if let Some(standing) = standing
                && rows[place].cells[column].is_none()
            {
                rows[place].cells[column] = Some(cell(standing, best));
            }
        }
    }
    rows
}

fn axis_values(results: &ConfigurationResults) -> Vec<&Value> {
    results.values.iter().map(|value| &value.value).collect()
}

fn cell(standing: &Standing, best: Option<f64>) -> ChoiceCell {
    ChoiceCell {
        mean: standing.mean,
        sd: standing.sd,
        runs: standing.runs,
        jobs: standing.jobs,
        is_best: Some(standing.mean) == best,
        may_be_best: standing.may_be_best,
    }
}

fn have_same_axes(experiments: &[(&SweepResults, &Answers)]) -> bool {
    let paths = |sweep: &SweepResults| -> BTreeSet<String> {
        sweep.axes.iter().map(|axis| axis.path.clone()).collect()
    };
    let mut all = experiments.iter().map(|(sweep, _)| paths(sweep));
    let first = all.next().unwrap_or_default();
    !first.is_empty() && all.all(|other| other == first)
}

fn key(results: &ConfigurationResults, by_axes: bool) -> ChoiceKey {
    if !by_axes {
        return BTreeMap::from([(String::new(), results.label.clone())]);
    }
    let values = results.values.iter();
    values.map(|v| (v.path.clone(), v.label.clone())).collect()
}
