//! What a job asks.

use super::database::Database;
use crate::error::StoreError;
use crate::values::{json, seed};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use rusqlite::Row;

impl Database {
    /// What a job asks, whether it has started or not; `None` if no experiment's log names it.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn question(&self, job: &JobId) -> Result<Option<Question>, StoreError> {
        let sql = "select c.resolved, c.data_hash, j.seed, j.fold
            from jobs j join configurations c using (configuration) where j.job = ?1";
        self.first_row(sql, [&job.0], question)
    }
}

fn question(row: &Row) -> rusqlite::Result<Question> {
    Ok(Question {
        configuration: json(row, 0)?,
        data_hash: row.get(1)?,
        seed: seed(row, 2)?,
        fold: row.get(3)?,
    })
}
