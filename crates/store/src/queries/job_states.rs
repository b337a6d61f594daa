//! Progress of jobs.

use super::database::Database;
use crate::error::StoreError;
use crate::values::seed;
use convsweep_spec::id::JobId;
use rusqlite::Row;
use std::collections::HashMap;

/// Progress of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobState {
    /// Number of the last attempt; 0 if there was none.
    pub attempts: u32,
    /// Name of the outcome: `damaged` if the log is, `finished` if any attempt did, `stopped` if it
    /// was stopped early, else the last attempt's; `None` if that has not ended.
    pub outcome: Option<String>,
    /// Whether it has trained all its epochs and was evaluated.
    pub finished: bool,
    /// Completed epochs, including those of the saved state that it started from.
    pub epoch: u32,
    /// Epochs of its configuration; 0 if no experiment's log names the job.
    pub epochs: u32,
    /// Whether any attempt wrote a checkpoint.
    pub checkpoint: bool,
    /// Details of the outcome for the user; may be empty.
    pub detail: String,
}

/// A job of an experiment, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobProgress {
    /// The job.
    pub job: JobId,
    /// Label of its configuration.
    pub label: String,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
    /// Multiply-accumulate operations of its network for one image.
    pub macs: u64,
    /// Its progress.
    pub state: JobState,
}

/// What changes whenever a job gets further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMark {
    attempts: u32,
    epoch: u32,
    outcome: Option<String>,
}

impl JobMark {
    /// Whether it has finished.
    pub fn is_finished(&self) -> bool {
        self.outcome.as_deref() == Some("finished")
    }

    /// Whether it has begun, and no attempt has ended it.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none() && self.attempts > 0
    }

    /// Whether it has ended otherwise than by finishing, or being stopped by a rule.
    pub fn has_failed(&self) -> bool {
        let outcome = self.outcome.as_deref();
        outcome.is_some_and(|outcome| !matches!(outcome, "finished" | "stopped"))
    }
}

impl Database {
    /// Newest revision of an experiment; `None` if there is no such experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn newest_revision(&self, experiment: &str) -> Result<Option<u32>, StoreError> {
        let sql = "select revision from experiments where experiment = ?1";
        self.first_row(sql, [experiment], |row| row.get(0))
    }

    /// The jobs of an experiment's newest revision, each with its mark: cheaper than their
    /// progress, of which only that of jobs with other marks than before has to be read again.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn job_marks(&self, experiment: &str) -> Result<Vec<(JobId, JobMark)>, StoreError> {
        let sql = "select j.job, j.attempts, j.epoch, j.outcome from experiments e
            join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
            join jobs j on j.job = mj.job where e.experiment = ?1";
        self.rows(sql, [experiment], |row| {
            let mark = JobMark {
                attempts: row.get(1)?,
                epoch: row.get(2)?,
                outcome: row.get(3)?,
            };
            Ok((JobId(row.get(0)?), mark))
        })
    }

    /// A number that is another one whenever another connection has changed the database.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        let version = self.first_row("pragma data_version", [], |row| row.get(0))?;
        Ok(version.unwrap_or_default())
    }

    /// Progress of these jobs; jobs that the database does not know are left out.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn job_states(&self, jobs: &[JobId]) -> Result<HashMap<JobId, JobState>, StoreError> {
        let sql = "
            select j.job, j.attempts, j.outcome, j.epoch, coalesce(c.epochs, 0),
              exists (select 1 from attempts a
                where a.job = j.job and a.checkpoint_epoch is not null),
              case when j.outcome = 'stopped' then (select reason from decisions d
                where d.job = j.job and verdict = 'stop'
                order by attempt desc, epoch desc, time desc limit 1)
              when j.outcome = 'damaged' then coalesce(
                (select 'events.jsonl:' || case line when 0 then ' ' else line || ': ' end || problem
                  from log_problems
                  where log = 'jobs/' || j.job || '/events.jsonl' order by line limit 1),
                'its log has more epochs than the job') end,
              (select detail from attempts a where a.job = j.job
                order by outcome is 'finished' desc, attempt desc limit 1)
            from json_each(?1) i join jobs j on j.job = i.value
            left join configurations c using (configuration)";
        let names: Vec<&str> = jobs.iter().map(|job| job.0.as_str()).collect();
        let names = serde_json::to_string(&names).unwrap_or_default();
        Ok(self.rows(sql, [names], job_state)?.into_iter().collect())
    }

    /// Progress of each job of an experiment's newest revision, in the plan's order; `None` if
    /// there is no such experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn progress(&self, experiment: &str) -> Result<Option<Vec<JobProgress>>, StoreError> {
        let exists = "select 1 from experiments where experiment = ?1";
        if self.first_row(exists, [experiment], |_| Ok(()))?.is_none() {
            return Ok(None);
        }
        let sql = "
            select m.label, j.seed, j.fold, mj.job, c.macs from experiments e
            join members m on m.experiment = e.experiment and m.revision = e.revision
            join configurations c on c.configuration = m.configuration
            join member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision
              and mj.configuration = m.configuration
            join jobs j on j.job = mj.job
            where e.experiment = ?1 order by m.position, m.configuration, mj.position";
        let rows = self.rows(sql, [experiment], |row| {
            Ok(JobProgress {
                label: row.get(0)?,
                seed: seed(row, 1)?,
                fold: row.get(2)?,
                job: JobId(row.get(3)?),
                macs: row.get::<_, i64>(4)? as u64,
                state: JobState::default(),
            })
        })?;
        let ids: Vec<JobId> = rows.iter().map(|row| row.job.clone()).collect();
        let mut states = self.job_states(&ids)?;
        let mut progress = Vec::with_capacity(rows.len());
        for mut row in rows {
            if let Some(state) = states.remove(&row.job) {
                row.state = state;
                progress.push(row);
            }
        }
        Ok(Some(progress))
    }

    /// All finished jobs, by id.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn finished_jobs(&self) -> Result<Vec<JobId>, StoreError> {
        let sql = "select job from jobs where outcome = 'finished' order by job";
        self.rows(sql, [], |row| Ok(JobId(row.get(0)?)))
    }

    /// All jobs that have begun, by id.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn attempted_jobs(&self) -> Result<Vec<JobId>, StoreError> {
        let sql = "select job from jobs where attempts > 0 order by job";
        self.rows(sql, [], |row| Ok(JobId(row.get(0)?)))
    }

    /// All jobs, begun or not, by id.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn all_jobs(&self) -> Result<Vec<JobId>, StoreError> {
        self.rows("select job from jobs order by job", [], |row| {
            Ok(JobId(row.get(0)?))
        })
    }

    /// All jobs of an experiment's newest revision.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn jobs_of(&self, experiment: &str) -> Result<Vec<JobId>, StoreError> {
        let sql = "select m.job from member_jobs m
            join experiments e using (experiment, revision) where experiment = ?1";
        self.rows(sql, [experiment], |row| Ok(JobId(row.get(0)?)))
    }
}

fn job_state(row: &Row) -> rusqlite::Result<(JobId, JobState)> {
    let outcome: Option<String> = row.get(2)?;
    let finished = outcome.as_deref() == Some("finished");
    let reason: Option<String> = row.get(6)?;
    let detail = reason.or(row.get(7)?);
    let state = JobState {
        attempts: row.get(1)?,
        outcome,
        finished,
        epoch: row.get(3)?,
        epochs: row.get(4)?,
        checkpoint: row.get(5)?,
        detail: detail.unwrap_or_default(),
    };
    Ok((JobId(row.get(0)?), state))
}
