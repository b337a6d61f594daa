//! Everything that a report needs of the jobs of one revision.

use super::curves::{LACKS_EPOCHS, epoch_row};
use super::database::Database;
use super::rows::{EvaluationRow, JobRow};
use crate::error::StoreError;
use crate::values::number;
use convsweep_spec::event::{Fingerprint, Part};
use convsweep_spec::id::JobId;
use convsweep_spec::log::PERSON;
use convsweep_spec::metric::IMAGES_PER_SECOND;
use convsweep_spec::outcome::DAMAGED;
use rusqlite::{Row, ToSql, params};
use std::collections::{BTreeMap, HashMap};

/// Jobs by id while their rows are being filled.
pub(super) type JobRows = HashMap<JobId, JobRow>;

/// Which epochs of the jobs are read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Epochs {
    /// All.
    All,
    /// The one whose weights the job keeps.
    Kept,
}

/// The jobs of a revision.
const OF_REVISION: &str =
    "job in (select job from member_jobs where experiment = ?1 and revision = ?2)";

impl Database {
    /// All jobs of a revision. Each table is read once, as a whole or along its key: a query for
    /// each job would take a minute for ten thousand of them.
    pub(super) fn job_rows(
        &self,
        name: &str,
        revision: u32,
        epochs: Epochs,
    ) -> Result<JobRows, StoreError> {
        let place = params![name, revision];
        let mut rows = JobRows::new();
        let mut extended = Vec::new();
        let sql = format!(
            "select job, outcome, attempts, seconds, {LACKS_EPOCHS}
            from jobs j where {OF_REVISION}"
        );
        self.rows(&sql, place, |row| {
            let job = JobId(row.get(0)?);
            if row.get(4)? {
                extended.push(job.clone());
            }
            let empty = empty_row(job.clone(), row.get(1)?, row.get(2)?, row.get(3)?);
            rows.insert(job, empty);
            Ok(())
        })?;
        match epochs {
            Epochs::All => self.fill_metrics(place, &mut rows)?,
            Epochs::Kept => self.fill_kept_metrics(place, &mut rows)?,
        }
        extended.retain(|_| epochs == Epochs::All);
        for job in extended {
            let epochs = self.epochs(&job)?;
            rows.entry(job).and_modify(|row| row.epochs = epochs);
        }
        self.fill_attempts(place, &mut rows)?;
        self.fill_evaluations(place, &mut rows)?;
        self.fill_files(place, &mut rows)?;
        self.fill_stops(place, &mut rows)?;
        self.fill_confusion(place, &mut rows)?;
        for row in rows.values_mut().filter(|row| is_damaged(row)) {
            forget_figures(row);
        }
        Ok(rows)
    }

