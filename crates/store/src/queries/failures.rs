//! Attempts that failed.

use super::database::Database;
use crate::error::StoreError;
use crate::values::seed;
use convsweep_spec::id::JobId;
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
    /// The job.
    pub job: JobId,
    /// The end of what its worker wrote to stderr; empty if it did not die.
    pub stderr: String,
    /// Whether a later attempt finished.
    pub is_mended: bool,
}

impl Database {
    /// When the newest attempt at a job of an experiment ended, in seconds since 1970-01-01 UTC;
    /// `None` if none has.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn newest_end(&self, experiment: &str) -> Result<Option<f64>, StoreError> {
        let sql = "select max(a.ended) from experiments e
            join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
            join attempts a on a.job = mj.job where e.experiment = ?1";
        Ok(self
            .first_row(sql, [experiment], |row| row.get(0))?
            .flatten())
    }

    /// The newest failed attempts at jobs of an experiment, newest first, at most `most` of them.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn failures(&self, experiment: &str, most: u32) -> Result<Vec<FailureRow>, StoreError> {
        let sql = "select label, seed, outcome, coalesce(detail, ''), job, coalesce(stderr, ''),
              job_outcome is 'finished'
            from failures where experiment = ?1 limit ?2";
        self.rows(sql, params![experiment, most], failure_row)
    }
}

fn failure_row(row: &Row) -> rusqlite::Result<FailureRow> {
    Ok(FailureRow {
        label: row.get(0)?,
        seed: seed(row, 1)?,
        outcome: row.get(2)?,
        detail: row.get(3)?,
        job: JobId(row.get(4)?),
        stderr: row.get(5)?,
        is_mended: row.get(6)?,
    })
}
