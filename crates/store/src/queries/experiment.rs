//! Everything that a report needs of an experiment.

use super::reader::Reader;
use super::rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
use crate::error::StoreError;
use convsweep_spec::event::{Fingerprint, Part};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::{Direction, IMAGES_PER_SECOND, Metric};
use rusqlite::{Row, ToSql, params};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

impl Reader {
    /// The newest revision of an experiment with all that its jobs left; `None` where there is no
    /// such experiment.
    ///
    /// The epochs of a job that started from another's saved state begin with the other's: equal
    /// states, equal figures.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::Damaged`] where a row does not hold what this program would
    /// write.
    pub fn experiment(&self, name: &str) -> Result<Option<ExperimentRows>, StoreError> {
        // One transaction: all rows are of one moment, though the writer goes on.
        let wrong = |e| StoreError::sqlite(&self.path, e);
        let moment = self.connection.unchecked_transaction().map_err(wrong)?;
        let Some(revision) = self.revision(name)? else {
            return Ok(None);
        };
        let members = self.members(name, revision.revision)?;
        let mut jobs = self.job_rows(name, revision.revision)?;
        let lacking = |id: &JobId| StoreError::Damaged {
            path: self.path.clone(),
            message: format!("job {id} is missing"),
        };
        let mut configurations = Vec::new();
        for member in members {
            let row = |job: &MemberJob| {
                let mut row = jobs.remove(&job.job).ok_or_else(|| lacking(&job.job))?;
                (row.seed, row.fold) = (job.seed, job.fold);
                Ok(row)
            };
            let jobs = member
                .jobs
                .iter()
                .map(row)
                .collect::<Result<_, StoreError>>()?;
            configurations.push(ConfigurationRow { member, jobs });
        }
        moment.finish().map_err(wrong)?;
        Ok(Some(ExperimentRows {
            revision,
            configurations,
        }))
    }

    fn revision(&self, name: &str) -> Result<Option<Revision>, StoreError> {
        let sql =
            "select r.revision, r.file, r.text, r.overrides, r.question, r.metric, r.direction, r.baseline, r.axes,
              r.classes, r.show_test, r.includes, r.decisions
            from experiments e join revisions r using (experiment, revision) where e.experiment = ?1";
        let mut found = self.rows(sql, [name], |row| {
            let direction = if row.get::<_, String>(6)? == "min" {
                Direction::Min
            } else {
                Direction::Max
            };
            Ok(Revision {
                revision: row.get(0)?,
                experiment: name.to_string(),
                file: row.get(1)?,
                text: row.get(2)?,
                includes: json(row, 11)?,
                overrides: json(row, 3)?,
                question: row.get(4)?,
                metric: Metric {
                    name: row.get(5)?,
                    direction,
                },
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
        let mut places: HashMap<String, usize> = HashMap::new();
        places.extend(
            members
                .iter()
                .enumerate()
                .map(|(i, member)| (member.configuration.0.clone(), i)),
        );
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
        let sql = "select m.configuration, j.job, j.seed, j.fold from member_jobs m join jobs j using (job)
            where experiment = ?1 and revision = ?2 order by m.configuration, m.position";
        self.rows(sql, params![name, revision], |row| {
            if let Some(&i) = places.get(row.get_ref(0)?.as_str()?) {
                let seed = row.get::<_, i64>(2)? as u64;
                members[i].jobs.push(MemberJob {
                    job: JobId(row.get(1)?),
                    seed,
                    fold: row.get(3)?,
                });
            }
            Ok(())
        })?;
        Ok(members)
    }

    /// Metrics of a job's epochs, those before a state that it started from being the other job's.
    fn epochs(&self, job: &str) -> Result<Vec<EpochRow>, StoreError> {
        let origin =
            "select origin_job, origin_epoch from jobs where job = ?1 and origin_job is not null";
        let (mut source, mut until, mut parts) = (job.to_string(), u32::MAX, vec![]);
        loop {
            let origin = self
                .rows(origin, [&source], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
                })?
                .pop();
            let above = origin.as_ref().map_or(0, |(_, epoch)| *epoch).min(until);
            parts.push(self.own_epochs(&source, above, until)?);
            match origin {
                // Each step back must be to fewer epochs, or logs that name each other would never
                // end.
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
                epochs.push(EpochRow {
                    epoch,
                    phase: row.get(1)?,
                    values: Default::default(),
                });
            }
            if let Some(last) = epochs.last_mut() {
                last.values.insert(row.get(2)?, number(row, 3)?);
            }
            Ok(())
        })?;
        Ok(epochs)
    }

    /// Every job of a revision. Each table is read once, whole or along its key: a query a job
    /// would take a minute for ten thousand of them.
    fn job_rows(&self, name: &str, revision: u32) -> Result<HashMap<JobId, JobRow>, StoreError> {
        let place = params![name, revision];
        let mut rows: HashMap<JobId, JobRow> = HashMap::new();
        let mut heirs = Vec::new();
        let sql = format!(
            "select job, outcome, attempts, seconds, origin_job is not null from jobs where {ASKED}"
        );
        self.rows(&sql, place, |row| {
            let (job, outcome, attempts, seconds) =
                (JobId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?);
            if row.get(4)? {
                heirs.push(job.clone());
            }
            rows.insert(job.clone(), blank(job, outcome, attempts, seconds));
            Ok(())
        })?;
        self.metrics(place, &mut rows)?;
        for job in heirs {
            let epochs = self.epochs(&job.0)?;
            rows.entry(job).and_modify(|row| row.epochs = epochs);
        }
        self.attempts(place, &mut rows)?;
        self.evaluations(place, &mut rows)?;
        Ok(rows)
    }

    fn metrics(
        &self,
        place: &[&dyn ToSql],
        rows: &mut HashMap<JobId, JobRow>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "select job, epoch, phase, name, value from metrics where {ASKED} order by job, epoch"
        );
        let mut current: Option<JobRow> = None;
        let mut speed = (0.0, 0u32);
        let close =
            |row: Option<JobRow>, (sum, count): (f64, u32), rows: &mut HashMap<JobId, JobRow>| {
                if let Some(mut row) = row {
                    row.images_per_second = if count == 0 {
                        0.0
                    } else {
                        sum / f64::from(count)
                    };
                    rows.insert(row.job.clone(), row);
                }
            };
        self.rows(&sql, place, |row| {
            let job = row.get_ref(0)?.as_str()?;
            if current.as_ref().is_none_or(|c| c.job.0 != job) {
                close(current.take(), std::mem::take(&mut speed), rows);
                current = rows.remove(&JobId(job.to_string()));
            }
            let Some(found) = &mut current else {
                return Ok(());
            };
            let epoch = row.get(1)?;
            if found.epochs.last().is_none_or(|last| last.epoch != epoch) {
                found.epochs.push(EpochRow {
                    epoch,
                    phase: row.get(2)?,
                    values: Default::default(),
                });
            }
            let (metric, value) = (row.get_ref(3)?.as_str()?, number(row, 4)?);
            if metric == IMAGES_PER_SECOND && !value.is_nan() {
                speed = (speed.0 + value, speed.1 + 1);
            }
            if let Some(last) = found.epochs.last_mut() {
                last.values.insert(metric.to_string(), value);
            }
            Ok(())
        })?;
        close(current, speed, rows);
        Ok(())
    }

    /// Peak memory over all attempts; device and fingerprint of the one that finished, else of the
    /// last that began.
    fn attempts(
        &self,
        place: &[&dyn ToSql],
        rows: &mut HashMap<JobId, JobRow>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "select job, coalesce(peak_memory_bytes, 0), started is not null, device, backend, device_kind, instructions,
              program_version, git_revision
            from attempts where {ASKED} order by job, outcome is 'finished', attempt"
        );
        self.rows(&sql, place, |row| {
            let Some(found) = rows.get_mut(&JobId(row.get(0)?)) else {
                return Ok(());
            };
            found.peak_memory_bytes = found.peak_memory_bytes.max(row.get::<_, i64>(1)? as u64);
            if row.get(2)? {
                let (backend, device, instructions) = (row.get(4)?, row.get(5)?, row.get(6)?);
                let (version, revision) = (row.get(7)?, row.get(8)?);
                found.device = row.get(3)?;
                found.fingerprint = Some(Fingerprint {
                    backend,
                    device,
                    instructions,
                    version,
                    revision,
                });
            }
            Ok(())
        })?;
        Ok(())
    }

