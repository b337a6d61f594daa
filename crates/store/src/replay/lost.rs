//! Rows that the database has although the logs no longer hold them: a log was cut, removed, or
//! something else is in its place. Building the database again from the logs would drop them.

use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EXPERIMENT_LOG, ResultsFolder, job_log};
use convsweep_spec::outcome::DAMAGED;
use convsweep_spec::words::counted;
use rusqlite::{Connection, Result, Row};
use std::collections::BTreeMap;
use std::fmt;

/// Revisions that only the attached database has.
const REVISIONS: &str = "
    select experiment, count(*) from found.revisions f
    where not exists (select 1 from main.revisions m
      where m.experiment = f.experiment and m.revision = f.revision)
    group by experiment";

/// Configurations that only the attached database has, of revisions that both have.
const CONFIGURATIONS: &str = "
    select experiment, count(*) from found.members f
    where not exists (select 1 from main.members m where m.experiment = f.experiment
        and m.revision = f.revision and m.configuration = f.configuration)
      and exists (select 1 from main.experiments e where e.experiment = f.experiment
        and e.revision = f.revision)
    group by experiment";

/// Decisions about jobs that only the attached database has.
const DECISIONS: &str = "
    select experiment, count(*) from found.decisions f
    where not exists (select 1 from main.decisions m where m.experiment = f.experiment
      and m.job = f.job and m.time = f.time and m.verdict = f.verdict and m.epoch = f.epoch)
    group by experiment";

/// Experiments whose newest revision both have, and of which no decision is lost.
const SUPERSEDED: &str = "
    select m.experiment from main.experiments m join found.experiments f using (experiment)
    where m.revision = f.revision and not exists (select 1 from found.decisions d
      where d.experiment = m.experiment and not exists (select 1 from main.decisions
        where experiment = d.experiment and job = d.job and time = d.time
          and verdict = d.verdict and epoch = d.epoch))
      and not exists (select 1 from found.members d where d.experiment = m.experiment
        and d.revision = m.revision and not exists (select 1 from main.members
          where experiment = d.experiment and revision = d.revision
            and configuration = d.configuration))";

/// Jobs of which only the attached database has an attempt, epochs, or that they have finished.
const JOBS: &str = "
    select f.job, f.outcome, f.epoch, m.outcome from found.jobs f left join main.jobs m using (job)
    where exists (select 1 from found.attempts a where a.job = f.job)
      and (coalesce(m.attempts, 0) < f.attempts or coalesce(m.epoch, 0) < f.epoch
        or (f.outcome = 'finished' and m.outcome is not 'finished'))
    order by f.job";

/// What only the database knows of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostRows {
    /// The log, relative to the results folder.
    pub log: String,
    /// What it no longer holds, in words.
    pub what: String,
    /// Whether it is an older plan, after which the log has a newer one: a copy of the log that
    /// still has it would lack the newer one.
    pub is_superseded: bool,
}

impl fmt::Display for LostRows {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} no longer holds {}", self.log, self.what)
    }
}

/// What the database attached as `found` knows beyond the logs, whose rows `main` has. The log of a
/// job that is there and damaged is left out: what it says does not count in either database.
pub(crate) fn lost_rows(connection: &Connection, results: &ResultsFolder) -> Result<Vec<LostRows>> {
    let mut whats: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (sql, word) in [
        (REVISIONS, "revision"),
        (CONFIGURATIONS, "configuration"),
        (DECISIONS, "decision"),
    ] {
        for (experiment, count) in rows(connection, sql, experiment_count)? {
            let log = format!("{experiment}/{EXPERIMENT_LOG}");
            whats.entry(log).or_default().push(counted(count, word));
        }
    }
    let superseded = rows(connection, SUPERSEDED, |row| row.get::<_, String>(0))?;
    let superseded: Vec<String> = superseded
        .iter()
        .map(|experiment| format!("{experiment}/{EXPERIMENT_LOG}"))
        .collect();
    let mut lost: Vec<LostRows> = whats
        .into_iter()
        .map(|(log, what)| LostRows {
            is_superseded: superseded.contains(&log),
            log,
            what: what.join(", "),
        })
        .collect();
    for (job, outcome, epoch, outcome_by_log) in rows(connection, JOBS, job_state)? {
        let log = job_log(&JobId(job));
        let is_damaged = outcome_by_log.as_deref() == Some(DAMAGED);
        if !(is_damaged && results.0.join(&log).is_file()) {
            let what = job_words(outcome.as_deref(), epoch);
            lost.push(LostRows {
                log,
                what,
                is_superseded: false,
            });
        }
    }
    Ok(lost)
}

/// How far a job had come: `all of a job that had finished after 4 epochs`.
pub(super) fn job_words(outcome: Option<&str>, epochs: u32) -> String {
    let epochs = counted(epochs.into(), "epoch");
    match outcome {
        Some("finished") => format!("all of a job that had finished after {epochs}"),
        Some(_) | None => format!("all of a job that had trained {epochs}"),
    }
}

fn rows<T>(connection: &Connection, sql: &str, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| read(row))?.collect()
}

fn experiment_count(row: &Row) -> Result<(String, u64)> {
    Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
}

/// The job, its outcome and epochs, and its outcome by the logs.
type JobState = (String, Option<String>, u32, Option<String>);

fn job_state(row: &Row) -> Result<JobState> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}
