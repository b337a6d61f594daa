//! Checking the database against the logs.

use crate::error::StoreError;
use crate::queries::Reader;
use crate::replay::replay;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;
use rusqlite::{Connection, OpenFlags};

/// What is wrong with the database, for a person: its file, its references, and whatever differs
/// from what the logs give. Empty where all is well. Without the results folder's lock a running
/// sweep shows as a difference.
///
/// # Errors
/// As [`Reader::open`], and what keeps the check itself from being done.
pub fn check(results: &ResultsFolder) -> Result<Vec<String>, StoreError> {
    let reader = match Reader::open(results) {
        Err(damaged @ StoreError::Damaged { .. }) => return Ok(vec![damaged.to_string()]),
        opened => opened?,
    };
    let mut problems = Vec::new();
    let sound = reader.rows("pragma integrity_check", [], |row| row.get::<_, String>(0));
    match sound {
        Ok(lines) => problems.extend(
            lines
                .into_iter()
                .filter(|l| l != "ok")
                .map(|l| format!("the file is damaged: {l}")),
        ),
        Err(error) => problems.push(error.to_string()),
    }
    if !problems.is_empty() {
        problems.push("`convsweep rebuild` makes it anew from the logs".into());
        return Ok(problems);
    }
    problems.extend(reader.rows("pragma foreign_key_check", [], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!(
            "a row of {table} refers to a row of {parent} that is not there"
        ))
    })?);
    drop(reader);
    problems.extend(compare(results)?);
    Ok(problems)
}

/// Makes the database that the logs give in a scratch file, and names the tables that differ.
fn compare(results: &ResultsFolder) -> Result<Vec<String>, StoreError> {
    let path = results.database();
    let wrong = |e| StoreError::sqlite(&path, e);
    // An empty name is a private file that SQLite deletes.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI;
    let mut scratch = Connection::open_with_flags("", flags).map_err(wrong)?;
    schema::prepare(&mut scratch, "off").map_err(wrong)?;
    let mut problems = replay(&scratch, results)?.problems;
    let Some(uri) = schema::uri(&path) else {
        problems.push(format!(
            "{}: a path that is not UTF-8 cannot be compared",
            path.display()
        ));
        return Ok(problems);
    };
    scratch
        .execute("attach ?1 as found", [format!("{uri}?mode=ro")])
        .map_err(wrong)?;
    for table in tables(&scratch).map_err(wrong)? {
        problems.extend(difference(&scratch, &table).map_err(wrong)?);
    }
    Ok(problems)
}

/// Every table but `logs`: how far each log has been read lags behind what the writer was told
/// directly.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "select name from main.sqlite_master where type = 'table' and name <> 'logs' order by rowid";
    connection
        .prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn difference(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let count = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
    let expected = count(format!("select count(*) from main.{table}"))?;
    let found = count(format!("select count(*) from found.{table}"))?;
    let only = |a: &str, b: &str| {
        count(format!(
            "select count(*) from (select * from {a}.{table} except select * from {b}.{table})"
        ))
    };
    let (lacking, surplus) = (only("main", "found")?, only("found", "main")?);
    Ok((lacking + surplus > 0).then(|| {
        format!(
            "{table}: the logs give {expected} rows, the database has {found}; {lacking} are missing or differ, {surplus} are not what the logs say; `convsweep rebuild` makes them equal"
        )
    }))
}
