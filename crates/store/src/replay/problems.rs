//! What is wrong with the logs: the table `log_problems`.

use rusqlite::{Connection, Result, params};

/// The line under which a problem with a log as a whole is remembered.
pub(super) const WHOLE_LOG: u64 = 0;

/// Maximum number of problems of one log that are kept; one makes a job damaged.
const MOST: i64 = 100;

/// Remembers a problem with a line of a log. `has_remedy`: whether its words say what is to be done.
pub(super) fn record(
    connection: &Connection,
    (log, line): (&str, u64),
    problem: &str,
    has_remedy: bool,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into log_problems (log, line, problem, has_remedy)
            select ?1, ?2, ?3, ?5 where (select count(*) from log_problems where log = ?1) < ?4
            on conflict do update set problem = excluded.problem,
              has_remedy = excluded.has_remedy",
        )?
        .execute(params![log, line as i64, problem, MOST, has_remedy])
        .map(drop)
}

/// Forgets the problems of a log, which is read again. The answer is whether there were any.
pub(crate) fn forget(connection: &Connection, log: &str) -> Result<bool> {
    let sql = "delete from log_problems where log = ?1";
    let deleted = connection.prepare_cached(sql)?.execute([log])?;
    Ok(deleted > 0)
}

/// Whether a problem with the log as a whole is known.
pub(super) fn is_incomplete(connection: &Connection, log: &str) -> Result<bool> {
    let sql = "select exists (select 1 from log_problems where log = ?1 and line = ?2)";
    connection
        .prepare_cached(sql)?
        .query_row(params![log, WHOLE_LOG as i64], |row| row.get(0))
}

/// Whether a problem with the log is known.
pub(super) fn is_damaged(connection: &Connection, log: &str) -> Result<bool> {
    let sql = "select exists (select 1 from log_problems where log = ?1)";
    connection
        .prepare_cached(sql)?
        .query_row([log], |row| row.get(0))
}
