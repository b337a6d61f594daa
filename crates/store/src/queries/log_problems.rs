//! What is wrong with the logs.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EXPERIMENT_LOG, job_log};
use rusqlite::Row;

/// A line of a log that is damaged, missing or out of place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProblem {
    /// The log, relative to the results folder.
    pub log: String,
    /// The line, from 1; 0 for the log as a whole.
    pub line: u64,
    /// What is wrong there.
    pub problem: String,
    /// Whether it says what is to be done.
    names_remedy: bool,
}

impl LogProblem {
    /// Place and problem.
    pub fn text(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.log, self.problem),
            line => format!("{}:{line}: {}", self.log, self.problem),
        }
    }

    /// Whether the problem already says what is to be done.
    pub fn has_remedy(&self) -> bool {
        self.names_remedy
    }
}

impl Database {
    /// What is wrong with the log of an experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn experiment_log_problems(&self, name: &str) -> Result<Vec<LogProblem>, StoreError> {
        self.log_problems(&format!("{name}/{EXPERIMENT_LOG}"))
    }

    /// What is wrong with the log of a job.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn job_log_problems(&self, job: &JobId) -> Result<Vec<LogProblem>, StoreError> {
        self.log_problems(&job_log(job))
    }

    fn log_problems(&self, log: &str) -> Result<Vec<LogProblem>, StoreError> {
        let sql =
            "select log, line, problem, has_remedy from log_problems where log = ?1 order by line";
        self.rows(sql, [log], log_problem)
    }
}

fn log_problem(row: &Row) -> rusqlite::Result<LogProblem> {
    Ok(LogProblem {
        log: row.get(0)?,
        line: row.get::<_, i64>(1)? as u64,
        problem: row.get(2)?,
        names_remedy: row.get(3)?,
    })
}
