//! Whether a database of which the logs have lost a part agrees with them in all the rest.

use super::logs::replay;
use super::lost::{LostRows, lost_rows};
use super::scratch::{attach_found, scratch, tables};
use crate::error::StoreError;
use convsweep_spec::layout::{EXPERIMENT_LOG, ResultsFolder};
use rusqlite::{Connection, Result};

/// What has to do with the logs that have lost something: the jobs with such a log, those
/// experiments, and the jobs to whose rows they contribute, also as the jobs from whose saved states
/// these started.
const TOUCHED: &str = "
    create temp table lost_jobs (job text primary key);
    create temp table lost_experiments (experiment text primary key);
    create temp view touched_jobs as
      select job from lost_jobs
      union select job from found.member_jobs where experiment in lost_experiments
      union select job from found.decisions where experiment in lost_experiments
      union select job from found.jobs where origin_job in lost_jobs or kept_job in lost_jobs
      union select job from found.attempts where ended_by in
        (select 'log of ' || experiment from lost_experiments);";

/// Whether the database has the rows that the logs give, but for those of logs that hold less than
/// they did. The logs must have been read into it to their ends.
pub(crate) fn agrees_but_for_lost(
    results: &ResultsFolder,
) -> std::result::Result<bool, StoreError> {
    let scratch = scratch(results)?;
    replay(&scratch, results)?;
    let database = results.database();
    let agrees = match attach_found(&scratch, &database) {
        Ok(false) => return Ok(false),
        Ok(true) => lost_rows(&scratch, results).and_then(|lost| agrees(&scratch, &lost)),
        Err(error) => Err(error),
    };
    agrees.map_err(|e| StoreError::sqlite(&database, e))
}

fn agrees(connection: &Connection, lost: &[LostRows]) -> Result<bool> {
    connection.execute_batch(TOUCHED)?;
    for LostRows { log, .. } in lost {
        let (sql, name) = match log.strip_prefix("jobs/") {
            Some(job) => ("insert into lost_jobs values (?1)", job.split('/').next()),
            None => (
                "insert into lost_experiments values (?1)",
                log.strip_suffix(&format!("/{EXPERIMENT_LOG}")),
            ),
        };
        connection.execute(sql, [name])?;
    }
    for table in tables(connection)? {
        if differs(connection, &table)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a table has other rows than the logs give that have nothing to do with what is lost.
fn differs(connection: &Connection, table: &str) -> Result<bool> {
    let mut conditions = vec!["true"];
    let sql = "select name from pragma_table_info(?1, 'main')";
    let mut statement = connection.prepare(sql)?;
    let columns = statement.query_map([table], |row| row.get(0))?;
    for column in columns.collect::<Result<Vec<String>>>()? {
        match (table, column.as_str()) {
            (_, "experiment") => conditions.push("experiment not in lost_experiments"),
            ("jobs" | "attempts", "job") => conditions.push("job not in touched_jobs"),
            (_, "job") => conditions.push("job not in lost_jobs"),
            // It is computed from the jobs of its configuration.
            ("summary", "configuration") => conditions.push(
                "configuration not in (select configuration from found.jobs
                  where job in touched_jobs and configuration is not null)",
            ),
            _ => {}
        }
    }
    let conditions = conditions.join(" and ");
    let differing = |a: &str, b: &str| {
        let rows = format!("select * from {a}.{table} except select * from {b}.{table}");
        let sql = format!("select exists (select 1 from ({rows}) where {conditions})");
        connection.query_row(&sql, [], |row| row.get::<_, bool>(0))
    };
    // Configurations that no log names any more are of what is lost.
    Ok(differing("main", "found")? || (table != "configurations" && differing("found", "main")?))
}
