//! The state of an experiment, read from the database.

use crate::exit::{Code, Exit};
use crate::planning::lookup::progress;
use crate::planning::standing::{Counts, JobStanding, Run};
use anyhow::Result;
use convsweep_runner::LockHolder;
use convsweep_spec::words::counted;
use convsweep_store::{Database, FailureRow, JobProgress, LeaderboardEntry};

/// Configurations that are read; fewer are shown in a small terminal.
const MAX_BEST: u32 = 20;
/// Failures that are read.
const MAX_FAILURES: u32 = 10;

/// The state of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Its name.
    pub name: String,
    /// The process that runs in the results folder, and whether it is paused.
    pub holder: Option<String>,
    /// Numbers of jobs by how they stand.
    pub counts: Counts,
    /// Mean seconds that finished jobs took.
    pub seconds_a_job: Option<f64>,
    /// The best configurations: label and figures.
    pub best: Vec<(String, String)>,
    /// Jobs that are being trained.
    pub running: Vec<RunningRow>,
    /// The newest failures: label and reason.
    pub failures: Vec<(String, String)>,
}

/// A job that is being trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningRow {
    /// Its device.
    pub device: String,
    /// Its configuration and seed.
    pub label: String,
    /// Completed epochs.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// The metric by epoch.
    pub curve: Vec<f64>,
}

impl Picture {
    /// Reads the state of an experiment.
    ///
    /// # Errors
    /// If there is no such experiment or the database cannot be read.
    pub fn read(database: &Database, name: &str, run: &Run) -> Result<Picture> {
        let jobs = progress(database, name)?;
        let metric = database.metric(name).code(Exit::Results)?;
        let metric = metric.map_or(String::new(), |metric| metric.name);
        let mut picture = Picture {
            name: name.to_string(),
            holder: run.holder.as_ref().map(holder_words),
            counts: run.counts(&jobs),
            ..Picture::default()
        };
        for job in &jobs {
            if run.standing(&job.job, &job.state) == JobStanding::Running {
                picture.running.push(running_row(database, job, &metric)?);
            }
        }
        let best = database.leaderboard(name, MAX_BEST).code(Exit::Results)?;
        picture.best = best.iter().map(|row| best_row(row, &metric)).collect();
        let failures = database.failures(name, MAX_FAILURES).code(Exit::Results)?;
        picture.failures = failures.iter().map(failure_row).collect();
        picture.seconds_a_job = database.mean_job_seconds(name).code(Exit::Results)?;
        Ok(picture)
    }

    /// Estimated seconds until everything is trained; `None` if nothing is running or finished.
    pub fn seconds_left(&self) -> Option<f64> {
        let seconds_a_job = self.seconds_a_job?;
        if self.running.is_empty() {
            return None;
        }
        let counts = &self.counts;
        let done = counts.finished + counts.pruned + counts.failed;
        let mut jobs_left = counts.jobs.saturating_sub(done) as f64;
        for row in &self.running {
            jobs_left -= f64::from(row.epoch) / f64::from(row.epochs.max(1));
        }
        Some(seconds_a_job * jobs_left.max(0.0) / self.running.len() as f64)
    }
}

fn holder_words(holder: &LockHolder) -> String {
    match holder.is_paused {
        true => format!("{holder} · paused"),
        false => holder.to_string(),
    }
}

fn running_row(database: &Database, job: &JobProgress, metric: &str) -> Result<RunningRow> {
    let attempts = database.attempts(&job.job).code(Exit::Results)?;
    let device = attempts.into_iter().next_back().and_then(|a| a.device);
    Ok(RunningRow {
        device: device.unwrap_or_default(),
        label: format!("{}, seed {}", job.label, job.seed),
        epoch: job.state.epoch,
        epochs: job.state.epochs,
        curve: database.job_curve(&job.job, metric).code(Exit::Results)?,
    })
}

fn best_row(row: &LeaderboardEntry, metric: &str) -> (String, String) {
    let sample = &row.sample;
    let spread = match sample.sd {
        Some(sd) => format!(" ± {sd:.4}"),
        None => String::new(),
    };
    let (mean, n, jobs) = (sample.mean, sample.n, counted(row.jobs.into(), "seed"));
    let figures = format!("{metric} {mean:.4}{spread} ({n} of {jobs})");
    (row.label.clone(), figures)
}

fn failure_row(row: &FailureRow) -> (String, String) {
    let detail = row.detail.lines().next().unwrap_or_default();
    let label = format!("{}, seed {}", row.label, row.seed);
    (label, format!("{} {detail}", row.outcome))
}
