//! Checking the database: its file, its references, and whether it agrees with the logs.

use crate::digest::Integrity;
use crate::error::StoreError;
use crate::queries::Database;
use crate::replay::{
    LogProgress, SyncReport, attach_found, changed_logs, lost_rows, replay_sample, replay_telling,
    scratch, tables,
};
use crate::sweep::{ANSWER_TABLES, PROGRAM};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::log_remedy;
use convsweep_spec::words::counted;
use rusqlite::Connection;

/// Logs without checksums that are named.
const NAMED_LOGS: usize = 3;

/// What a check of logs and database found, in words for the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckReport {
    /// Damage and contradictions, each with its place and the remedy.
    pub problems: Vec<String>,
    /// What cannot be vouched for although nothing is known to be wrong with it.
    pub notes: Vec<String>,
}

/// Reads every line of every log and the whole database, and compares them. Without the results
/// folder's lock, a running sweep shows up as a difference.
///
/// # Errors
/// As [`Database::open`], and what prevents the check itself.
pub fn check(results: &ResultsFolder) -> Result<CheckReport, StoreError> {
    check_telling(results, &|_, _| ())
}

/// As [`check`]; tells how far it has come.
///
/// # Errors
/// As for [`check`].
pub fn check_telling(
    results: &ResultsFolder,
    progress: LogProgress,
) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport {
        problems: check_database(results, "integrity_check")?,
        notes: vec![],
    };
    let is_comparable = report.problems.is_empty();
    let scratch = scratch(results)?;
    add_logs(&mut report, replay_telling(&scratch, results, progress)?);
    if is_comparable {
        compare_tables(results, &scratch, &mut report)?;
    }
    Ok(report)
}

/// As [`check_telling`], while a run writes the logs and the database: they are not compared.
///
/// # Errors
/// As for [`check`].
pub fn check_during_run(
    results: &ResultsFolder,
    progress: LogProgress,
) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport {
        problems: check_database(results, "integrity_check")?,
        notes: vec!["the database is not compared with the logs while a run writes both".into()],
    };
    let read = replay_telling(&scratch(results)?, results, progress)?;
    add_logs(&mut report, read);
    Ok(report)
}

/// Looks at the database's file and at samples of the logs: all logs of experiments, every
/// twentieth log of a job as a whole, and of the other ones the first and the last line.
///
/// # Errors
/// As for [`check`].
pub fn quick_check(results: &ResultsFolder) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    // Samples say nothing about the figures: only the digest does.
    if Integrity::of_results(results) == Integrity::Changed {
        report.problems.push(format!(
            "{}: has changed since Convsweep wrote it, or is a backup that was put back; \
            `convsweep check` compares it with the logs, `convsweep rebuild` builds it again from them",
            results.database().display()
        ));
    }
    report
        .problems
        .extend(check_database(results, "quick_check")?);
    if report.problems.is_empty() {
        let database = Database::open(results)?;
        let changed = changed_logs(&database.connection, results);
        let changed = changed.map_err(|e| StoreError::sqlite(&database.path, e))?;
        report.problems.extend(changed);
    }
    let scratch = scratch(results)?;
    let (synced, sample) = replay_sample(&scratch, results)?;
    add_logs(&mut report, synced);
    report.notes.push(sample);
    Ok(report)
}

/// Problems with the database's own file, found by this pragma.
fn check_database(results: &ResultsFolder, pragma: &str) -> Result<Vec<String>, StoreError> {
    let database = match Database::open(results) {
        Err(damaged @ StoreError::Damaged { .. }) => return Ok(vec![damaged.to_string()]),
        opened => opened?,
    };
    let mut problems = file_problems(&database, pragma)?;
    if !problems.is_empty() {
        problems.push("`convsweep rebuild` builds it again from the logs".into());
        return Ok(problems);
    }
    database.rows("pragma foreign_key_check", [], |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(format!(
            "a row of {table} refers to a row of {parent} that does not exist; \
            `convsweep rebuild` builds the database again from the logs"
        ))
    })
}

fn file_problems(database: &Database, pragma: &str) -> Result<Vec<String>, StoreError> {
    let sql = format!("pragma {pragma}");
    match database.rows(&sql, [], |row| row.get::<_, String>(0)) {
        Err(damaged @ StoreError::Damaged { .. }) => Ok(vec![damaged.to_string()]),
        lines => {
            let problems = lines?.into_iter().filter(|line| line != "ok");
            Ok(problems
                .map(|line| format!("the file is damaged: {line}"))
                .collect())
        }
    }
}

