//! Everything that a report needs of an experiment.

use super::database::{Database, json, seed};
use super::leaderboard::direction;
use super::report_jobs::JobRows;
use super::rows::{ConfigurationRow, ExperimentRows};
use crate::error::StoreError;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::Metric;
use rusqlite::{Row, params};
use std::collections::HashMap;

impl Database {
    /// The newest revision of an experiment with everything that its jobs recorded; `None` if there
    /// is no such experiment.
    ///
    /// The first epochs of a job that started from the saved state of another job are that job's:
    /// equal states, equal metrics.
    ///
    /// # Errors
    /// If SQLite reports an error; [`StoreError::Damaged`] if a row has values that this program
    /// would not write.
    pub fn experiment(&self, name: &str) -> Result<Option<ExperimentRows>, StoreError> {
        // One transaction: all rows are from the same moment, even while the writer continues.
        let failed = |e| StoreError::sqlite(&self.path, e);
        let snapshot = self.connection.unchecked_transaction().map_err(failed)?;
        let Some(revision) = self.revision(name)? else {
            return Ok(None);
        };
        let members = self.members(name, revision.revision)?;
        let mut jobs = self.job_rows(name, revision.revision)?;
        let mut configurations = Vec::with_capacity(members.len());
        for member in members {
            configurations.push(self.configuration_row(member, &mut jobs)?);
        }
        let log_problems = self.experiment_log_problems(name)?;
        snapshot.finish().map_err(failed)?;
        Ok(Some(ExperimentRows {
            revision,
            configurations,
            log_problems,
            database_doubt: None,
        }))
    }

    fn configuration_row(
        &self,
        member: Member,
        rows: &mut JobRows,
    ) -> Result<ConfigurationRow, StoreError> {
        let mut jobs = Vec::with_capacity(member.jobs.len());
        for MemberJob { job, seed, fold } in &member.jobs {
            let Some(mut row) = rows.remove(job) else {
                return Err(StoreError::Damaged {
                    path: self.path.clone(),
                    message: format!("job {job} is missing"),
                });
            };
            (row.seed, row.fold) = (*seed, *fold);
            jobs.push(row);
        }
        Ok(ConfigurationRow { member, jobs })
    }

    /// The newest revision of an experiment; `None` if there is no such experiment.
    ///
    /// # Errors
    /// As [`Database::experiment`].
    pub fn revision(&self, name: &str) -> Result<Option<Revision>, StoreError> {
        let sql = "
            select r.revision, r.file, r.text, r.overrides, r.question, r.metric, r.direction,
              r.baseline, r.axes, r.classes, r.show_test, r.includes, r.decisions, r.margin
            from experiments e join revisions r using (experiment, revision)
            where e.experiment = ?1";
        self.first_row(sql, [name], |row| revision(row, name))
    }

    fn members(&self, name: &str, revision: u32) -> Result<Vec<Member>, StoreError> {
        let sql = "
            select m.configuration, m.position, m.label, c.resolved, c.data_hash, c.parameters,
              c.macs
            from members m join configurations c using (configuration)
            where m.experiment = ?1 and m.revision = ?2 order by m.position, m.configuration";
        let mut members = self.rows(sql, params![name, revision], member)?;
        let mut places: HashMap<String, usize> = HashMap::new();
        for (i, member) in members.iter().enumerate() {
            places.insert(member.configuration.0.clone(), i);
        }
        let sql = "select configuration, axis, label, json from axis_values
            where experiment = ?1 and revision = ?2 order by configuration, position";
        self.rows(sql, params![name, revision], |row| {
            if let Some(&i) = places.get(row.get_ref(0)?.as_str()?) {
                members[i].values.push(AxisValue {
                    path: row.get(1)?,
                    label: row.get(2)?,
                    value: json(row, 3)?,
                });
            }
            Ok(())
        })?;
        let sql = "select m.configuration, j.job, j.seed, j.fold
            from member_jobs m join jobs j using (job)
            where experiment = ?1 and revision = ?2 order by m.configuration, m.position";
        self.rows(sql, params![name, revision], |row| {
            if let Some(&i) = places.get(row.get_ref(0)?.as_str()?) {
                members[i].jobs.push(MemberJob {
                    job: JobId(row.get(1)?),
                    seed: seed(row, 2)?,
                    fold: row.get(3)?,
                });
            }
            Ok(())
        })?;
        Ok(members)
    }
}

fn revision(row: &Row, experiment: &str) -> rusqlite::Result<Revision> {
    Ok(Revision {
        revision: row.get(0)?,
        experiment: experiment.to_string(),
        file: row.get(1)?,
        text: row.get(2)?,
        includes: json(row, 11)?,
        overrides: json(row, 3)?,
        question: row.get(4)?,
        metric: Metric {
            name: row.get(5)?,
            direction: direction(&row.get::<_, String>(6)?),
        },
        margin: row.get(13)?,
        baseline: row.get::<_, Option<String>>(7)?.map(ConfigurationId),
        axes: json(row, 8)?,
        classes: json(row, 9)?,
        show_test: row.get(10)?,
        decisions: json(row, 12)?,
        redecided: vec![],
    })
}

/// A configuration without the values of its axes and without its jobs.
fn member(row: &Row) -> rusqlite::Result<Member> {
    Ok(Member {
        configuration: ConfigurationId(row.get(0)?),
        position: row.get(1)?,
        label: row.get(2)?,
        values: vec![],
        resolved: json(row, 3)?,
        data_hash: row.get(4)?,
        parameters: row.get::<_, i64>(5)? as u64,
        macs: row.get::<_, i64>(6)? as u64,
        jobs: vec![],
    })
}
