//! Checking the database: its file, its references, and whether it agrees with the logs.

use crate::error::StoreError;
use crate::queries::Database;
use crate::replay::replay;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::words::counted;
use rusqlite::{Connection, OpenFlags};

/// Problems with the database, in words for the user; empty if there are none. Without the results
/// folder's lock, a running sweep shows up as a difference.
///
/// # Errors
/// As [`Database::open`], and what prevents the check itself.
pub fn check(results: &ResultsFolder) -> Result<Vec<String>, StoreError> {
    let database = match Database::open(results) {
        Err(damaged @ StoreError::Damaged { .. }) => return Ok(vec![damaged.to_string()]),
        opened => opened?,
    };
    let mut problems = file_problems(&database);
    if !problems.is_empty() {
        problems.push("`convsweep rebuild` builds it again from the logs".into());
        return Ok(problems);
    }
    problems.extend(database.rows("pragma foreign_key_check", [], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!(
            "a row of {table} refers to a row of {parent} that does not exist"
        ))
    })?);
    drop(database);
    problems.extend(compare_with_logs(results)?);
    Ok(problems)
}

fn file_problems(database: &Database) -> Vec<String> {
    let lines = database.rows("pragma integrity_check", [], |row| row.get::<_, String>(0));
    match lines {
        Err(error) => vec![error.to_string()],
        Ok(lines) => {
            let problems = lines.into_iter().filter(|line| line != "ok");
            problems
                .map(|line| format!("the file is damaged: {line}"))
                .collect()
        }
    }
}

/// Builds the database from the logs in a scratch file and names the tables that differ.
fn compare_with_logs(results: &ResultsFolder) -> Result<Vec<String>, StoreError> {
    let path = results.database();
    let failed = |e| StoreError::sqlite(&path, e);
    // An empty name is a private file that SQLite deletes.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI;
    let mut scratch = Connection::open_with_flags("", flags).map_err(failed)?;
    schema::prepare(&mut scratch, "off").map_err(failed)?;
    let mut problems = replay(&scratch, results)?.problems;
    let Some(uri) = schema::uri(&path) else {
        let path = path.display();
        problems.push(format!(
            "{path}: a path that is not UTF-8 cannot be compared"
        ));
        return Ok(problems);
    };
    scratch
        .execute("attach ?1 as found", [format!("{uri}?mode=ro")])
        .map_err(failed)?;
    for table in tables(&scratch).map_err(failed)? {
        problems.extend(difference(&scratch, &table).map_err(failed)?);
    }
    Ok(problems)
}

/// All tables but `logs`: a log may have been read further than its position says.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "select name from main.sqlite_master
        where type = 'table' and name <> 'logs' order by rowid";
    connection
        .prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn difference(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let count = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
    let only_in = |a: &str, b: &str| {
        count(format!(
            "select count(*) from (select * from {a}.{table} except select * from {b}.{table})"
        ))
    };
    let expected = count(format!("select count(*) from main.{table}"))?;
    let found = count(format!("select count(*) from found.{table}"))?;
    let (missing, surplus) = (only_in("main", "found")?, only_in("found", "main")?);
    if missing + surplus == 0 {
        return Ok(None);
    }
    let expected = counted(expected as u64, "row");
    Ok(Some(format!(
        "{table}: the logs give {expected}, the database has {found}; \
        {missing} missing or different, {surplus} not in the logs; \
        `convsweep rebuild` makes them equal"
    )))
}
