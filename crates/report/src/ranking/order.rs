//! The configurations in order, with what their results say.

use super::comparison::image_tests;
use super::{MetricFormat, RankedConfiguration, RankedRun, RunUnit};
use convsweep_answers::Answers;
use convsweep_spec::log::Revision;
use convsweep_statistics::mcnemar::McNemar;
use convsweep_statistics::sample::Sample;
use convsweep_store::ExperimentRows;
use std::collections::BTreeSet;

/// The configurations of an experiment, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking<'a> {
    /// The revision of the experiment.
    pub revision: &'a Revision,
    /// The metric that configurations are compared by.
    pub metric: MetricFormat,
    /// Configurations, the best first; those without a result last, in the order of the plan.
    pub configurations: Vec<RankedConfiguration<'a>>,
    /// Number of configurations with a result.
    pub ranked: usize,
    /// Rank of the declared baseline, from 0.
    pub baseline: Option<usize>,
    /// What the runs of a configuration differ by.
    pub unit: RunUnit,
    /// What the results say. Its ranks are those of `configurations`.
    pub answers: Answers,
}

impl<'a> Ranking<'a> {
    /// Orders and compares the configurations of `rows`.
    pub fn new(rows: &'a ExperimentRows) -> Ranking<'a> {
        let revision = &rows.revision;
        let metric = MetricFormat::from(&revision.metric);
        let answers = Answers::of(&rows.sweep_results());
        let configurations = sorted(rows, &metric, &answers);
        let ranked = answers.standings.len();
        let baseline = revision.baseline.as_ref().and_then(|id| {
            let is_baseline = |c: &RankedConfiguration| &c.row.member.configuration == id;
            configurations.iter().position(is_baseline)
        });
        let runs = configurations.iter().flat_map(|c| &c.runs);
        let unit = RunUnit::of(runs.map(RankedRun::pair_key));
        Ranking {
            revision,
            metric,
            configurations,
            ranked,
            baseline,
            unit,
            answers,
        }
    }

    /// The configurations with a result, the best first.
    pub fn with_result(&self) -> &[RankedConfiguration<'a>] {
        &self.configurations[..self.ranked]
    }

    /// The chosen configuration.
    pub fn best(&self) -> Option<&RankedConfiguration<'a>> {
        self.with_result().first()
    }

    /// The run whose kept images are shown: the first finished one of the chosen configuration.
    pub fn shown_run(&self) -> Option<&RankedRun<'a>> {
        self.best()?.finished().next()
    }

    /// All runs of all configurations.
    pub fn runs(&self) -> impl Iterator<Item = &RankedRun<'a>> {
        self.configurations.iter().flat_map(|c| &c.runs)
    }

    /// Number of jobs that finished.
    pub fn finished_jobs(&self) -> usize {
        self.runs().filter(|run| run.is_finished()).count()
    }

    /// Rank of the baseline, if it has a result.
    pub fn ranked_baseline(&self) -> Option<usize> {
        self.baseline.filter(|b| *b < self.ranked)
    }

    /// Whether the test figures of the configuration at `rank` are shown.
    pub fn shows_test(&self, rank: usize) -> bool {
        self.revision.show_test || rank == 0 || Some(rank) == self.baseline
    }

    /// Test accuracy of the configuration at `rank`, if it has a result and its test figures are
    /// shown.
    pub fn shown_test_accuracy(&self, rank: usize) -> Option<Sample> {
        if rank >= self.ranked || !self.shows_test(rank) {
            return None;
        }
        self.configurations[rank].test_accuracy()
    }

    /// McNemar's tests of two ranks, one for each run that both have.
    pub fn image_tests(&self, a: usize, b: usize) -> Vec<McNemar> {
        image_tests(&self.configurations[a], &self.configurations[b])
    }

    /// Label of the configuration at `rank`, marked if it is the baseline.
    pub fn name(&self, rank: usize) -> String {
        let label = self.configurations[rank].label();
        if self.baseline == Some(rank) {
            format!("{label} (baseline)")
        } else {
            label.to_string()
        }
    }

    /// Fewest and most runs with a result of any ranked configuration.
    pub fn run_counts(&self) -> Option<(usize, usize)> {
        let mut counts: Option<(usize, usize)> = None;
        for score in self.with_result().iter().filter_map(|c| c.score) {
            let (least, most) = counts.unwrap_or((score.n, score.n));
            counts = Some((least.min(score.n), most.max(score.n)));
        }
        counts
    }

    /// `3 seeds`, or `2 to 3 seeds` where configurations differ.
    pub fn runs_in_words(&self) -> String {
        match self.run_counts() {
            Some((least, most)) if least < most => {
                format!("{least} to {}", self.unit.count(most))
            }
            Some((_, most)) => self.unit.count(most),
            None => self.unit.count(0),
        }
    }
}

/// The configurations in the order of the answers; those without a result last, in the order of the
/// plan.
fn sorted<'a>(
    rows: &'a ExperimentRows,
    metric: &MetricFormat,
    answers: &Answers,
) -> Vec<RankedConfiguration<'a>> {
    let mut order: Vec<usize> = answers.standings.iter().map(|s| s.position).collect();
    let with_result: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..rows.configurations.len()).filter(|place| !with_result.contains(place)));
    let mut configurations = Vec::with_capacity(order.len());
    for place in order {
        let row = &rows.configurations[place];
        let diverged = answers.diverged_value;
        configurations.push(RankedConfiguration::new(row, metric, diverged));
    }
    for (configuration, standing) in configurations.iter_mut().zip(&answers.standings) {
        configuration.interval = standing.interval;
    }
    configurations
}
