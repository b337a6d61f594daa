//! A configuration with the results of its runs.

use super::{MetricFormat, RankedRun};
use convsweep_spec::log::Axis;
use convsweep_statistics::sample::Sample;
use convsweep_store::ConfigurationRow;

/// A configuration with its results.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedConfiguration<'a> {
    /// The configuration.
    pub row: &'a ConfigurationRow,
    /// Its runs in the order of its jobs.
    pub runs: Vec<RankedRun<'a>>,
    /// The metric over the runs that count: those that finished with a finite value, and diverged
    /// ones, which count at the chance level. `None` without a result.
    pub score: Option<Sample>,
    /// 95 % interval of its expected result, with the variance that all configurations teach.
    pub interval: Option<(f64, f64)>,
}

impl<'a> RankedConfiguration<'a> {
    /// Reads the runs of a configuration; a diverged one counts as `diverged`.
    pub fn new(
        row: &'a ConfigurationRow,
        metric: &MetricFormat,
        diverged: Option<f64>,
    ) -> RankedConfiguration<'a> {
        let mut runs = Vec::with_capacity(row.jobs.len());
        for job in &row.jobs {
            runs.push(RankedRun::new(job, metric));
        }
        let value = |run: &RankedRun| match run.has_diverged() {
            true => diverged,
            false => run.value,
        };
        let values: Vec<f64> = runs.iter().filter_map(value).collect();
        RankedConfiguration {
            row,
            runs,
            score: Sample::of(&values),
            interval: None,
        }
    }

    /// Mean of its results; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        self.score.map(|score| score.mean)
    }

    /// Its short name.
    pub fn label(&self) -> &'a str {
        &self.row.member.label
    }

    /// Whether its jobs are learning-rate range tests rather than trainings.
    pub fn is_range_test(&self) -> bool {
        self.row.member.resolved.task.range_test().is_some()
    }

    /// Label of its value on the axis of this path.
    pub fn axis_label(&self, path: &str) -> Option<&'a str> {
        let mut values = self.row.member.values.iter();
        values.find(|v| v.path == path).map(|v| v.label.as_str())
    }

    /// Index of its value on an axis among the labels of that axis.
    pub fn value_index(&self, axis: &Axis) -> Option<usize> {
        let label = self.axis_label(&axis.path)?;
        axis.labels.iter().position(|l| l == label)
    }

    /// Finished runs.
    pub fn finished(&self) -> impl Iterator<Item = &RankedRun<'a>> {
        self.runs.iter().filter(|run| run.is_finished())
    }

    /// Results of the runs that have one, multiplied by `scale`.
    pub fn values(&self, scale: f64) -> impl Iterator<Item = f64> {
        self.runs
            .iter()
            .filter_map(move |run| Some(run.value? * scale))
    }

    /// Sample of a quantity over the finished runs that have it.
    pub fn summary(&self, quantity: impl Fn(&RankedRun<'a>) -> Option<f64>) -> Option<Sample> {
        let values: Vec<f64> = self.finished().filter_map(quantity).collect();
        Sample::of(&values)
    }

    /// Training time in seconds over the finished runs; epochs that a run took over from another
    /// job's saved state are not counted.
    pub fn seconds(&self) -> Option<Sample> {
        self.summary(|run| Some(run.job.seconds))
    }

    /// Accuracy on the test images over the finished runs.
    pub fn test_accuracy(&self) -> Option<Sample> {
        self.summary(|run| run.job.test.as_ref().map(|e| e.accuracy))
    }
}
