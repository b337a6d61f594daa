//! How far each log has been read: the table `logs`.

use rusqlite::{Connection, Result, params};
use std::collections::HashMap;

/// How far a log has been read.
#[derive(Clone, Copy, Default)]
pub(super) struct LogPosition {
    pub(super) offset: u64,
    pub(super) lines: u64,
    /// The revision that an experiment's next entry belongs to.
    pub(super) revision: Option<u32>,
}

impl LogPosition {
    /// All positions by the log's path relative to the results folder.
    pub(super) fn all(connection: &Connection) -> Result<HashMap<String, LogPosition>> {
        let sql = "select path, offset, lines, revision from logs";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let position = LogPosition {
                offset: row.get::<_, i64>(1)? as u64,
                lines: row.get::<_, i64>(2)? as u64,
                revision: row.get(3)?,
            };
            Ok((row.get(0)?, position))
        })?;
        rows.collect()
    }

    /// Saves the position of a log.
    pub(super) fn save(self, connection: &Connection, log: &str) -> Result<()> {
        let sql = "insert or replace into logs (path, offset, lines, revision)
            values (?1, ?2, ?3, ?4)";
        let (offset, lines) = (self.offset as i64, self.lines as i64);
        connection
            .prepare_cached(sql)?
            .execute(params![log, offset, lines, self.revision])
            .map(drop)
    }
}