/// Names the tables that differ from those that the logs have given, in `scratch`.
fn compare_tables(
    results: &ResultsFolder,
    scratch: &Connection,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let path = results.database();
    let failed = |e| StoreError::sqlite(&path, e);
    if !attach_found(scratch, &path).map_err(failed)? {
        let path = path.display();
        report.problems.push(format!(
            "{path}: a path that is not UTF-8 cannot be compared; move the results folder"
        ));
        return Ok(());
    }
    // Where the database knows more than the logs, building it again would lose that.
    let lost = lost_rows(scratch, results).map_err(failed)?;
    let remedy = match lost.is_empty() {
        true => "; `convsweep rebuild` makes them equal",
        false => "",
    };
    let found = table_differences(scratch).map_err(failed)?;
    let found = found.into_iter().map(|difference| difference + remedy);
    report.problems.extend(found);
    for lost in lost {
        let remedy = match lost.is_superseded {
            true => "the plan was written again, and `convsweep rebuild --forget-lost` drops it",
            false => "put back a copy of the log (`convsweep rebuild --forget-lost` would drop it)",
        };
        let problem = format!("{lost}; only the database has it: {remedy}");
        report.problems.push(problem);
    }
    Ok(())
}

/// Adds what reading the logs has found.
fn add_logs(report: &mut CheckReport, synced: SyncReport) {
    for problem in synced.problems {
        if synced.torn.contains(&problem) {
            report.notes.push(problem);
        } else if synced.with_remedy.contains(&problem) {
            report.problems.push(problem);
        } else if let Some(revision) = synced.written_again.get(&problem) {
            let remedy = log_remedy(Some(*revision));
            report.notes.push(format!("{problem}; {remedy}"));
        } else {
            report.problems.push(with_remedy(problem));
        }
    }
    if synced.unchecked > 0 {
        let lines = counted(synced.unchecked, "line");
        let logs = &synced.unchecked_logs;
        let count = counted(logs.len() as u64, "log");
        let named: Vec<&str> = logs.iter().take(NAMED_LOGS).map(String::as_str).collect();
        let more = if logs.len() > NAMED_LOGS { ", …" } else { "" };
        report.notes.push(format!(
            "{lines} of {count} have no checksum, since an older program wrote them; they cannot \
            be vouched for: {}{more}",
            named.join(", ")
        ));
    }
}

fn with_remedy(problem: String) -> String {
    let job = problem.strip_prefix("jobs/");
    let job = job
        .and_then(|rest| rest.split_once('/'))
        .map(|(job, _)| job);
    match job {
        Some(job) => format!("{problem}; `convsweep retry {job} --damaged` trains the job again"),
        None => format!("{problem}; {}", log_remedy(None)),
    }
}

/// What is different in each table. Answers follow from the other tables: they are compared if these
/// are equal, as far as there are any of this version of the program.
fn table_differences(scratch: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    for table in tables(scratch)? {
        found.extend(difference(scratch, &table, "true")?);
    }
    if found.is_empty() {
        let up_to_date = format!(
            "experiment in (select experiment from found.answers where program = '{PROGRAM}')"
        );
        for table in ANSWER_TABLES {
            found.extend(difference(scratch, table, &up_to_date)?);
        }
    }
    Ok(found)
}

/// How a table differs in the rows that fulfil the condition.
fn difference(
    connection: &Connection,
    table: &str,
    condition: &str,
) -> rusqlite::Result<Option<String>> {
    let count = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
    let rows = |database: &str| format!("select * from {database}.{table} where {condition}");
    let only_in = |a: &str, b: &str| {
        let rows = format!("{} except {}", rows(a), rows(b));
        count(format!("select count(*) from ({rows})"))
    };
    let expected = count(format!("select count(*) from ({})", rows("main")))?;
    let found = count(format!("select count(*) from ({})", rows("found")))?;
    let (missing, surplus) = (only_in("main", "found")?, only_in("found", "main")?);
    if missing + surplus == 0 {
        return Ok(None);
    }
    let expected = counted(expected as u64, "row");
    Ok(Some(format!(
        "{table}: the logs give {expected}, the database has {found}; \
        {missing} missing or different, {surplus} not in the logs"
    )))
}
