//! Decisions of stopping rules and people about a job.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use rusqlite::Row;

/// A decision about a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobDecision {
    /// Seconds since 1970-01-01 UTC.
    pub time: f64,
    /// Name of the rule, or `person`.
    pub rule: String,
    /// `go-on` or `stop`.
    pub verdict: String,
    /// Completed epochs.
    pub epoch: u32,
    /// Why.
    pub reason: String,
}

impl Database {
    /// Decisions about a job, oldest first.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn decisions(&self, job: &JobId) -> Result<Vec<JobDecision>, StoreError> {
        let sql = "select time, rule, verdict, epoch, reason from decisions
            where job = ?1 order by attempt, epoch, time, verdict";
        self.rows(sql, [&job.0], job_decision)
    }

    /// Decisions of an experiment, with the jobs that they are about.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn experiment_decisions(
        &self,
        experiment: &str,
    ) -> Result<Vec<(JobId, JobDecision)>, StoreError> {
        let sql = "select time, rule, verdict, epoch, reason, job from decisions
            where experiment = ?1 order by time, job, epoch";
        self.rows(sql, [experiment], |row| {
            Ok((JobId(row.get(5)?), job_decision(row)?))
        })
    }
}

fn job_decision(row: &Row) -> rusqlite::Result<JobDecision> {
    Ok(JobDecision {
        time: row.get(0)?,
        rule: row.get(1)?,
        verdict: row.get(2)?,
        epoch: row.get(3)?,
        reason: row.get(4)?,
    })
}
