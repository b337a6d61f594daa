//! Experiments: what there is, and what asks for a job.

use super::database::Database;
use crate::error::StoreError;
use crate::values::json;
use convsweep_spec::id::JobId;
use rusqlite::Row;

/// One experiment in short.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentSummary {
    /// Its name.
    pub name: String,
    /// Newest revision.
    pub revision: u32,
    /// The question in words.
    pub question: Option<String>,
    /// Its file.
    pub file: String,
    /// Configurations of the newest revision.
    pub configurations: u32,
    /// When the newest revision was made, in seconds since 1970-01-01 UTC.
    pub updated: f64,
}

/// How an experiment was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRun {
    /// Its file.
    pub file: String,
    /// What the command line changed, each as written: `--set KEY=VALUE`, `--seeds LIST`.
    pub overrides: Vec<String>,
}

/// A job's place in an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPlace {
    /// The experiment.
    pub experiment: String,
    /// Label of the job's configuration.
    pub label: String,
    /// Name and value of each axis, in the file's order.
    pub axes: Vec<(String, String)>,
}

impl Database {
    /// All experiments, by name.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn experiments(&self) -> Result<Vec<ExperimentSummary>, StoreError> {
        let sql = "
            select e.experiment, e.revision, e.question, e.file, e.updated,
              (select count(*) from members m
                where m.experiment = e.experiment and m.revision = e.revision)
            from experiments e order by e.experiment";
        self.rows(sql, [], experiment_summary)
    }

    /// The experiment whose newest revision was made last; `None` if nothing was run yet.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn newest_experiment(&self) -> Result<Option<String>, StoreError> {
        let sql = "select experiment from experiments order by updated desc, experiment desc";
        self.first_row(sql, [], |row| row.get(0))
    }

    /// The places that a job has in the newest revisions of experiments, by the experiment's name.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn places(&self, job: &JobId) -> Result<Vec<JobPlace>, StoreError> {
        let sql = "
            select e.experiment, m.label, (select json_group_array(json_array(name, label))
              from (select name, label from axis_values a where a.experiment = m.experiment
                and a.revision = m.revision and a.configuration = m.configuration
                order by position))
            from member_jobs mj join experiments e using (experiment, revision)
            join members m using (experiment, revision, configuration)
            where mj.job = ?1 order by e.experiment";
        self.rows(sql, [&job.0], job_place)
    }

    /// Every experiment that has ever asked for a job, the one that was revised last first.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn experiments_with(&self, job: &JobId) -> Result<Vec<String>, StoreError> {
        let sql = "select distinct experiment, updated
            from member_jobs join experiments using (experiment)
            where job = ?1 order by updated desc, experiment desc";
        self.rows(sql, [&job.0], |row| row.get(0))
    }

    /// How the newest revision of an experiment was run; `None` if there is no such experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn recorded_run(&self, experiment: &str) -> Result<Option<RecordedRun>, StoreError> {
        let sql = "select r.file, r.overrides from revisions r
            join experiments e using (experiment, revision) where e.experiment = ?1";
        self.first_row(sql, [experiment], recorded_run)
    }
}

fn job_place(row: &Row) -> rusqlite::Result<JobPlace> {
    Ok(JobPlace {
        experiment: row.get(0)?,
        label: row.get(1)?,
        axes: json(row, 2)?,
    })
}

fn recorded_run(row: &Row) -> rusqlite::Result<RecordedRun> {
    Ok(RecordedRun {
        file: row.get(0)?,
        overrides: json(row, 1)?,
    })
}

fn experiment_summary(row: &Row) -> rusqlite::Result<ExperimentSummary> {
    Ok(ExperimentSummary {
        name: row.get(0)?,
        revision: row.get(1)?,
        question: row.get(2)?,
        file: row.get(3)?,
        updated: row.get(4)?,
        configurations: row.get(5)?,
    })
}
