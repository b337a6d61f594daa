//! Metrics by epoch.

use super::database::{Database, number};
use super::rows::EpochRow;
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use rusqlite::params;
use std::collections::{BTreeMap, HashMap};

impl Database {
    /// Values of one metric by job and completed epochs, for every job of an experiment's newest
    /// revision whose log is not damaged.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn curves(
        &self,
        experiment: &str,
        metric: &str,
    ) -> Result<HashMap<JobId, BTreeMap<u32, f64>>, StoreError> {
        let sql = "select x.job, x.epoch, x.value from experiments e
            join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
            join jobs j on j.job = mj.job and j.outcome is not 'damaged'
            join metrics x on x.job = mj.job and x.name = ?2 where e.experiment = ?1";
        let mut curves: HashMap<JobId, BTreeMap<u32, f64>> = HashMap::new();
        self.rows(sql, [experiment, metric], |row| {
            let curve = curves.entry(JobId(row.get(0)?)).or_default();
            curve.insert(row.get(1)?, number(row, 2)?);
            Ok(())
        })?;
        Ok(curves)
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

    /// All metrics of a job by epoch. If it started from the saved state of another job, its first
    /// epochs are that job's: equal states, equal metrics.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn epochs(&self, job: &JobId) -> Result<Vec<EpochRow>, StoreError> {
        let origin =
            "select origin_job, origin_epoch from jobs where job = ?1 and origin_job is not null";
        let (mut source, mut until, mut parts) = (job.0.clone(), u32::MAX, vec![]);
        loop {
            let origin = self.first_row(origin, [&source], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
            })?;
            let above = origin.as_ref().map_or(0, |(_, epoch)| *epoch).min(until);
            parts.push(self.own_epochs(&source, above, until)?);
            match origin {
                // Each step must lead to fewer epochs: damaged logs may name each other.
                Some((earlier, epoch)) if epoch < until => (source, until) = (earlier, epoch),
                _ => break,
            }
        }
        Ok(parts.into_iter().rev().flatten().collect())
    }

    /// Metrics that `job` itself recorded in the epochs after `above`, up to and including `until`.
    fn own_epochs(&self, job: &str, above: u32, until: u32) -> Result<Vec<EpochRow>, StoreError> {
        let sql = "select epoch, phase, step, name, value from metrics
            where job = ?1 and epoch > ?2 and epoch <= ?3 order by epoch";
        let mut epochs: Vec<EpochRow> = Vec::new();
        self.rows(sql, params![job, above, until], |row| {
            let (name, value) = (row.get(3)?, number(row, 4)?);
            let place = (row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64);
            epoch_row(&mut epochs, place).values.insert(name, value);
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
        epochs.push(EpochRow {
            epoch,
            phase,
            step,
            values: BTreeMap::new(),
        });
    }
    let last = epochs.len() - 1;
    &mut epochs[last]
}
