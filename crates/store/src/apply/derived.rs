//! Rows computed from other rows: the state of a job and the summaries of configurations.
//!
//! They are functions of the tables alone, computed before a transaction commits for everything
//! that it changed. What the results of an experiment say takes longer to compute: a transaction
//! that changes results removes it, and the end of the run makes it again.

use super::summary::Summaries;
use crate::lineage;
use crate::schema;
use crate::sweep::forget_answers;
use convsweep_spec::id::JobId;
use rusqlite::{Connection, Result, params};
use std::collections::{BTreeMap, BTreeSet};

/// The outcome of a job that has results.
const FINISHED: &str = "finished";

/// What a transaction has changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Changed attempts by job, each with the time of its newest event, if it had one. All of
    /// them have their rows.
    jobs: BTreeMap<String, BTreeMap<u32, Option<f64>>>,
    /// Experiment and configuration.
    configurations: BTreeSet<(String, String)>,
    experiments: BTreeSet<String>,
    /// Experiments whose answers are no longer true although no summary has changed.
    answers: BTreeSet<String>,
    summaries: Summaries,
}

impl Changes {
    /// An attempt has changed. The answer is whether this is its first change in the transaction,
    /// so that its row may be missing.
    pub(crate) fn attempt(&mut self, job: &JobId, attempt: u32) -> bool {
        if !self.jobs.contains_key(&job.0) {
            self.jobs.insert(job.0.clone(), BTreeMap::new());
        }
        match self.jobs.get_mut(&job.0) {
            Some(attempts) if !attempts.contains_key(&attempt) => {
                attempts.insert(attempt, None).is_none()
            }
            Some(_) | None => false,
        }
    }

    /// The time of an event of an attempt that [`Changes::attempt`] knows.
    pub(crate) fn event_time(&mut self, job: &JobId, attempt: u32, time: f64) {
        if let Some(attempts) = self.jobs.get_mut(&job.0)
            && let Some(newest) = attempts.get_mut(&attempt)
        {
            *newest = Some(newest.map_or(time, |newest| newest.max(time)));
        }
    }

    /// Something about a job has changed that is not an attempt.
    pub(crate) fn job(&mut self, job: &JobId) {
        self.jobs.entry(job.0.clone()).or_default();
    }

    /// Something about a job has changed that may not have a row yet.
    pub(crate) fn unknown_job(&mut self, connection: &Connection, job: &JobId) -> Result<()> {
        let sql = "insert into jobs (job) values (?1) on conflict do nothing";
        connection.prepare_cached(sql)?.execute([&job.0])?;
        self.job(job);
        Ok(())
    }

    /// The rows of all attempts at a job were removed.
    pub(crate) fn forget_attempts(&mut self, job: &JobId) {
        self.jobs.insert(job.0.clone(), BTreeMap::new());
    }

    /// The jobs of a configuration in `experiment` have changed.
    pub(crate) fn configuration(&mut self, experiment: &str, configuration: &str) {
        self.configurations
            .insert((experiment.into(), configuration.into()));
    }

    /// An experiment's metric, axes or newest revision has changed.
    pub(crate) fn experiment(&mut self, experiment: &str) {
        self.experiments.insert(experiment.into());
    }

    /// Something else that the answers of an experiment depend on has changed.
    pub(crate) fn answers(&mut self, experiment: &str) {
        self.answers.insert(experiment.into());
    }

    /// Brings all derived rows and views up to date and forgets the changes.
    pub(crate) fn update_derived_rows(&mut self, connection: &Connection) -> Result<()> {
        for (job, attempts) in std::mem::take(&mut self.jobs) {
            self.update_job(connection, &job, attempts)?;
        }
        let experiments = std::mem::take(&mut self.experiments);
        for experiment in &experiments {
            self.summaries.clear(connection, experiment)?;
            for configuration in configurations_of(connection, experiment)? {
                self.configuration(experiment, &configuration);
            }
        }
        let mut changed = std::mem::take(&mut self.answers);
        changed.extend(experiments.iter().cloned());
        for (experiment, configuration) in std::mem::take(&mut self.configurations) {
            self.summaries
                .update(connection, &experiment, &configuration)?;
            changed.insert(experiment);
        }
        for experiment in &changed {
            forget_answers(connection, experiment)?;
        }
        if !experiments.is_empty() {
            schema::refresh_wide_views(connection)?;
        }
        Ok(())
    }

    fn update_job(
        &mut self,
        connection: &Connection,
        job: &str,
        attempts: BTreeMap<u32, Option<f64>>,
    ) -> Result<()> {
        for (attempt, time) in attempts {
            let Some(time) = time else { continue };
            connection
                .prepare_cached(
                    "update attempts set last_event = max(coalesce(last_event, ?3), ?3)
                    where job = ?1 and attempt = ?2",
                )?
                .execute(params![job, attempt, time])?;
        }
        match update_state(connection, job)? {
            StateChange::Results => self.configurations.extend(places(connection, job)?),
            StateChange::Outcome => {
                let places = places(connection, job)?.into_iter();
                self.answers
                    .extend(places.map(|(experiment, _)| experiment));
            }
            StateChange::Nothing => {}
        }
        self.update_results(connection, job)
    }

