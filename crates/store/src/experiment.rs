//! Everything that a report needs of an experiment.

use crate::error::StoreError;
use crate::reader::Reader;
use crate::rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
use convsweep_spec::event::{Fingerprint, Part};
use convsweep_spec::job::{ConfigurationId, JobId};
use convsweep_spec::log::{AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::{Direction, Metric};
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

impl Reader {
    /// The newest revision of an experiment with all that its jobs left; `None` where there is no such experiment.
    ///
    /// The epochs of a job that started from another's saved state begin with the other's: equal states, equal figures.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Damaged`] where a row does not hold what this program would write.
    pub fn experiment(&self, name: &str) -> Result<Option<ExperimentRows>, StoreError> {
        // One transaction: all rows are of one moment, though the writer goes on.
        let wrong = |e| StoreError::sqlite(&self.path, e);
        let moment = self.connection.unchecked_transaction().map_err(wrong)?;
        let Some(revision) = self.revision(name)? else { return Ok(None) };
        let mut configurations = Vec::new();
        for member in self.members(name, revision.revision)? {
            let jobs = member.jobs.iter().map(|job| self.job_row(job)).collect::<Result<_, _>>()?;
            configurations.push(ConfigurationRow { member, jobs });
        }
        moment.finish().map_err(wrong)?;
        Ok(Some(ExperimentRows { revision, configurations }))
    }

    fn revision(&self, name: &str) -> Result<Option<Revision>, StoreError> {
        let sql =
            "select r.revision, r.file, r.text, r.overrides, r.question, r.metric, r.direction, r.baseline, r.axes,
              r.classes, r.show_test, r.includes, r.decisions
            from experiments e join revisions r using (experiment, revision) where e.experiment = ?1";
        let mut found = self.rows(sql, [name], |row| {
            let direction = if row.get::<_, String>(6)? == "min" { Direction::Min } else { Direction::Max };
            Ok(Revision {
                revision: row.get(0)?,
                experiment: name.to_string(),
                file: row.get(1)?,
                text: row.get(2)?,
                includes: json(row, 11)?,
                overrides: json(row, 3)?,
                question: row.get(4)?,
                metric: Metric { name: row.get(5)?, direction },
                baseline: row.get::<_, Option<String>>(7)?.map(ConfigurationId),
                axes: json(row, 8)?,
                classes: json(row, 9)?,
                show_test: row.get(10)?,
                decisions: json(row, 12)?,
            })
        })?;
        Ok(found.pop())
    }

    fn members(&self, name: &str, revision: u32) -> Result<Vec<Member>, StoreError> {
        let sql = "select m.configuration, m.position, m.label, c.resolved, c.data_hash, c.parameters, c.macs
            from members m join configurations c using (configuration)
            where m.experiment = ?1 and m.revision = ?2 order by m.position, m.configuration";
        let mut members = self.rows(sql, params![name, revision], |row| {
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
        })?;
        let values = "select axis, label, json from axis_values
            where experiment = ?1 and revision = ?2 and configuration = ?3 order by position";
        let jobs = "select j.job, j.seed, j.fold from member_jobs m join jobs j using (job)
            where experiment = ?1 and revision = ?2 and m.configuration = ?3 order by m.position";
        for member in &mut members {
            let place = params![name, revision, member.configuration.0];
            member.values = self.rows(values, place, |row| {
                Ok(AxisValue { path: row.get(0)?, label: row.get(1)?, value: json(row, 2)? })
            })?;
            member.jobs = self.rows(jobs, place, |row| {
                let seed = row.get::<_, i64>(1)? as u64;
                Ok(MemberJob { job: JobId(row.get(0)?), seed, fold: row.get(2)? })
            })?;
        }
        Ok(members)
    }

    /// Metrics of a job's epochs, those before a state that it started from being the other job's.
    fn epochs(&self, job: &str) -> Result<Vec<EpochRow>, StoreError> {
        let origin = "select origin_job, origin_epoch from jobs where job = ?1 and origin_job is not null";
        let (mut source, mut until, mut parts) = (job.to_string(), u32::MAX, vec![]);
        loop {
            let origin =
                self.rows(origin, [&source], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?.pop();
            let above = origin.as_ref().map_or(0, |(_, epoch)| *epoch).min(until);
            parts.push(self.own_epochs(&source, above, until)?);
            match origin {
                // Each step back must be to fewer epochs, or logs that name each other would never end.
                Some((before, epoch)) if epoch < until => (source, until) = (before, epoch),
                _ => break,
            }
        }
        Ok(parts.into_iter().rev().flatten().collect())
    }

    /// Metrics that `job` itself recorded in epochs above `above`, up to `until`.
    fn own_epochs(&self, job: &str, above: u32, until: u32) -> Result<Vec<EpochRow>, StoreError> {
        let sql = "select epoch, phase, name, value from metrics where job = ?1 and epoch > ?2 and epoch <= ?3 order by epoch";
        let mut epochs: Vec<EpochRow> = Vec::new();
        self.rows(sql, params![job, above, until], |row| {
            let epoch = row.get(0)?;
            if epochs.last().is_none_or(|last| last.epoch != epoch) {
                epochs.push(EpochRow { epoch, phase: row.get(1)?, values: Default::default() });
            }
            if let Some(last) = epochs.last_mut() {
                last.values.insert(row.get(2)?, number(row, 3)?);
            }
            Ok(())
        })?;
        Ok(epochs)
    }

    fn job_row(&self, job: &MemberJob) -> Result<JobRow, StoreError> {
        let sql = "select outcome, attempts, seconds,
              (select coalesce(avg(value), 0.0) from metrics where job = ?1 and name = 'images_per_second'),
              (select coalesce(max(peak_memory_bytes), 0) from attempts where job = ?1)
            from jobs where job = ?1";
        let id = &job.job.0;
        let mut row = self
            .rows(sql, [id], |row| {
                Ok(JobRow {
                    job: job.job.clone(),
                    seed: job.seed,
                    fold: job.fold,
                    outcome: row.get(0)?,
                    attempts: row.get(1)?,
                    seconds: row.get(2)?,
                    images_per_second: row.get(3)?,
                    peak_memory_bytes: row.get::<_, i64>(4)? as u64,
                    epochs: vec![],
                    validation: None,
                    test: None,
                    fingerprint: None,
                    device: String::new(),
                })
            })?
            .pop()
            .ok_or_else(|| StoreError::Damaged { path: self.path.clone(), message: format!("job {id} is missing") })?;
        row.epochs = self.epochs(id)?;
        row.validation = self.evaluation(id, Part::Validation)?;
        row.test = self.evaluation(id, Part::Test)?;
        let last = "select device, backend, device_kind, instructions, program_version, git_revision from attempts
            where job = ?1 and started is not null order by outcome is 'finished' desc, attempt desc limit 1";
        let last = self.rows(last, [id], |row| {
            let (backend, device, instructions) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let (version, revision) = (row.get(4)?, row.get(5)?);
            Ok((row.get::<_, String>(0)?, Fingerprint { backend, device, instructions, version, revision }))
        })?;
        if let Some((device, fingerprint)) = last.into_iter().next() {
            (row.device, row.fingerprint) = (device, Some(fingerprint));
        }
        Ok(row)
    }

    fn evaluation(&self, job: &str, part: Part) -> Result<Option<EvaluationRow>, StoreError> {
        let wrong = |e| StoreError::sqlite(&self.path, e);
        let place = params![job, part.name()];
        let sql = "select e.images, e.loss, e.accuracy, e.classes, c.bits from evaluations e
            join correctness c using (job, part) where e.job = ?1 and e.part = ?2";
        let read = |row: &Row| {
            let classes = row.get::<_, u32>(3)? as usize;
            Ok(EvaluationRow {
                images: row.get(0)?,
                loss: number(row, 1)?,
                accuracy: number(row, 2)?,
                confusion: vec![vec![0; classes]; classes],
                correct: row.get(4)?,
            })
        };
        let found = self.connection.prepare_cached(sql).map_err(wrong)?.query_row(place, read).optional();
        let Some(mut evaluation) = found.map_err(wrong)? else { return Ok(None) };
        let sql = "select actual, predicted, count from confusion where job = ?1 and part = ?2";
        self.rows(sql, place, |row| {
            let (actual, predicted) = (row.get::<_, u32>(0)? as usize, row.get::<_, u32>(1)? as usize);
            if let Some(cell) = evaluation.confusion.get_mut(actual).and_then(|r| r.get_mut(predicted)) {
                *cell = row.get(2)?;
            }
            Ok(())
        })?;
        Ok(Some(evaluation))
    }
}

/// NULL is NaN.
fn number(row: &Row, column: usize) -> rusqlite::Result<f64> {
    Ok(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN))
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e)))
}
