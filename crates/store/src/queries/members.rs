//! Configurations of newest revisions by id, and where their jobs were trained.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::{ConfigurationId, JobId};
use rusqlite::Row;

/// A configuration of the newest revision of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPlace {
    /// The experiment.
    pub experiment: String,
    /// The configuration.
    pub configuration: ConfigurationId,
    /// Its label there.
    pub label: String,
}

/// What trained a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrainingOrigin {
    /// Version of the program, with the revision of its sources if it is known.
    pub program: String,
    /// Name of the machine.
    pub host: String,
    /// Backend and device: `flex, cpu`.
    pub device: String,
}

impl Database {
    /// The configurations of newest revisions whose ids begin with `prefix`, in upper or lower
    /// case;
    /// those of the experiment that was revised last first.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn members_with_id(&self, prefix: &str) -> Result<Vec<MemberPlace>, StoreError> {
        if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
            return Ok(vec![]);
        }
        let sql = "select e.experiment, m.configuration, m.label
            from experiments e join members m using (experiment, revision)
            where m.configuration >= ?1 and m.configuration < ?1 || 'g'
            order by e.updated desc, e.experiment, m.position";
        self.rows(sql, [prefix.to_ascii_lowercase()], member_place)
    }

    /// What trained a job to its end, each once; several attempts may have finished it.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn training_origins(&self, job: &JobId) -> Result<Vec<TrainingOrigin>, StoreError> {
        let sql = "select distinct coalesce(program_version, 'unknown')
              || coalesce(' (' || substr(git_revision, 1, 8) || ')', ''),
            coalesce(host, 'unknown'),
            coalesce(backend, 'unknown') || ', ' || coalesce(device_kind, 'unknown')
            from attempts where job = ?1 and outcome = 'finished' order by 1, 2, 3";
        self.rows(sql, [&job.0], training_origin)
    }
}

fn member_place(row: &Row) -> rusqlite::Result<MemberPlace> {
    Ok(MemberPlace {
        experiment: row.get(0)?,
        configuration: ConfigurationId(row.get(1)?),
        label: row.get(2)?,
    })
}

fn training_origin(row: &Row) -> rusqlite::Result<TrainingOrigin> {
    Ok(TrainingOrigin {
        program: row.get(0)?,
        host: row.get(1)?,
        device: row.get(2)?,
    })
}