    fn evaluations(
        &self,
        place: &[&dyn ToSql],
        rows: &mut HashMap<JobId, JobRow>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "select job, part, images, loss, accuracy, classes, (select bits from correctness c where c.job = e.job and c.part = e.part)
            from evaluations e where {ASKED}"
        );
        self.rows(&sql, place, |row| {
            let classes = row.get::<_, u32>(5)? as usize;
            let evaluation = EvaluationRow {
                images: row.get(2)?,
                loss: number(row, 3)?,
                accuracy: number(row, 4)?,
                confusion: vec![vec![0; classes]; classes],
                correct: row.get::<_, Option<Vec<u8>>>(6)?.unwrap_or_default(),
            };
            let Some(found) = rows.get_mut(&JobId(row.get(0)?)) else {
                return Ok(());
            };
            *part(found, row.get_ref(1)?.as_str()?) = Some(evaluation);
            Ok(())
        })?;
        let sql = format!(
            "select job, part, actual, predicted, count from confusion where {ASKED} order by job"
        );
        self.rows(&sql, place, |row| {
            let Some(found) = rows.get_mut(&JobId(row.get(0)?)) else {
                return Ok(());
            };
            let (actual, predicted) = (
                row.get::<_, u32>(2)? as usize,
                row.get::<_, u32>(3)? as usize,
            );
            let evaluation = part(found, row.get_ref(1)?.as_str()?).as_mut();
            if let Some(cell) =
                evaluation.and_then(|e| e.confusion.get_mut(actual)?.get_mut(predicted))
            {
                *cell = row.get(4)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// The jobs that a revision asks for.
const ASKED: &str = "job in (select job from member_jobs where experiment = ?1 and revision = ?2)";

fn part<'a>(row: &'a mut JobRow, name: &str) -> &'a mut Option<EvaluationRow> {
    if name == Part::Test.name() {
        &mut row.test
    } else {
        &mut row.validation
    }
}

/// A job of which nothing is known yet but how it stands.
fn blank(job: JobId, outcome: Option<String>, attempts: u32, seconds: f64) -> JobRow {
    JobRow {
        job,
        seed: 0,
        fold: None,
        outcome,
        attempts,
        seconds,
        images_per_second: 0.0,
        peak_memory_bytes: 0,
        epochs: vec![],
        validation: None,
        test: None,
        fingerprint: None,
        device: String::new(),
    }
}

/// NULL is NaN.
fn number(row: &Row, column: usize) -> rusqlite::Result<f64> {
    Ok(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN))
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}
