//! A copy of the database as it is at one moment.

use super::database::Database;
use crate::error::StoreError;
use crate::schema;
use convsweep_files::Durability;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::path::Path;

impl Database {
    /// Copies the database into the new file `to`, while others may read and write it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is such a file; whatever prevents it from being written.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let path = to.to_path_buf();
        if to.exists() {
            return Err(StoreError::Exists { path });
        }
        let new = convsweep_files::partial_path(to);
        schema::remove(&new)?;
        let failed = |e| StoreError::sqlite(to, e);
        let mut copy = Connection::open(&new).map_err(failed)?;
        // All pages in one step: a snapshot of one moment, which does not make the writer wait.
        Backup::new(&self.connection, &mut copy)
            .and_then(|backup| backup.step(-1))
            .map_err(failed)?;
        copy.query_row("pragma journal_mode = delete", [], |_| Ok(()))
            .map_err(failed)?;
        copy.close().map_err(|(_, e)| failed(e))?;
        Ok(convsweep_files::publish(&new, to, Durability::Content)?)
    }
}
