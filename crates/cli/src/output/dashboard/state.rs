//! What is shown of an experiment.

use convsweep_answers::{Answers, MetricFormat};
use convsweep_progress::{Counts, JobInTraining, JobStanding, RunningProgram, SweepState};
use convsweep_spec::words::printable;
use convsweep_store::FailureRow;
use std::collections::HashMap;

/// What is shown of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchedState {
    /// Its name.
    pub name: String,
    /// The program that runs in the results folder.
    pub program: RunningProgram,
    /// Numbers of jobs by how they stand.
    pub counts: Counts,
    /// Jobs that have ended, in whatever way.
    pub ended: usize,
    /// Estimated seconds until everything is trained.
    pub seconds_left: Option<f64>,
    /// Its jobs in the order of the plan.
    pub jobs: Vec<WatchedJob>,
    /// Its configurations with a result, the best first.
    pub standings: Vec<WatchedStanding>,
    /// Number of finished jobs that these were computed from.
    pub judged: usize,
    /// What the metric is called.
    pub metric: String,
    /// The newest failures, newest first.
    pub failures: Vec<WatchedFailure>,
    /// Why the state could not be read again.
    pub problem: Option<String>,
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchedJob {
    /// Its configuration, seed and fold.
    pub name: String,
    /// How it stands, in a word.
    pub standing: String,
    /// Its device, if it is being trained.
    pub device: String,
    /// Completed epochs.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// The metric by epoch, if it is being trained.
    pub curve: Vec<f64>,
    /// The newest value of the metric as text.
    pub newest: String,
    /// Why it ended as it did, if that is worth a word.
    pub detail: String,
}

/// A configuration with its result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchedStanding {
    /// Its place, from 1.
    pub rank: usize,
    /// Its label.
    pub label: String,
    /// Whether it may be the best.
    pub may_be_best: bool,
    /// Its mean as text.
    pub mean: String,
    /// The 95 % interval as text, if it is known.
    pub interval: String,
    /// Runs that count, and jobs in all.
    pub runs: (usize, usize),
    /// How many are worse, and how many better.
    pub beats: (usize, usize),
}

/// An attempt that failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchedFailure {
    /// Configuration and seed.
    pub name: String,
    /// Name of its outcome.
    pub outcome: String,
    /// Reason, message or signal.
    pub detail: String,
    /// Whether a later attempt finished.
    pub is_mended: bool,
}

impl WatchedState {
    /// The state of an experiment, with the answers and failures that are known.
    pub fn of(state: &SweepState, answers: Option<&Answers>, failures: &[FailureRow]) -> Self {
        let metric = answers.map(|answers| MetricFormat::from(&answers.metric));
        let running = state.running.iter();
        let running: HashMap<&str, &JobInTraining> =
            running.map(|job| (job.job.as_str(), job)).collect();
        let mut jobs = Vec::with_capacity(state.jobs.len());
        for job in &state.jobs {
            let standing = state.program.standing(&job.job, &job.state);
            let mut watched = WatchedJob {
                name: name(&job.label, job.seed, job.fold),
                standing: standing.word().to_string(),
                epoch: job.state.epoch,
                epochs: job.state.epochs,
                detail: detail(&standing, &job.state.detail),
                ..WatchedJob::default()
            };
            if let Some(found) = running.get(job.job.0.as_str()) {
                watched.device = printable(&found.device).into_owned();
                watched.curve.clone_from(&found.curve);
                watched.newest = newest(found.curve.last(), metric.as_ref());
            }
            jobs.push(watched);
        }
        WatchedState {
            name: printable(&state.name).into_owned(),
            program: state.program.clone(),
            counts: state.counts.clone(),
            ended: state.ended(),
            seconds_left: state.seconds_left(),
            jobs,
            standings: answers.map_or(vec![], standings),
            judged: answers.map_or(0, |answers| answers.finished),
            metric: metric.map_or(String::new(), |metric| metric.label()),
            failures: failures.iter().map(failure).collect(),
            problem: None,
        }
    }
}

fn name(label: &str, seed: u64, fold: Option<u32>) -> String {
    let label = printable(label);
    match fold {
        Some(fold) => format!("{label}, seed {seed}, fold {fold}"),
        None => format!("{label}, seed {seed}"),
    }
}

/// The first line of what is known of its end; nothing for a job that finished or has not ended.
fn detail(standing: &JobStanding, detail: &str) -> String {
    match standing {
        JobStanding::Finished | JobStanding::Running => String::new(),
        _ => printable(detail.lines().next().unwrap_or_default()).into_owned(),
    }
}

fn newest(value: Option<&f64>, metric: Option<&MetricFormat>) -> String {
    match (value, metric) {
        (Some(value), Some(metric)) => metric.number(*value),
        (Some(value), None) => format!("{value:.4}"),
        (None, _) => String::new(),
    }
}

fn standings(answers: &Answers) -> Vec<WatchedStanding> {
    let metric = MetricFormat::from(&answers.metric);
    let mut standings = Vec::with_capacity(answers.standings.len());
    for (place, standing) in answers.standings.iter().enumerate() {
        standings.push(WatchedStanding {
            rank: place + 1,
            label: printable(&standing.label).into_owned(),
            may_be_best: standing.may_be_best,
            mean: metric.number(standing.mean),
            interval: standing
                .interval
                .map_or(String::new(), |ends| metric.interval(ends)),
            runs: (standing.runs, standing.jobs),
            beats: (standing.beats, standing.beaten_by),
        });
    }
    standings
}

fn failure(row: &FailureRow) -> WatchedFailure {
    WatchedFailure {
        name: format!("{}, seed {}", printable(&row.label), row.seed),
        outcome: row.outcome.clone(),
        detail: printable(row.detail.lines().next().unwrap_or_default()).into_owned(),
        is_mended: row.is_mended,
    }
}
