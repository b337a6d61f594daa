//! What the results of an experiment say.

use super::database::Database;
use crate::error::StoreError;
use crate::sweep;
use convsweep_answers::{Answers, SweepResults};
use convsweep_spec::metric::Metric;
use rusqlite::Connection;

impl Database {
    /// The results of the jobs of an experiment's newest revision, without their epochs; `None` if
    /// there is no such experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn sweep_results(&self, name: &str) -> Result<Option<SweepResults>, StoreError> {
        self.snapshot(|connection| sweep::sweep_results(connection, name))
    }

    /// The same by another metric than the experiment's own.
    ///
    /// # Errors
    /// As [`Database::sweep_results`].
    pub fn sweep_results_by(
        &self,
        name: &str,
        metric: &Metric,
    ) -> Result<Option<SweepResults>, StoreError> {
        self.snapshot(|connection| sweep::sweep_results_by(connection, name, metric))
    }

    /// What `read` reads in one transaction: all rows are from the same moment, even while the
    /// writer continues.
    fn snapshot<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let failed = |e| StoreError::sqlite(&self.path, e);
        let snapshot = self.connection.unchecked_transaction().map_err(failed)?;
        let results = read(&self.connection).map_err(failed)?;
        snapshot.finish().map_err(failed)?;
        Ok(results)
    }

    /// What they say; `None` if there is no such experiment. The tables `answers`, `standings`,
    /// `verdicts` and their siblings have the same.
    ///
    /// # Errors
    /// As [`Database::sweep_results`].
    pub fn answers(&self, name: &str) -> Result<Option<Answers>, StoreError> {
        Ok(self.sweep_results(name)?.as_ref().map(Answers::of))
    }
}
