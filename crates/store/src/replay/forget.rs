//! Forgetting rows on purpose, and reading the logs that contribute to the same tables again.

use super::logs::replay;
use super::problems;
use super::sync_report::SyncReport;
use crate::apply::{Changes, forget_job_rows};
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EXPERIMENT_LOG, ResultsFolder, job_log};
use rusqlite::{Connection, Result};

/// Tables whose rows come from an experiment's log; those that refer to others stand first.
const TABLES: [&str; 7] = [
    "axis_values",
    "member_jobs",
    "members",
    "summary",
    "decisions",
    "revisions",
    "experiments",
];

/// Rows to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// All that the logs of these jobs have given.
    Jobs(Vec<JobId>),
    /// All that the log of this experiment has given.
    Experiment(String),
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
            forget_jobs(connection, jobs, &mut changes)?;
            changes.update_derived_rows(connection)
        }
        Forgotten::Experiment(experiment) => {
            forget_experiment(connection, experiment, &mut changes)?;
            changes.update_derived_rows(connection)?;
            forget_unnamed(connection)
        }
    }
}

fn forget_jobs(connection: &Connection, jobs: &[JobId], changes: &mut Changes) -> Result<()> {
    for job in jobs {
        forget_job_rows(connection, job, changes)?;
        problems::forget(connection, &job_log(job))?;
        connection.execute("delete from logs where path = ?1", [job_log(job)])?;
    }
    // How attempts ended is also in the logs of experiments.
    connection.execute("delete from logs where path not like 'jobs/%'", [])?;
    Ok(())
}

fn forget_experiment(
    connection: &Connection,
    experiment: &str,
    changes: &mut Changes,
) -> Result<()> {
    let jobs_of = |sql: &str| -> Result<Vec<JobId>> {
        let mut statement = connection.prepare(sql)?;
        let jobs = statement.query_map([experiment], |row| Ok(JobId(row.get(0)?)))?;
        jobs.collect()
    };
    let ended = "select distinct job from attempts where ended_by = 'log of ' || ?1";
    forget_jobs(connection, &jobs_of(ended)?, changes)?;
    let decided = jobs_of("select job from decisions where experiment = ?1")?;
    decided.iter().for_each(|job| changes.job(job));
    for table in TABLES {
        let sql = format!("delete from {table} where experiment = ?1");
        connection.execute(&sql, [experiment])?;
    }
    let log = format!("{experiment}/{EXPERIMENT_LOG}");
    problems::forget(connection, &log)?;
    connection.execute("delete from logs where path = ?1", [log])?;
    changes.experiment(experiment);
    Ok(())
}

/// Forgets the plans of jobs that no experiment names any more, and those of them of which nothing
/// else is known.
fn forget_unnamed(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "update jobs set configuration = null, seed = null, fold = null
        where configuration is not null and job not in (select job from member_jobs);
        delete from jobs where configuration is null and attempts = 0 and epoch = 0
          and job not in (select job from decisions)
          and 'jobs/' || job || '/events.jsonl' not in (select path from logs)
          and 'jobs/' || job || '/events.jsonl' not in (select log from log_problems);
        delete from configurations where configuration not in (select configuration from members)
          and configuration not in (select configuration from jobs where configuration is not null);",
    )
}