    /// Brings up to date which epoch counts of a job, and of the jobs that started from one of its
    /// saved states: the epoch may be in its log.
    fn update_results(&mut self, connection: &Connection, job: &str) -> Result<()> {
        let (mut waiting, mut done) = (vec![job.to_string()], BTreeSet::new());
        while let Some(next) = waiting.pop() {
            update_kept_epoch(connection, &next)?;
            if next != job && is_finished(connection, &next)? {
                self.configurations.extend(places(connection, &next)?);
            }
            waiting.extend(extensions(connection, &next)?);
            done.insert(next);
            waiting.retain(|job| !done.contains(job));
        }
        Ok(())
    }
}

/// Computes what the migration from an older schema has left out.
pub(crate) fn derive_missing(connection: &Connection) -> Result<()> {
    let sql = "select job from jobs where kept_epoch is null and epoch > 0";
    let mut statement = connection.prepare(sql)?;
    let jobs = statement.query_map([], |row| Ok(JobId(row.get(0)?)))?;
    let jobs = jobs.collect::<Result<Vec<_>>>()?;
    if jobs.is_empty() {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    let mut changes = Changes::default();
    jobs.iter().for_each(|job| changes.job(job));
    changes.update_derived_rows(&transaction)?;
    transaction.commit()
}

/// What of a job's state has changed, as far as other rows depend on it.
enum StateChange {
    Nothing,
    /// It has ended otherwise than before, without results.
    Outcome,
    /// It is or was finished, so that summaries have to follow.
    Results,
}

/// Brings the state of a job up to date.
fn update_state(connection: &Connection, job: &str) -> Result<StateChange> {
    let before = outcome(connection, job)?;
    for sql in [ATTEMPT_SECONDS, JOB_STATE, JOB_EPOCH] {
        connection.prepare_cached(sql)?.execute([job])?;
    }
    let after = outcome(connection, job)?;
    let is_finished = |outcome: &Option<String>| outcome.as_deref() == Some(FINISHED);
    Ok(if is_finished(&before) || is_finished(&after) {
        StateChange::Results
    } else if before != after {
        StateChange::Outcome
    } else {
        StateChange::Nothing
    })
}

fn is_finished(connection: &Connection, job: &str) -> Result<bool> {
    Ok(outcome(connection, job)?.as_deref() == Some(FINISHED))
}

fn outcome(connection: &Connection, job: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("select outcome from jobs where job = ?1")?
        .query_row([job], |row| row.get(0))
}

/// An attempt whose end the worker did not report has trained up to its last event.
const ATTEMPT_SECONDS: &str = "
    update attempts set seconds = max(0.0, last_event - started)
    where job = ?1 and ended_by is not 'worker'";

/// A job is damaged if its log is, or has more epochs than the job. Else it is finished if any
/// attempt did. Else it is stopped if a stop was decided after its newest
/// attempt; decisions without an attempt, of older logs, are compared by time. Else its state is
/// that of its newest attempt.
const JOB_STATE: &str = "
    update jobs set
      attempts = (select coalesce(max(attempt), 0) from attempts where job = ?1),
      outcome = case
        when exists (select 1 from log_problems where log = 'jobs/' || ?1 || '/events.jsonl')
          or (select max(epoch) from metrics where job = ?1)
            > (select epochs from configurations c where c.configuration = jobs.configuration)
          then 'damaged'
        when exists (select 1 from attempts where job = ?1 and outcome = 'finished')
          then 'finished'
        when exists (select 1 from decisions d
          left join (select attempt, ended from attempts where job = ?1
            order by attempt desc limit 1) a
          where d.job = ?1 and d.verdict = 'stop' and case when d.attempt is null
            then d.time >= case when a.attempt is null then -9e999
              else coalesce(a.ended, 9e999) end
            else d.attempt >= coalesce(a.attempt, 0) end) then 'stopped'
        else (select outcome from attempts where job = ?1 order by attempt desc limit 1) end,
      seconds = (select total(seconds) from attempts where job = ?1),
      (origin_job, origin_epoch) = (
        select start_job, case start when 'state' then start_epoch end from attempts
        where job = ?1 and start <> 'checkpoint' order by attempt desc limit 1)
    where job = ?1";

const JOB_EPOCH: &str = "
    update jobs set epoch = max(coalesce(origin_epoch, 0),
      coalesce((select max(epoch) from metrics where job = ?1), 0))
    where job = ?1";

fn update_kept_epoch(connection: &Connection, job: &str) -> Result<()> {
    let (epoch, source) = lineage::kept(connection, job)?.unzip();
    let sql = "update jobs set kept_epoch = ?2, kept_job = ?3 where job = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![job, epoch, source]).map(drop)
}

/// The jobs that started from a saved state of this one.
fn extensions(connection: &Connection, job: &str) -> Result<Vec<String>> {
    let sql = "select job from jobs where origin_job = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([job], |row| row.get(0))?.collect()
}

/// Experiment and configuration of every place that a job has in newest revisions.
fn places(connection: &Connection, job: &str) -> Result<Vec<(String, String)>> {
    connection
        .prepare_cached(
            "select experiment, configuration from member_jobs
            join experiments using (experiment, revision) where job = ?1",
        )?
        .query_map([job], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The configurations of an experiment's newest revision.
fn configurations_of(connection: &Connection, experiment: &str) -> Result<Vec<String>> {
    connection
        .prepare_cached(
            "select configuration from members
            join experiments using (experiment, revision) where experiment = ?1",
        )?
        .query_map([experiment], |row| row.get(0))?
        .collect()
}
