//! Attempts that failed.

use super::database::Database;
use crate::error::StoreError;
use crate::values::seed;
use rusqlite::{Row, params};

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// Label of the configuration.
    pub label: String,
    /// Seed of the job.
    pub seed: u64,
    /// Name of the outcome.
    pub outcome: String,
    /// Reason, message or signal; may be empty.
    pub detail: String,
}

impl Database {
    /// The newest failed attempts at jobs of an experiment, newest first, at most `most` of them.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn failures(&self, experiment: &str, most: u32) -> Result<Vec<FailureRow>, StoreError> {
        let sql = "select label, seed, outcome, coalesce(detail, '') from failures
            where experiment = ?1 limit ?2";
        self.rows(sql, params![experiment, most], failure_row)
    }
}

fn failure_row(row: &Row) -> rusqlite::Result<FailureRow> {
    Ok(FailureRow {
        label: row.get(0)?,
        seed: seed(row, 1)?,
        outcome: row.get(2)?,
        detail: row.get(3)?,
    })
}
