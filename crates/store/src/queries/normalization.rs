//! How the pixel values of a job are standardised.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::augment::MeanStd;
use convsweep_spec::id::JobId;
use rusqlite::Row;

impl Database {
    /// Mean and standard deviation of each channel by which the job standardises pixel values;
    /// `None` if its workers recorded none.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn normalization(&self, job: &JobId) -> Result<Option<MeanStd>, StoreError> {
        let sql = "select mean, std from normalization where job = ?1 order by channel";
        let pair = |row: &Row| Ok((row.get(0)?, row.get(1)?));
        let channels: Vec<(f64, f64)> = self.rows(sql, [&job.0], pair)?;
        let (mean, std): (Vec<f64>, Vec<f64>) = channels.into_iter().unzip();
        Ok((!mean.is_empty()).then_some(MeanStd { mean, std }))
    }
}
