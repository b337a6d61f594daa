//! Forgetting what a job's log said, because the log is read again or has been moved away.

use super::derived::Changes;
use convsweep_spec::id::JobId;
use rusqlite::{Connection, Result};

/// Tables whose rows come from a job's log; those that refer to others stand first.
const TABLES: [&str; 9] = [
    "correctness",
    "confusion",
    "evaluations",
    "metrics",
    "artifacts",
    "states",
    "warnings",
    "normalization",
    "attempts",
];

/// Removes every row that a job's log has given. How attempts ended according to the logs of
/// experiments is removed as well: these logs must be read again.
pub(crate) fn forget_job_rows(
    connection: &Connection,
    job: &JobId,
    changes: &mut Changes,
) -> Result<()> {
    for table in TABLES {
        connection
            .prepare_cached(&format!("delete from {table} where job = ?1"))?
            .execute([&job.0])?;
    }
    changes.forget_attempts(job);
    changes.unknown_job(connection, job)
}
