//! The configurations in order, with the comparisons between them.

use super::comparison::compare_all;
use super::{Comparison, MetricFormat, RankedConfiguration, RankedRun, RunUnit};
use convsweep_spec::figures::better_first;
use convsweep_spec::log::Revision;
use convsweep_statistics::sample::Sample;
use convsweep_store::ExperimentRows;

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
    /// Comparisons: of all others with the baseline, or of all pairs.
    pub comparisons: Vec<Comparison>,
    /// What the runs of a configuration differ by.
    pub unit: RunUnit,
}

impl<'a> Ranking<'a> {
    /// Orders and compares the configurations of `rows`.
    pub fn new(rows: &'a ExperimentRows) -> Ranking<'a> {
        let revision = &rows.revision;
        let metric = MetricFormat::from(&revision.metric);
        let configurations = sorted(rows, &metric);
        let ranked = configurations.partition_point(|c| c.score.is_some());
        let baseline = revision.baseline.as_ref().and_then(|id| {
            let is_baseline = |c: &RankedConfiguration| &c.row.member.configuration == id;
            configurations.iter().position(is_baseline)
        });
        let compared_baseline = baseline.filter(|b| *b < ranked);
        let comparisons = compare_all(&configurations[..ranked], compared_baseline, &metric);
        let runs = configurations.iter().flat_map(|c| &c.runs);
        let unit = RunUnit::of(runs.map(RankedRun::pair_key));
        Ranking {
            revision,
            metric,
            configurations,
            ranked,
            baseline,
            comparisons,
            unit,
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

    /// The comparison of two ranks, if it was made.
    pub fn comparison(&self, a: usize, b: usize) -> Option<&Comparison> {
        let (better, worse) = (a.min(b), a.max(b));
        self.comparisons
            .iter()
            .find(|c| c.better == better && c.worse == worse)
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

/// The configurations by their mean; equal ones, and those without a result, in the order of the
/// plan.
fn sorted<'a>(rows: &'a ExperimentRows, metric: &MetricFormat) -> Vec<RankedConfiguration<'a>> {
    let mut configurations = Vec::with_capacity(rows.configurations.len());
    for row in &rows.configurations {
        configurations.push(RankedConfiguration::new(row, metric));
    }
    configurations.sort_by_key(|c| c.row.member.position);
    configurations.sort_by(|a, b| better_first(metric.direction, a.mean(), b.mean()));
    configurations
}