    fn fill_metrics(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select job, epoch, phase, step, name, value from metrics
            where {OF_REVISION} order by job, epoch, name"
        );
        // The rows of a job follow each other: its entry is taken out once and put back once.
        let mut current: Option<JobRow> = None;
        self.rows(&sql, place, |row| {
            let job = row.get_ref(0)?.as_str()?;
            if current.as_ref().is_none_or(|current| current.job.0 != job) {
                close(current.take(), rows);
                current = rows.remove(&JobId(job.to_string()));
            }
            let Some(found) = &mut current else {
                return Ok(());
            };
            let (name, value) = (row.get_ref(4)?.as_str()?, number(row, 5)?);
            let place = (row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? as u64);
            epoch_row(&mut found.epochs, place).values.push(name, value);
            Ok(())
        })?;
        close(current, rows);
        Ok(())
    }

    /// The metrics of the epoch whose weights each job keeps, in whichever job's log they are.
    fn fill_kept_metrics(
        &self,
        place: &[&dyn ToSql],
        rows: &mut JobRows,
    ) -> Result<(), StoreError> {
        let sql = "select mj.job, x.epoch, x.phase, x.step, x.name, x.value
            from member_jobs mj join jobs j on j.job = mj.job
            join metrics x on x.job = j.kept_job and x.epoch = j.kept_epoch
            where mj.experiment = ?1 and mj.revision = ?2";
        self.rows(sql, place, |row| {
            if let Some(found) = rows.get_mut(&JobId(row.get(0)?)) {
                let place = (row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? as u64);
                let (name, value) = (row.get_ref(4)?.as_str()?, number(row, 5)?);
                epoch_row(&mut found.epochs, place).values.push(name, value);
            }
            Ok(())
        })?;
        for row in rows.values_mut() {
            row.images_per_second = mean_speed(row);
        }
        Ok(())
    }

    /// Peak memory over all attempts; device and fingerprint of the attempt that finished, else of
    /// the last one that started.
    fn fill_attempts(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select job, coalesce(peak_memory_bytes, 0), started is not null, device, backend,
              device_kind, instructions, program_version, git_revision
            from attempts where {OF_REVISION} order by job, outcome is 'finished', attempt"
        );
        self.rows(&sql, place, |row| {
            let Some(found) = rows.get_mut(&JobId(row.get(0)?)) else {
                return Ok(());
            };
            let memory = row.get::<_, i64>(1)? as u64;
            found.peak_memory_bytes = found.peak_memory_bytes.max(memory);
            if row.get(2)? {
                found.device = row.get(3)?;
                found.fingerprint = Some(Fingerprint {
                    backend: row.get(4)?,
                    device: row.get(5)?,
                    instructions: row.get(6)?,
                    version: row.get(7)?,
                    revision: row.get(8)?,
                });
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Hashes of artifacts, and warnings.
    fn fill_files(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select job, path, blake3 from artifacts
            where {OF_REVISION} and blake3 is not null"
        );
        self.rows(&sql, place, |row| {
            if let Some(found) = rows.get_mut(&JobId(row.get(0)?)) {
                found.hashes.insert(row.get(1)?, row.get(2)?);
            }
            Ok(())
        })?;
        let sql =
            format!("select job, text from warnings where {OF_REVISION} order by job, attempt, n");
        self.rows(&sql, place, |row| {
            if let Some(found) = rows.get_mut(&JobId(row.get(0)?)) {
                found.warnings.push(row.get(1)?);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Which jobs a rule of this experiment has stopped, and no person wanted trained afterwards.
    fn fill_stops(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select distinct job from decisions d
            where experiment = ?1 and verdict = 'stop' and {OF_REVISION}
              and not exists (select 1 from decisions l where l.experiment = ?1 and l.job = d.job
                and l.rule = '{PERSON}' and l.time >= d.time)"
        );
        self.rows(&sql, place, |row| {
            if let Some(found) = rows.get_mut(&JobId(row.get(0)?)) {
                found.was_stopped = true;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn fill_evaluations(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select job, part, images, loss, accuracy, classes,
              (select bits from correctness c where c.job = e.job and c.part = e.part)
            from evaluations e where {OF_REVISION}"
        );
        self.rows(&sql, place, |row| {
            if let Some(found) = rows.get_mut(&JobId(row.get(0)?)) {
                *part(found, row.get_ref(1)?.as_str()?) = Some(evaluation(row)?);
            }
            Ok(())
        })?;
        Ok(())
    }

    fn fill_confusion(&self, place: &[&dyn ToSql], rows: &mut JobRows) -> Result<(), StoreError> {
        let sql = format!(
            "select job, part, actual, predicted, count from confusion
            where {OF_REVISION} order by job"
        );
        self.rows(&sql, place, |row| {
            let Some(found) = rows.get_mut(&JobId(row.get(0)?)) else {
                return Ok(());
            };
            let Some(evaluation) = part(found, row.get_ref(1)?.as_str()?) else {
                return Ok(());
            };
            let actual = row.get::<_, u32>(2)? as usize;
            let predicted = row.get::<_, u32>(3)? as usize;
            let counts = evaluation.confusion.get_mut(actual);
            if let Some(count) = counts.and_then(|counts| counts.get_mut(predicted)) {
                *count = row.get(4)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn is_damaged(row: &JobRow) -> bool {
    row.outcome.as_deref() == Some(DAMAGED)
}

/// Nothing that a damaged log says of results is passed on.
fn forget_figures(row: &mut JobRow) {
    row.epochs.clear();
    (row.validation, row.test) = (None, None);
    row.images_per_second = 0.0;
}

/// Puts a job back whose epochs are complete.
fn close(row: Option<JobRow>, rows: &mut JobRows) {
    let Some(mut row) = row else { return };
    row.images_per_second = mean_speed(&row);
    rows.insert(row.job.clone(), row);
}

/// Mean over the epochs that recorded a speed; 0 if none did.
fn mean_speed(row: &JobRow) -> f64 {
    let (mut sum, mut count) = (0.0, 0u32);
    for epoch in &row.epochs {
        match epoch.values.get(IMAGES_PER_SECOND) {
            Some(speed) if !speed.is_nan() => (sum, count) = (sum + speed, count + 1),
            _ => {}
        }
    }
    if count == 0 {
        0.0
    } else {
        sum / f64::from(count)
    }
}

/// An evaluation without the counts of its confusion matrix.
fn evaluation(row: &Row) -> rusqlite::Result<EvaluationRow> {
    let classes = row.get::<_, u32>(5)? as usize;
    Ok(EvaluationRow {
        images: row.get(2)?,
        loss: number(row, 3)?,
        accuracy: number(row, 4)?,
        confusion: vec![vec![0; classes]; classes],
        correct: row.get::<_, Option<Vec<u8>>>(6)?.unwrap_or_default(),
    })
}

fn part<'a>(row: &'a mut JobRow, name: &str) -> &'a mut Option<EvaluationRow> {
    if name == Part::Test.name() {
        &mut row.test
    } else {
        &mut row.validation
    }
}

/// A job with nothing but its state known so far.
fn empty_row(job: JobId, outcome: Option<String>, attempts: u32, seconds: f64) -> JobRow {
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
        hashes: BTreeMap::new(),
        warnings: vec![],
        was_stopped: false,
        device: String::new(),
    }
}
