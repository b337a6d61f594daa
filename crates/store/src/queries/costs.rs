//! What finished jobs cost in time and memory.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::device::DeviceName;
use rusqlite::{Row, params};

/// What a job cost that was trained from scratch in one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct JobCostRow {
    /// Where it ran.
    pub device: DeviceName,
    /// Multiply-accumulates of its network for one image.
    pub macs: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// Images of a training step.
    pub batch_size: u32,
    /// Training steps.
    pub steps: u64,
    /// Training time in seconds.
    pub seconds: f64,
    /// Peak memory of the worker in bytes; 0 if it was not measured.
    pub peak_memory_bytes: u64,
}

impl Database {
    /// What the newest jobs cost that were trained from scratch on the machine `host`, newest
    /// first, at most `most` of them.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn job_costs(&self, host: &str, most: u32) -> Result<Vec<JobCostRow>, StoreError> {
        let sql = "
            select a.device, c.macs, c.parameters, c.batch_size,
              (select max(m.step) from metrics m where m.job = a.job), a.seconds,
              coalesce(a.peak_memory_bytes, 0)
            from attempts a join jobs j using (job) join configurations c using (configuration)
            where a.outcome = 'finished' and a.start = 'scratch' and a.host = ?1
            order by a.ended desc limit ?2";
        let rows = self.rows(sql, params![host, most], job_cost)?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Mean training time of an experiment's finished jobs in seconds; `None` if none has finished.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn mean_job_seconds(&self, experiment: &str) -> Result<Option<f64>, StoreError> {
        let sql = "select avg(j.seconds) from jobs j join member_jobs m using (job)
            join experiments e using (experiment, revision)
            where experiment = ?1 and outcome = 'finished'";
        let mean = self.first_row(sql, [experiment], |row| row.get(0))?;
        Ok(mean.flatten())
    }
}

/// `None` for a job that recorded no steps or an unknown device.
fn job_cost(row: &Row) -> rusqlite::Result<Option<JobCostRow>> {
    let device: String = row.get(0)?;
    let (steps, seconds): (Option<i64>, Option<f64>) = (row.get(4)?, row.get(5)?);
    let (Ok(device), Some(steps), Some(seconds)) = (device.parse(), steps, seconds) else {
        return Ok(None);
    };
    Ok(Some(JobCostRow {
        device,
        macs: row.get::<_, i64>(1)? as u64,
        parameters: row.get::<_, i64>(2)? as u64,
        batch_size: row.get(3)?,
        steps: steps as u64,
        seconds,
        peak_memory_bytes: row.get::<_, i64>(6)? as u64,
    }))
}
