//! Which image sets experiments use.

use super::database::Database;
use crate::error::StoreError;
use crate::values::json;
use convsweep_spec::data::DataSpec;
use rusqlite::Row;

/// An image set that the newest revision of an experiment uses.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedImageSet {
    /// The experiment.
    pub experiment: String,
    /// The images as it asks for them.
    pub data: DataSpec,
    /// Content hash of the set.
    pub data_hash: String,
}

impl Database {
    /// The image sets of all experiments, by the experiment's name.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn image_sets(&self) -> Result<Vec<UsedImageSet>, StoreError> {
        let sql = "
            select distinct e.experiment, json_extract(c.resolved, '$.data'), c.data_hash
            from experiments e join members m using (experiment, revision)
              join configurations c using (configuration)
            order by 1, 2, 3";
        self.rows(sql, [], used_image_set)
    }
}

fn used_image_set(row: &Row) -> rusqlite::Result<UsedImageSet> {
    Ok(UsedImageSet {
        experiment: row.get(0)?,
        data: json(row, 1)?,
        data_hash: row.get(2)?,
    })
}
