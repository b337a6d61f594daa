//! An experiment at one moment.

use super::FeedError;
use super::budget::Budget;
use convsweep_progress::{RunningProgram, SweepState};
use convsweep_report::LiveReport;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, FailureRow};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

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
    /// Whether somebody has asked for it since the last look.
    pub is_asked: bool,
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
        let report = reporting.spend(|| report(database, name, results))?;
        Ok(WatchedSweep {
            results: results_of(&state),
            seen: Arc::new(Sweep {
                failures: database.failures(name, MOST_FAILURES)?,
                report: Arc::new(report),
                is_report_behind: false,
                state,
            }),
            stamp,
            is_asked: true,
            reporting,
        })
    }

    /// Reads what has changed; whether it is still there.
    pub fn refresh(
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
                let made = self.reporting.spend(|| report(database, &name, results))?;
                new.report = Arc::new(made);
                new.is_report_behind = false;
                self.results = now;
            }
        }
        self.seen = Arc::new(new);
        self.stamp = stamp;
        Ok(true)
    }

    /// Whether the report waits until it may be made again, and may now.
    pub fn is_due(&self) -> bool {
        self.seen.is_report_behind && self.reporting.allows()
    }
}

fn report(
    database: &Database,
    name: &str,
    results: &ResultsFolder,
) -> Result<LiveReport, FeedError> {
    let rows = database.experiment_results(name)?;
    Ok(LiveReport::of(
        rows.ok_or(FeedError::NoExperiment)?,
        results,
    )?)
}

/// A number that is another one when results have changed: jobs, and how they ended.
fn results_of(state: &SweepState) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.revision.hash(&mut hasher);
    for job in &state.jobs {
        (
            &job.state.outcome,
            job.state.attempts * u32::from(job.state.outcome.is_some()),
        )
            .hash(&mut hasher);
    }
    hasher.finish()
}
