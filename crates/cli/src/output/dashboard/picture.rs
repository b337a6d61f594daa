//! What the dashboard shows of an experiment, in words.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_progress::{JobInTraining, SweepState};
use convsweep_runner::LockHolder;
use convsweep_spec::words::counted;
use convsweep_store::{Database, FailureRow, LeaderboardEntry};

/// Configurations that are read; fewer are shown in a small terminal.
const MAX_BEST: u32 = 20;
/// Failures that are read.
const MAX_FAILURES: u32 = 10;

/// What the dashboard shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// The state of the experiment.
    pub state: SweepState,
    /// The process that runs in the results folder, and whether it is paused.
    pub holder: Option<String>,
    /// The best configurations: label and figures.
    pub best: Vec<(String, String)>,
    /// The newest failures: label and reason.
    pub failures: Vec<(String, String)>,
}

impl Picture {
    /// Reads what else is shown of an experiment in this state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(database: &Database, state: SweepState) -> Result<Picture> {
        let name = &state.name;
        let metric = database.metric(name).code(Exit::Results)?;
        let metric = metric.map_or(String::new(), |metric| metric.name);
        let best = database.leaderboard(name, MAX_BEST).code(Exit::Results)?;
        let failures = database.failures(name, MAX_FAILURES).code(Exit::Results)?;
        Ok(Picture {
            holder: state.program.holder.as_ref().map(holder_words),
            best: best.iter().map(|row| best_row(row, &metric)).collect(),
            failures: failures.iter().map(failure_row).collect(),
            state,
        })
    }

    /// Jobs that are being trained.
    pub fn running(&self) -> &[JobInTraining] {
        &self.state.running
    }
}

fn holder_words(holder: &LockHolder) -> String {
    match holder.is_paused {
        true => format!("{holder} · paused"),
        false => holder.to_string(),
    }
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
