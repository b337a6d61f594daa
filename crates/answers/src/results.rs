//! What is compared: the results of an experiment's jobs, as they were recorded.

use convsweep_spec::configuration::Configuration;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{Axis, AxisValue};
use convsweep_spec::metric::Metric;

/// The results of the newest revision of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepResults {
    /// Name of the experiment.
    pub experiment: String,
    /// The metric that configurations are compared by.
    pub metric: Metric,
    /// Differences up to this size, in the metric's unit, count as practically equal.
    pub margin: Option<f64>,
    /// The configuration that the file declares as the baseline.
    pub baseline: Option<ConfigurationId>,
    /// Axes in the order of the file.
    pub axes: Vec<Axis>,
    /// How often a race over the seeds may look at the results to decide whether to go on, up to
    /// its last seed; 0 without a race.
    pub race_rounds: u32,
    /// Configurations in the order of the plan.
    pub configurations: Vec<ConfigurationResults>,
}

impl SweepResults {
    /// The number of times that the results may be looked at: 1 without a race. Tests and intervals
    /// allow for it (Bonferroni).
    pub(crate) fn looks(&self) -> f64 {
        f64::from(self.race_rounds.max(1))
    }

    /// A p-value that counts each look as a test of its own.
    pub(crate) fn over_all_looks(&self, p: f64) -> f64 {
        (p * self.looks()).min(1.0)
    }

    /// The level of an interval that is a 95 % one over all looks.
    pub(crate) fn interval_level(&self) -> f64 {
        1.0 - (1.0 - 0.95) / self.looks()
    }

    /// All runs of all configurations.
    pub fn runs(&self) -> impl Iterator<Item = &RunResult> {
        self.configurations.iter().flat_map(|c| &c.runs)
    }
}

/// The results of one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigurationResults {
    /// Its id.
    pub configuration: ConfigurationId,
    /// Its short name.
    pub label: String,
    /// Its values on the axes.
    pub values: Vec<AxisValue>,
    /// The configuration, resolved.
    pub resolved: Configuration,
    /// Content hash of its image set.
    pub data_hash: String,
    /// Its jobs, in the order of the plan.
    pub runs: Vec<RunResult>,
}

impl ConfigurationResults {
    /// Label of its value on the axis of this path.
    pub fn axis_label(&self, path: &str) -> Option<&str> {
        let mut values = self.values.iter();
        values.find(|v| v.path == path).map(|v| v.label.as_str())
    }
}

/// The result of one job.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The job.
    pub job: JobId,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
    /// What became of it.
    pub end: RunEnd,
    /// The metric at the kept epoch, in the metric's unit; `None` if it recorded none. Only a
    /// finished job's counts.
    pub value: Option<f64>,
    /// Its evaluation on the validation images.
    pub validation: Option<ValidationResult>,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It finished.
    Finished,
    /// Its loss or weights were no longer finite.
    Diverged,
    /// A rule stopped it.
    Stopped,
    /// It failed otherwise, or its log is damaged.
    Failed,
    /// It has not ended yet.
    Waiting,
}

impl RunEnd {
    /// What the name of an outcome in the database means; none: the job waits or runs.
    pub fn of_outcome(outcome: Option<&str>) -> RunEnd {
        match outcome {
            None | Some("cancelled") => RunEnd::Waiting,
            Some("finished") => RunEnd::Finished,
            Some("diverged") => RunEnd::Diverged,
            Some("stopped") => RunEnd::Stopped,
            Some(_) => RunEnd::Failed,
        }
    }
}

/// An evaluation on the validation images.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidationResult {
    /// Number of images.
    pub images: u32,
    /// Share of them that were classified correctly.
    pub accuracy: f64,
    /// Images of each class; empty if unknown.
    pub class_images: Vec<u64>,
    /// Which images were classified correctly: bit i (lowest bit of the first byte first) is image
    /// i. Empty if unknown.
    pub correct: Vec<u8>,
}

impl ValidationResult {
    /// Whether an image was classified correctly; `false` if that is unknown.
    pub fn is_correct(&self, image: usize) -> bool {
        let byte = self.correct.get(image / 8);
        byte.is_some_and(|byte| byte >> (image % 8) & 1 == 1)
    }
}
