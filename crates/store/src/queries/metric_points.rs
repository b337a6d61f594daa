//! One metric of one job, epoch by epoch, from any epoch on.

use super::database::Database;
use crate::error::StoreError;
use crate::lineage;
use crate::values::number;
use convsweep_spec::id::JobId;
use convsweep_spec::metric::EPOCH_SECONDS;
use rusqlite::params;
use std::collections::BTreeMap;

/// A value of a metric at the end of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricPoint {
    /// Completed epochs, from 1.
    pub epoch: u32,
    /// Completed steps over the whole job.
    pub step: u64,
    /// Duration of the epoch in seconds; 0 if it is not recorded.
    pub seconds: f64,
    /// The value; NaN if it was not a number.
    pub value: f64,
}

impl Database {
    /// Values of a metric of a job in the epochs after `above`, with those before the saved state
    /// that the job started from ([`Database::epochs`]).
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn metric_points(
        &self,
        job: &JobId,
        metric: &str,
        above: u32,
    ) -> Result<Vec<MetricPoint>, StoreError> {
        let sources = lineage::sources(&self.connection, &job.0);
        let sql = "select x.epoch, x.step, x.value, coalesce((select s.value from metrics s
              where s.job = x.job and s.epoch = x.epoch and s.name = ?4), 0)
            from metrics x where x.job = ?1 and x.epoch > ?2 and x.epoch <= ?3 and x.name = ?5";
        let mut points = BTreeMap::new();
        for source in sources.map_err(|e| StoreError::sqlite(&self.path, e))? {
            let from = source.above.max(above);
            let range = params![source.job, from, source.until, EPOCH_SECONDS, metric];
            let found = self.rows(sql, range, |row| {
                Ok(MetricPoint {
                    epoch: row.get(0)?,
                    step: row.get::<_, i64>(1)? as u64,
                    value: number(row, 2)?,
                    seconds: row.get(3)?,
                })
            })?;
            for point in found {
                points.entry(point.epoch).or_insert(point);
            }
        }
        Ok(points.into_values().collect())
    }

    /// Names of the metrics that a job has recorded itself.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn metric_names(&self, job: &JobId) -> Result<Vec<String>, StoreError> {
        let sql = "select name from metrics where job = ?1
            and epoch = (select max(epoch) from metrics where job = ?1) order by name";
        self.rows(sql, [&job.0], |row| row.get(0))
    }
}
