//! What the results of an experiment say.

use super::database::Database;
use crate::error::StoreError;
use crate::sweep;
use convsweep_answers::{Answers, SweepResults};

impl Database {
    /// The results of the jobs of an experiment's newest revision, without their epochs; `None` if
    /// there is no such experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn sweep_results(&self, name: &str) -> Result<Option<SweepResults>, StoreError> {
        // One transaction: all rows are from the same moment, even while the writer continues.
        let failed = |e| StoreError::sqlite(&self.path, e);
        let snapshot = self.connection.unchecked_transaction().map_err(failed)?;
        let results = sweep::sweep_results(&self.connection, name).map_err(failed)?;
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
