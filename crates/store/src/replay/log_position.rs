//! How far each log has been read: the table `logs`.

use convsweep_spec::log_line::LineChecker;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::HashMap;
use std::fs::Metadata;

/// How far a log has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LogPosition {
    pub(crate) offset: u64,
    pub(crate) lines: u64,
    /// The revision that an experiment's next entry belongs to; `None` before the first one, and
    /// after damage.
    pub(crate) revision: Option<u32>,
    /// What the lines so far say of the next one.
    pub(crate) checker: LineChecker,
    /// Which file was read; `None` if nobody looked.
    pub(crate) stamp: Option<FileStamp>,
}

/// Tells a file from another one in its place, and from itself after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    inode: i64,
    modified: i64,
}

impl FileStamp {
    pub(crate) fn of(metadata: &Metadata) -> FileStamp {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata) as i64;
        #[cfg(not(unix))]
        let inode = 0;
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        FileStamp {
            inode,
            modified: since.map_or(0, |since| since.as_nanos() as i64),
        }
    }
}

impl LogPosition {
    /// All positions by the log's path relative to the results folder.
    pub(crate) fn all(connection: &Connection) -> Result<HashMap<String, LogPosition>> {
        let sql = "select path, offset, lines, revision, last_line, damaged, checked, inode,
            modified from logs";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, position(row)?)))?;
        rows.collect()
    }

    /// The position of one log.
    pub(crate) fn of(connection: &Connection, log: &str) -> Result<Option<LogPosition>> {
        let sql = "select path, offset, lines, revision, last_line, damaged, checked, inode,
            modified from logs where path = ?1";
        connection
            .prepare_cached(sql)?
            .query_row([log], position)
            .optional()
    }

    /// Saves the position of a log.
    pub(crate) fn save(self, connection: &Connection, log: &str) -> Result<()> {
        let sql = "insert or replace into logs
            (path, offset, lines, revision, last_line, damaged, checked, inode, modified)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let LineChecker {
            last,
            damaged,
            checked,
        } = self.checker;
        connection
            .prepare_cached(sql)?
            .execute(params![
                log,
                self.offset as i64,
                self.lines as i64,
                self.revision,
                last as i64,
                damaged as i64,
                checked as i64,
                self.stamp.map(|stamp| stamp.inode),
                self.stamp.map(|stamp| stamp.modified)
            ])
            .map(drop)
    }

    /// Whether the file that was read up to here may be another one now, given its size.
    pub(crate) fn is_of_another(&self, stamp: FileStamp, size: u64) -> bool {
        match self.stamp {
            None => false,
            Some(read) if size == self.offset => read != stamp,
            Some(read) => read.inode != stamp.inode,
        }
    }
}

fn position(row: &Row) -> Result<LogPosition> {
    let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
    let (inode, modified): (Option<i64>, Option<i64>) = (row.get(7)?, row.get(8)?);
    let stamp = inode.zip(modified);
    Ok(LogPosition {
        offset: number(1)?,
        lines: number(2)?,
        revision: row.get(3)?,
        checker: LineChecker {
            last: number(4)?,
            damaged: number(5)?,
            checked: number(6)?,
        },
        stamp: stamp.map(|(inode, modified)| FileStamp { inode, modified }),
    })
}
