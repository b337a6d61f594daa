//! What a report needs of an experiment, as plain data.

use super::epoch_values::EpochValues;
use super::log_problems::LogProblem;
use convsweep_answers::{ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult};
use convsweep_spec::event::Fingerprint;
use convsweep_spec::figures::{JobFigures, kept_epoch, of_evaluation};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Member, Revision};
use convsweep_spec::metric::BEST_EPOCH;
use std::collections::BTreeMap;

/// The newest revision of an experiment with everything that its jobs recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentRows {
    /// The revision.
    pub revision: Revision,
    /// Its configurations in the order of the plan.
    pub configurations: Vec<ConfigurationRow>,
    /// How often a race over the seeds may look at the results.
    pub race_rounds: u32,
    /// What is wrong with the experiment's log, each with its place.
    pub log_problems: Vec<LogProblem>,
    /// Why the database cannot be vouched for, if it cannot; whoever opened it knows.
    pub database_doubt: Option<String>,
}

impl ExperimentRows {
    /// The results that its answers are made of, the same as [`Database::sweep_results`].
    ///
    /// [`Database::sweep_results`]: crate::Database::sweep_results
    pub fn sweep_results(&self) -> SweepResults {
        let revision = &self.revision;
        let configurations = self.configurations.iter();
        let results = |row: &ConfigurationRow| row.results(&revision.metric.name);
        SweepResults {
            experiment: revision.experiment.clone(),
            metric: revision.metric.clone(),
            margin: revision.margin,
            baseline: revision.baseline.clone(),
            axes: revision.axes.clone(),
            race_rounds: self.race_rounds,
            configurations: configurations.map(results).collect(),
        }
    }
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigurationRow {
    /// What the revision says about it.
    pub member: Member,
    /// Its jobs, in the order of `member.jobs`.
    pub jobs: Vec<JobRow>,
}

/// One job, over all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    /// Its id.
    pub job: JobId,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
    /// `damaged` if the job's log is, so that nothing it recorded counts; `finished` if any attempt
    /// did; else the name of the last attempt's outcome; `None` while it
    /// is waiting or running.
    pub outcome: Option<String>,
    /// Attempts so far.
    pub attempts: u32,
    /// Training time in seconds, summed over the attempts.
    pub seconds: f64,
    /// Training images per second, mean over the epochs; 0 if none was trained.
    pub images_per_second: f64,
    /// Largest peak memory of the attempts, in bytes.
    pub peak_memory_bytes: u64,
    /// Metrics of each completed epoch, in order. If the job started from the saved state of
    /// another job, its first epochs may be that job's.
    pub epochs: Vec<EpochRow>,
    /// Evaluation on the validation images after training.
    pub validation: Option<EvaluationRow>,
    /// Evaluation on the test images after training.
    pub test: Option<EvaluationRow>,
    /// Program and hardware of the attempt that finished, else of the last one: they decide the
    /// last bits.
    pub fingerprint: Option<Fingerprint>,
    /// Hashes of the job's artifacts by path, as far as its log has them.
    pub hashes: BTreeMap<String, String>,
    /// What its workers warned of, oldest first.
    pub warnings: Vec<String>,
    /// Whether a rule of the experiment has stopped it, and no person wanted it trained afterwards.
    pub was_stopped: bool,
    /// Device of that attempt, `cpu`, `cuda:0`, …; empty if none has started.
    pub device: String,
}

impl ConfigurationRow {
    fn results(&self, metric: &str) -> ConfigurationResults {
        let member = &self.member;
        ConfigurationResults {
            configuration: member.configuration.clone(),
            label: member.label.clone(),
            values: member.values.clone(),
            resolved: member.resolved.clone(),
            data_hash: member.data_hash.clone(),
            runs: self.jobs.iter().map(|job| job.run(metric)).collect(),
        }
    }
}

impl JobRow {
    fn run(&self, metric: &str) -> RunResult {
        let end = RunEnd::of_outcome(self.outcome.as_deref());
        let validation = self.validation.as_ref().filter(|_| self.is_finished());
        RunResult {
            job: self.job.clone(),
            seed: self.seed,
            fold: self.fold,
            end,
            value: self.result(metric),
            validation: validation.map(EvaluationRow::result),
        }
    }

    /// Whether its results count.
    pub fn is_finished(&self) -> bool {
        self.outcome.as_deref() == Some("finished")
    }

    /// The metrics of the epoch whose weights it keeps; `None` before its first, or if they are
    /// lost.
    pub fn kept(&self) -> Option<&EpochRow> {
        kept_row(&self.epochs)
    }

    /// Its result in a metric ([`JobFigures::result`]).
    pub fn result(&self, metric: &str) -> Option<f64> {
        let last = self.epochs.last();
        let validation = self.validation.as_ref();
        let job = JobFigures {
            is_finished: self.is_finished(),
            epochs: last.map_or(0, |last| last.epoch),
            best_epoch: last.and_then(|last| last.values.get(BEST_EPOCH).copied()),
            evaluation: validation.and_then(|v| of_evaluation(metric, v.loss, v.accuracy)),
        };
        job.result(|epoch| row_of(&self.epochs, epoch)?.values.get(metric).copied())
    }
}

/// The row of the epoch whose weights a job keeps that has completed these epochs, in order; `None`
/// before the first, or if the row is lost.
pub fn kept_row(epochs: &[EpochRow]) -> Option<&EpochRow> {
    let last = epochs.last()?;
    let best_epoch = last.values.get(BEST_EPOCH).copied();
    row_of(epochs, kept_epoch(last.epoch, best_epoch))
}

fn row_of(epochs: &[EpochRow], epoch: u32) -> Option<&EpochRow> {
    let place = epochs.binary_search_by_key(&epoch, |row| row.epoch);
    epochs.get(place.ok()?)
}

/// Metrics at the end of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochRow {
    /// Completed epochs, from 1.
    pub epoch: u32,
    /// Phase, from 0.
    pub phase: u32,
    /// Completed steps over the whole job.
    pub step: u64,
    /// Values by name.
    pub values: EpochValues,
}

/// The trained network evaluated on the validation or the test images.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationRow {
    /// Number of images.
    pub images: u32,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of images whose most probable class is the true one.
    pub accuracy: f64,
    /// `confusion[true][predicted]` counts.
    pub confusion: Vec<Vec<u32>>,
    /// Which images were classified correctly: bit i (lowest bit of the first byte first) is image
    /// i of the part.
    pub correct: Vec<u8>,
}

impl EvaluationRow {
    fn result(&self) -> ValidationResult {
        let images_of = |counts: &Vec<u32>| counts.iter().map(|count| u64::from(*count)).sum();
        ValidationResult {
            images: self.images,
            accuracy: self.accuracy,
            class_images: self.confusion.iter().map(images_of).collect(),
            correct: self.correct.clone(),
        }
    }
}
