//! Training states that jobs have saved and others can start from.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::job::SavedState;
use rusqlite::Row;
use std::collections::HashMap;

impl Database {
    /// Numbers of completed epochs after which any job has saved its training state, the largest
    /// first.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn saved_epochs(&self) -> Result<Vec<u32>, StoreError> {
        let sql = "select distinct epoch from states order by epoch desc";
        self.rows(sql, [], |row| row.get(0))
    }

    /// Where the training states with these keys are; states that no job has saved, or that are no
    /// longer on the disk, are left out.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn saved_states(
        &self,
        keys: &[StateKey],
    ) -> Result<HashMap<StateKey, SavedState>, StoreError> {
        let sql = "select job, epoch, path from states where key = ?1 order by job";
        let mut states = HashMap::new();
        for key in keys {
            let saved = self.rows(sql, [&key.0], |row| self.saved_state(key, row))?;
            if let Some(state) = saved.into_iter().find(|state| state.path.is_dir()) {
                states.insert(key.clone(), state);
            }
        }
        Ok(states)
    }

    fn saved_state(&self, key: &StateKey, row: &Row) -> rusqlite::Result<SavedState> {
        let job = JobId(row.get(0)?);
        let path = self.results.job(&job).join(row.get::<_, String>(2)?);
        Ok(SavedState {
            job,
            epoch: row.get(1)?,
            key: key.clone(),
            path,
        })
    }
}
