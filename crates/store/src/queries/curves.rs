//! Metrics by epoch.

use super::database::Database;
use super::epoch_values::EpochValues;
use super::rows::EpochRow;
use crate::error::StoreError;
use crate::lineage;
use crate::values::number;
use convsweep_spec::event::Part;
use convsweep_spec::id::JobId;
use rusqlite::params;
use std::collections::{BTreeMap, HashMap};

/// The jobs of an experiment's newest revision whose logs are not damaged.
const SOUND_JOBS: &str = "experiments e
    join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
    join jobs j on j.job = mj.job and j.outcome is not 'damaged'";

/// Whether the job in the row `j` has not recorded all of its epochs itself.
pub(super) const LACKS_EPOCHS: &str = "(j.origin_job is not null
    and (select count(distinct epoch) from metrics own where own.job = j.job) < j.epoch)";

impl Database {
    /// Values of one metric by job and completed epochs, for every job of an experiment's newest
    /// revision whose log is not damaged; with the epochs before the saved state that a job started
    /// from, as [`Database::epochs`].
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn curves(
        &self,
        experiment: &str,
        metric: &str,
    ) -> Result<HashMap<JobId, BTreeMap<u32, f64>>, StoreError> {
        let sql = format!(
            "select x.job, x.epoch, x.value from {SOUND_JOBS}
            join metrics x on x.job = mj.job and x.name = ?2 where e.experiment = ?1"
        );
        let mut curves: HashMap<JobId, BTreeMap<u32, f64>> = HashMap::new();
        self.rows(&sql, [experiment, metric], |row| {
            let curve = curves.entry(JobId(row.get(0)?)).or_default();
            curve.insert(row.get(1)?, number(row, 2)?);
            Ok(())
        })?;
        let sql =
            format!("select mj.job from {SOUND_JOBS} where e.experiment = ?1 and {LACKS_EPOCHS}");
        for job in self.rows(&sql, [experiment], |row| Ok(JobId(row.get(0)?)))? {
            for row in self.epochs(&job)? {
                if let Some(value) = row.values.get(metric) {
                    let curve = curves.entry(job.clone()).or_default();
                    curve.insert(row.epoch, *value);
                }
            }
        }
        Ok(curves)
    }

    /// Loss and accuracy on the validation images after training, for every job of an experiment's
    /// newest revision that was evaluated and whose log is not damaged.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn validations(&self, experiment: &str) -> Result<HashMap<JobId, (f64, f64)>, StoreError> {
        let sql = format!(
            "select v.job, v.loss, v.accuracy from {SOUND_JOBS}
            join evaluations v on v.job = mj.job and v.part = ?2 where e.experiment = ?1"
        );
        let validations = self.rows(&sql, [experiment, Part::Validation.name()], |row| {
            Ok((JobId(row.get(0)?), (number(row, 1)?, number(row, 2)?)))
        })?;
        Ok(validations.into_iter().collect())
    }

    /// Values of one metric that a job has recorded itself, by epoch; epochs without a number are
    /// left out.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn job_curve(&self, job: &JobId, metric: &str) -> Result<Vec<f64>, StoreError> {
        let sql = "select value from metrics
            where job = ?1 and name = ?2 and value is not null order by epoch";
        self.rows(sql, [&job.0, metric], |row| row.get(0))
    }

    /// All metrics of a job by epoch. If it started from the saved state of another job, those of
    /// its first epochs that it has not recorded itself are that job's: equal states, equal
    /// metrics.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn epochs(&self, job: &JobId) -> Result<Vec<EpochRow>, StoreError> {
        let sources = lineage::sources(&self.connection, &job.0);
        let mut epochs: BTreeMap<u32, EpochRow> = BTreeMap::new();
        for source in sources.map_err(|e| StoreError::sqlite(&self.path, e))? {
            for row in self.own_epochs(&source.job, source.above, source.until)? {
                epochs.entry(row.epoch).or_insert(row);
            }
        }
        Ok(epochs.into_values().collect())
    }

    /// Metrics that `job` itself recorded in the epochs after `above`, up to and including `until`.
    fn own_epochs(&self, job: &str, above: u32, until: u32) -> Result<Vec<EpochRow>, StoreError> {
        let sql = "select epoch, phase, step, name, value from metrics
            where job = ?1 and epoch > ?2 and epoch <= ?3 order by epoch, name";
        let mut epochs: Vec<EpochRow> = Vec::new();
        self.rows(sql, params![job, above, until], |row| {
            let (name, value) = (row.get_ref(3)?.as_str()?, number(row, 4)?);
            let place = (row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64);
            epoch_row(&mut epochs, place).values.push(name, value);
            Ok(())
        })?;
        Ok(epochs)
    }
}

/// The row of an epoch, phase and step, which is the last row or a new one.
pub(super) fn epoch_row(
    epochs: &mut Vec<EpochRow>,
    (epoch, phase, step): (u32, u32, u64),
) -> &mut EpochRow {
    if epochs.last().is_none_or(|last| last.epoch != epoch) {
        let values = match epochs.last() {
            Some(last) => EpochValues::like(&last.values),
            None => EpochValues::default(),
        };
        epochs.push(EpochRow {
            epoch,
            phase,
            step,
            values,
        });
    }
    let last = epochs.len() - 1;
    &mut epochs[last]
}
