//! An experiment at one moment.

use super::FeedError;
use convsweep_progress::{Budget, RunningProgram, SweepState};
use convsweep_report::LiveReport;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, FailureRow};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Failures that are shown.
const MOST_FAILURES: u32 = 20;

/// An experiment at one moment.
#[derive(Clone)]
pub struct Sweep {
    /// How far it has come.
    pub state: SweepState,
    /// What the results say.
    pub report: Arc<LiveReport>,
    /// Whether jobs have ended since that was computed.
    pub is_report_behind: bool,
    /// The newest failed attempts.
    pub failures: Vec<FailureRow>,
}

/// An experiment that somebody looks at.
pub struct WatchedSweep {
    /// As it was last seen.
    pub seen: Arc<Sweep>,
    /// Number of the state of the database, and the program, that it was seen in.
    pub stamp: (i64, RunningProgram),
    /// When somebody asked for it last.
    pub asked: Instant,
    /// Whether it has been left as it was seen, although something has changed.
    is_behind: bool,
    /// How often it may be read again.
    refreshing: Budget,
    /// When its stored report was written, if there is one.
    stored: Option<SystemTime>,
    /// The results that the report was made of.
    results: u64,
    /// How often the report may be made.
    reporting: Budget,
}

impl WatchedSweep {
    /// Reads an experiment for the first time.
    pub fn read(
        database: &Database,
        name: &str,
        results: &ResultsFolder,
        stamp: (i64, RunningProgram),
    ) -> Result<WatchedSweep, FeedError> {
        let state = SweepState::read(database, name, stamp.1.clone())?;
        let state = state.ok_or(FeedError::NoExperiment)?;
        let mut reporting = Budget::new();
        let report = reporting.spend(|| report(database, &state, results))?;
        Ok(WatchedSweep {
            results: results_of(&state),
            seen: Arc::new(Sweep {
                failures: database.failures(name, MOST_FAILURES)?,
                report: Arc::new(report),
                is_report_behind: false,
                state,
            }),
            stamp,
            asked: Instant::now(),
            is_behind: false,
            refreshing: Budget::new(),
            stored: None,
            reporting,
        })
    }

    /// Reads what has changed, unless it was read a moment ago; whether the experiment is still
    /// there.
    pub fn refresh(
        &mut self,
        database: &Database,
        results: &ResultsFolder,
        stamp: (i64, RunningProgram),
    ) -> Result<bool, FeedError> {
        if stamp == self.stamp && !self.is_due() {
            return Ok(true);
        }
        self.is_behind = !self.refreshing.allows();
        if self.is_behind {
            return Ok(true);
        }
        let mut refreshing = std::mem::replace(&mut self.refreshing, Budget::new());
        let is_there = refreshing.spend(|| self.refresh_now(database, results, stamp));
        self.refreshing = refreshing;
        is_there
    }

    fn refresh_now(
        &mut self,
        database: &Database,
        results: &ResultsFolder,
        stamp: (i64, RunningProgram),
    ) -> Result<bool, FeedError> {
        let mut new = Sweep::clone(&self.seen);
        if !new.state.refresh(database, stamp.1.clone())? {
            return Ok(false);
        }
        let name = new.state.name.clone();
        let now = results_of(&new.state);
        new.is_report_behind = now != self.results;
        if new.is_report_behind {
            new.failures = database.failures(&name, MOST_FAILURES)?;
            // Whoever comes when everything has ended sees the last word.
            if self.reporting.allows() || new.state.is_at_rest() {
                let made = self
                    .reporting
                    .spend(|| report(database, &new.state, results))?;
                new.report = Arc::new(made);
                new.is_report_behind = false;
                self.results = now;
            }
        }
        self.seen = Arc::new(new);
        self.stamp = stamp;
        Ok(true)
    }

    /// Whether something has waited until it may be read again, and may now.
    pub fn is_due(&self) -> bool {
        let is_report_due = self.seen.is_report_behind && self.reporting.allows();
        (self.is_behind || is_report_due) && self.refreshing.allows()
    }

    /// Whether another report lies in its folder than at the last look.
    pub fn has_new_report(&mut self, results: &ResultsFolder) -> bool {
        let report = results
            .experiment(&self.seen.state.name)
            .join("report.html");
        let written = fs::metadata(report).and_then(|file| file.modified()).ok();
        std::mem::replace(&mut self.stored, written) != written
    }
}

fn report(
    database: &Database,
    state: &SweepState,
    results: &ResultsFolder,
) -> Result<LiveReport, FeedError> {
    let rows = database.experiment_results(&state.name)?;
    let rows = rows.ok_or(FeedError::NoExperiment)?;
    Ok(LiveReport::of(rows, results, state.is_at_rest())?)
}

/// A number that is another one when results have changed: jobs, how they ended, and whether all is
/// at rest.
fn results_of(state: &SweepState) -> u64 {
    let mut hasher = DefaultHasher::new();
    (state.revision, state.is_at_rest()).hash(&mut hasher);
    for job in &state.jobs {
        if let Some(outcome) = &job.state.outcome {
            (&job.job.0, outcome, job.state.attempts).hash(&mut hasher);
        }
    }
    hasher.finish()
}
