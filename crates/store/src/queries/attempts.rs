//! The attempts at a job.

use super::database::Database;
use crate::error::StoreError;
use crate::values::json;
use convsweep_spec::id::JobId;
use rusqlite::Row;

/// One attempt at a job.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// Its number, from 1.
    pub attempt: u32,
    /// Name of its outcome; `None` while it runs, or if the program died with it.
    pub outcome: Option<String>,
    /// Reason, message or signal.
    pub detail: Option<String>,
    /// Where it ran, such as `cuda:0`; `None` if it could not start.
    pub device: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// Process id of the worker.
    pub pid: Option<u32>,
    /// When it started, in seconds since 1970-01-01 UTC.
    pub started: Option<f64>,
    /// Training time in seconds.
    pub seconds: Option<f64>,
    /// Peak memory of the worker in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Version of the program.
    pub program_version: Option<String>,
    /// What its worker warned of.
    pub warnings: Vec<String>,
}

impl Database {
    /// The attempts at a job, oldest first.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn attempts(&self, job: &JobId) -> Result<Vec<AttemptRow>, StoreError> {
        let sql = "
            select attempt, outcome, detail, device, host, pid, started, seconds,
              peak_memory_bytes, program_version,
              (select json_group_array(text) from (select text from warnings w
                where w.job = a.job and w.attempt = a.attempt order by n))
            from attempts a where job = ?1 order by attempt";
        self.rows(sql, [&job.0], attempt_row)
    }
}

fn attempt_row(row: &Row) -> rusqlite::Result<AttemptRow> {
    let memory: Option<i64> = row.get(8)?;
    Ok(AttemptRow {
        attempt: row.get(0)?,
        outcome: row.get(1)?,
        detail: row.get(2)?,
        device: row.get(3)?,
        host: row.get(4)?,
        pid: row.get(5)?,
        started: row.get(6)?,
        seconds: row.get(7)?,
        peak_memory_bytes: memory.map(|bytes| bytes as u64),
        program_version: row.get(9)?,
        warnings: json(row, 10)?,
    })
}
