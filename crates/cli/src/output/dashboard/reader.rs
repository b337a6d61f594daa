//! Reads what is shown: only what has changed, and what takes long only now and then.

use super::state::WatchedState;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_answers::Answers;
use convsweep_progress::{Budget, RunningProgram, SweepState};
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, FailureRow};
use std::time::Duration;

/// Failures that are read.
const MAX_FAILURES: u32 = 500;

/// What a reading has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All is as it was.
    Unchanged,
    /// Something has changed.
    Changed,
    /// The experiment is no longer there.
    Gone,
}

/// Reads the state of an experiment again and again.
pub struct WatchReader {
    results: ResultsFolder,
    database: Database,
    state: SweepState,
    answers: Option<Answers>,
    /// The number of finished jobs and the revision that the answers were computed from.
    judged: Option<(usize, u32)>,
    failures: Vec<FailureRow>,
    /// What changes with the database.
    version: i64,
    reading: Budget,
    judging: Budget,
}

impl WatchReader {
    /// A reader of this experiment; `None` if there is none of this name.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn new(
        results: &ResultsFolder,
        database: Database,
        name: &str,
    ) -> Result<Option<WatchReader>> {
        let program = RunningProgram::of(results);
        let state = SweepState::read(&database, name, program).code(Exit::Results)?;
        let Some(state) = state else {
            return Ok(None);
        };
        let mut reader = WatchReader {
            results: results.clone(),
            version: database.data_version().code(Exit::Results)?,
            database,
            state,
            answers: None,
            judged: None,
            failures: vec![],
            reading: Budget::new(),
            judging: Budget::new(),
        };
        reader.read_rest()?;
        Ok(Some(reader))
    }

    /// Reads what has changed.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn refresh(&mut self) -> Result<Reading> {
        let mut reading = std::mem::take(&mut self.reading);
        let read = reading.spend(|| self.read());
        self.reading = reading;
        read
    }

    fn read(&mut self) -> Result<Reading> {
        let program = RunningProgram::of(&self.results);
        let version = self.database.data_version().code(Exit::Results)?;
        if version == self.version && program == self.state.program && !self.is_due() {
            return Ok(Reading::Unchanged);
        }
        self.version = version;
        let refreshed = self.state.refresh(&self.database, program);
        if !refreshed.code(Exit::Results)? {
            return Ok(Reading::Gone);
        }
        self.read_rest()?;
        Ok(Reading::Changed)
    }

    /// Failures, and, if there are new results and it is time for it, what they say.
    fn read_rest(&mut self) -> Result<()> {
        let failures = self.database.failures(&self.state.name, MAX_FAILURES);
        self.failures = failures.code(Exit::Results)?;
        if self.is_due() {
            let mut judging = std::mem::take(&mut self.judging);
            let answers = judging.spend(|| self.database.answers(&self.state.name));
            self.judging = judging;
            self.answers = answers.code(Exit::Results)?;
            self.judged = Some(self.results_so_far());
        }
        Ok(())
    }

    /// Whether there are results that the answers do not know, and it is time to compute them.
    fn is_due(&self) -> bool {
        self.judging.allows() && self.judged != Some(self.results_so_far())
    }

    fn results_so_far(&self) -> (usize, u32) {
        (self.state.counts.finished, self.state.revision)
    }

    /// What is shown.
    pub fn shown(&self) -> WatchedState {
        WatchedState::of(&self.state, self.answers.as_ref(), &self.failures)
    }

    /// The state of the experiment.
    pub fn state(&self) -> &SweepState {
        &self.state
    }

    /// Time until the next reading.
    pub fn pause(&self) -> Duration {
        self.reading.pause()
    }
}
