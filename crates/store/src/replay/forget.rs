//! Forgetting rows on purpose, and reading the logs that contribute to the same tables again.

use super::logs::replay;
use super::problems;
use super::sync_report::SyncReport;
use crate::apply::{Changes, forget_job_rows};
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EXPERIMENT_LOG, ResultsFolder, job_log};
use rusqlite::{Connection, Result};

/// Rows to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// All that the logs of these jobs have given.
    Jobs(Vec<JobId>),
    /// The decisions of this experiment.
    Decisions(String),
}

/// Forgets rows, and reads what the logs hold now.
pub(crate) fn forget(
    connection: &Connection,
    results: &ResultsFolder,
    forgotten: &Forgotten,
) -> std::result::Result<SyncReport, StoreError> {
    let done = connection
        .execute_batch("begin immediate")
        .and_then(|()| forget_rows(connection, forgotten))
        .and_then(|()| connection.execute_batch("commit"));
    if let Err(error) = done {
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("rollback");
        }
        return Err(StoreError::sqlite(&results.database(), error));
    }
    replay(connection, results)
}

fn forget_rows(connection: &Connection, forgotten: &Forgotten) -> Result<()> {
    let mut changes = Changes::default();
    match forgotten {
        Forgotten::Jobs(jobs) => {
            for job in jobs {
                forget_job_rows(connection, job, &mut changes)?;
                problems::forget(connection, &job_log(job))?;
                connection.execute("delete from logs where path = ?1", [job_log(job)])?;
            }
            // How attempts ended is also in the logs of experiments.
            connection.execute("delete from logs where path not like 'jobs/%'", [])?;
        }
        Forgotten::Decisions(experiment) => {
            let sql = "delete from decisions where experiment = ?1 returning job";
            let mut statement = connection.prepare(sql)?;
            let jobs = statement.query_map([experiment], |row| row.get(0))?;
            for job in jobs.collect::<Result<Vec<String>>>()? {
                changes.job(&JobId(job));
            }
            let log = format!("{experiment}/{EXPERIMENT_LOG}");
            problems::forget(connection, &log)?;
            connection.execute("delete from logs where path = ?1", [log])?;
        }
    }
    changes.update_derived_rows(connection)
}
