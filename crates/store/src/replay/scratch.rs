//! A second database, into which the logs are read, to compare the one in use with it.

use crate::error::StoreError;
use crate::schema;
use crate::sweep::ANSWER_TABLES;
use convsweep_spec::layout::ResultsFolder;
use rusqlite::{Connection, OpenFlags, Result};
use std::path::Path;

/// An empty database in a private file that SQLite deletes.
pub(crate) fn scratch(results: &ResultsFolder) -> std::result::Result<Connection, StoreError> {
    let failed = |e| StoreError::sqlite(&results.database(), e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI;
    let mut scratch = Connection::open_with_flags("", flags).map_err(failed)?;
    schema::prepare(&mut scratch, "off").map_err(failed)?;
    Ok(scratch)
}

/// Attaches a database for reading as `found`; false if its path is not UTF-8.
pub(crate) fn attach_found(connection: &Connection, database: &Path) -> Result<bool> {
    let Some(uri) = schema::uri(database) else {
        return Ok(false);
    };
    connection.execute("attach ?1 as found", [format!("{uri}?mode=ro")])?;
    Ok(true)
}

/// All tables but `logs`, as a log may have been read further than its position says,
/// `log_problems`, which are named one by one, and those of answers, which are not always there.
pub(crate) fn tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "select name from main.sqlite_master
        where type = 'table' and name not in ('logs', 'log_problems') order by rowid";
    let mut statement = connection.prepare(sql)?;
    let tables = statement.query_map([], |row| row.get(0))?;
    let mut tables: Vec<String> = tables.collect::<Result<_>>()?;
    tables.retain(|table| !ANSWER_TABLES.contains(&table.as_str()));
    Ok(tables)
}
