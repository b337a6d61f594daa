//! Entries of an experiment's log as rows.
//!
//! Entries may be applied again, and in any order across logs, with the same rows in the end.

use super::attempt_rows::AttemptRows;
use super::derived::Changes;
use super::plan_rows;
use convsweep_spec::log::{Decision, LogEntry, Member, Record};
use convsweep_spec::search::RACE;
use rusqlite::{Connection, Result, params};

/// Where an entry belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogPlace<'a> {
    /// The experiment.
    pub(crate) experiment: &'a str,
    /// The revision before the entry in the log; `None` before the first one.
    pub(crate) revision: Option<u32>,
}

/// Writes an entry of an experiment's log. If it cannot be used, the answer says why.
pub(crate) fn apply_entry(
    connection: &Connection,
    place: LogPlace,
    entry: &LogEntry,
    changes: &mut Changes,
) -> Result<Option<String>> {
    let experiment = place.experiment;
    match &entry.record {
        Record::Revision(revision) => {
            plan_rows::revision(connection, experiment, entry.time, revision)?;
            changes.experiment(experiment);
        }
        Record::Member(member) => {
            let Some(revision) = place.revision else {
                return Ok(Some("a configuration before any revision".into()));
            };
            plan_rows::member(connection, experiment, revision, member)?;
            changes.configuration(experiment, &member.configuration.0);
            note_damaged(connection, member, changes)?;
        }
        Record::AttemptEnded {
            job,
            attempt,
            outcome,
            stderr,
        } => {
            let rows = AttemptRows::of(connection, job, *attempt, changes)?;
            rows.ended_by_runner(entry.time, experiment, outcome, stderr)?;
        }
        // The decision about each job that follows it has the row.
        Record::Judgement(_) => {}
        Record::Decision(decision) => {
            self::decision(connection, experiment, entry.time, decision)?;
            changes.job(&decision.job);
            // How often a race has looked at the results is part of what they say.
            if decision.rule == RACE {
                changes.answers(experiment);
            }
        }
    }
    Ok(None)
}

/// A job whose log was found to be damaged may get its configuration only now.
fn note_damaged(connection: &Connection, member: &Member, changes: &mut Changes) -> Result<()> {
    let is_any: bool = connection
        .prepare_cached("select exists (select 1 from log_problems)")?
        .query_row([], |row| row.get(0))?;
    for job in member.jobs.iter().filter(|_| is_any) {
        changes.job(&job.job);
    }
    Ok(())
}

/// The newest revision of an experiment.
pub(crate) fn newest_revision(connection: &Connection, experiment: &str) -> Result<Option<u32>> {
    connection
        .prepare_cached("select max(revision) from revisions where experiment = ?1")?
        .query_row([experiment], |row| row.get(0))
}

fn decision(
    connection: &Connection,
    experiment: &str,
    time: f64,
    decision: &Decision,
) -> Result<()> {
    let Decision {
        job,
        attempt,
        epoch,
        verdict,
        rule,
        reason,
    } = decision;
    connection
        .prepare_cached("insert into jobs (job) values (?1) on conflict do nothing")?
        .execute([&job.0])?;
    connection
        .prepare_cached(
            "insert into decisions
              (experiment, job, time, attempt, epoch, verdict, rule, reason)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            on conflict do update set attempt = excluded.attempt,
              rule = excluded.rule, reason = excluded.reason",
        )?
        .execute(params![
            experiment,
            job.0,
            time,
            attempt,
            epoch,
            verdict.name(),
            rule,
            reason
        ])
        .map(drop)
}
