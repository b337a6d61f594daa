//! Log lines to rows. Each statement keeps the row that the later attempt (or the later end) gave,
//! whatever came first: lines may be applied again, and lines of different logs in any order, with
//! the same rows in the end.

use super::derived::Changes;
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::event::{Envelope, Evaluation, Event, Fingerprint, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{AxisValue, Decision, LogEntry, Member, Record, Revision};
use convsweep_spec::metric::{Direction, Number};
use convsweep_spec::outcome::Outcome;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Result, params};
use serde_json::Value;
use std::collections::BTreeMap;

/// Writes what an event says; `Some` says why it was left out.
pub(crate) fn event(
    connection: &Connection,
    envelope: &Envelope,
    changes: &mut Changes,
) -> Result<Option<String>> {
    let Envelope {
        job,
        attempt,
        n,
        time,
        event,
        ..
    } = envelope;
    let write = Attempt {
        connection,
        job,
        attempt: *attempt,
    };
    if event.is_passing() {
        return Ok(None);
    }
    if changes.attempt(job, *attempt) {
        write.exists()?;
    }
    changes.seen(job, *attempt, *time);
    match event {
        Event::Progress { .. } | Event::Alive => {}
        Event::Started { pid, host, device, fingerprint, from } => {
            write.started(*time, *pid, host, &device.to_string(), fingerprint, from)?
        }
        Event::Metrics { phase, epoch, step, values } => write.metrics(*phase, *epoch, *step, values)?,
        Event::Checkpoint { epoch, step, bytes } => write.checkpoint(*epoch, *step, *bytes)?,
        Event::StateSaved { epoch, key, path, bytes } => write.upsert(
            "insert into states (key, job, epoch, path, bytes, attempt) values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict do update set epoch = excluded.epoch, path = excluded.path, bytes = excluded.bytes,
             attempt = excluded.attempt where excluded.attempt >= attempt",
            params![key.0, job.0, epoch, path, *bytes as i64, attempt],
        )?,
        Event::Evaluated(evaluation) => return write.evaluated(evaluation),
        Event::Artifact { kind, path, bytes } => write.upsert(
            "insert into artifacts (job, kind, path, bytes, attempt) values (?1, ?2, ?3, ?4, ?5)
             on conflict do update set bytes = excluded.bytes, attempt = excluded.attempt where excluded.attempt >= attempt",
            params![job.0, kind, path, *bytes as i64, attempt],
        )?,
        Event::Warning { text } => write.upsert(
            "insert into warnings (job, attempt, n, time, text) values (?1, ?2, ?3, ?4, ?5)
             on conflict do update set time = excluded.time, text = excluded.text",
            params![job.0, attempt, *n as i64, time, text],
        )?,
        Event::Ended { outcome, seconds, peak_memory_bytes } => {
            write.ended_by_worker(*time, outcome, *seconds, *peak_memory_bytes)?
        }
    }
    Ok(None)
}

/// Writes what an experiment's log says; `revision` is the one that the entry belongs to. `Some`
/// says why it was left out.
pub(crate) fn entry(
    connection: &Connection,
    experiment: &str,
    revision: Option<u32>,
    entry: &LogEntry,
    changes: &mut Changes,
) -> Result<Option<String>> {
    match &entry.record {
        Record::Revision(record) => {
            self::revision(connection, experiment, entry.time, record, changes)?
        }
        Record::Member(member) => match revision {
            Some(revision) => self::member(connection, experiment, revision, member, changes)?,
            None => return Ok(Some("a configuration before any revision".into())),
        },
        Record::AttemptEnded {
            job,
            attempt,
            outcome,
            stderr,
        } => {
            let write = Attempt {
                connection,
                job,
                attempt: *attempt,
            };
            if changes.attempt(job, *attempt) {
                write.exists()?;
            }
            write.ended_by_runner(entry.time, experiment, outcome, stderr)?;
        }
        Record::Decision(decision) => {
            let Decision {
                job,
                attempt,
                epoch,
                verdict,
                rule,
                reason,
            } = decision;
            changes.job(job);
            let write = Attempt {
                connection,
                job,
                attempt: 0,
            };
            write.upsert(
                "insert into jobs (job) values (?1) on conflict do nothing",
                [&job.0],
            )?;
            write.upsert(
                "insert into decisions (experiment, job, time, attempt, epoch, verdict, rule, reason)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict do update set attempt = excluded.attempt,
                 epoch = excluded.epoch, rule = excluded.rule, reason = excluded.reason",
                params![experiment, job.0, entry.time, attempt, epoch, verdict.name(), rule, reason],
            )?;
        }
    }
    Ok(None)
}

/// The revision that the experiment is at.
pub(crate) fn current_revision(connection: &Connection, experiment: &str) -> Result<Option<u32>> {
    let sql = "select max(revision) from revisions where experiment = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([experiment], |row| row.get(0))
}

struct Attempt<'a> {
    connection: &'a Connection,
    job: &'a JobId,
    attempt: u32,
}

impl Attempt<'_> {
    fn upsert(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
        self.connection
            .prepare_cached(sql)?
            .execute(parameters)
            .map(drop)
    }

    fn exists(&self) -> Result<()> {
        self.upsert(
            "insert into jobs (job) values (?1) on conflict do nothing",
            [&self.job.0],
        )?;
        self.upsert(
            "insert into attempts (job, attempt) values (?1, ?2) on conflict do nothing",
            params![self.job.0, self.attempt],
        )
    }

    fn started(
        &self,
        time: f64,
        pid: u32,
        host: &str,
        device: &str,
        fingerprint: &Fingerprint,
        from: &Start,
    ) -> Result<()> {
        let (start, origin, epoch, step, exact) = match from {
            Start::Scratch => ("scratch", None, None, None, None),
            Start::Checkpoint { epoch, step, exact } => {
                ("checkpoint", None, Some(epoch), Some(step), Some(exact))
            }
            Start::State { job, epoch, exact } => {
                ("state", Some(&job.0), Some(epoch), None, Some(exact))
            }
        };
        let clean = match fingerprint.revision.as_str() {
            "unknown" | "" => None,
            revision => Some(!revision.ends_with("-dirty")),
        };
        let Fingerprint {
            backend,
            device: kind,
            instructions,
            version,
            revision,
        } = fingerprint;
        self.upsert(
            "update attempts set device = ?3, host = ?4, pid = ?5, started = ?6, start = ?7, start_job = ?8, start_epoch = ?9,
             start_step = ?10, exact = ?11, backend = ?12, device_kind = ?13, instructions = ?14, program_version = ?15,
             git_revision = ?16, git_clean = ?17 where job = ?1 and attempt = ?2",
            params![
                self.job.0, self.attempt, device, host, pid, time, start, origin, epoch, step, exact, backend, kind,
                instructions, version, revision, clean
            ],
        )
    }

    fn metrics(
        &self,
        phase: u32,
        epoch: u32,
        step: u64,
        values: &BTreeMap<String, Number>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "insert into metrics (job, epoch, name, phase, step, value, attempt) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict do update set phase = excluded.phase, step = excluded.step, value = excluded.value,
             attempt = excluded.attempt where excluded.attempt >= attempt",
        )?;
        for (name, value) in values {
            statement.execute(params![
                self.job.0,
                epoch,
                name,
                phase,
                step as i64,
                real(*value),
                self.attempt
            ])?;
        }
        Ok(())
    }

    /// Checkpoints only grow within an attempt.
    fn checkpoint(&self, epoch: u32, step: u32, bytes: u64) -> Result<()> {
        self.upsert(
            "update attempts set checkpoint_epoch = ?3, checkpoint_step = ?4, checkpoint_bytes = ?5
             where job = ?1 and attempt = ?2 and (?3, ?4) >= (coalesce(checkpoint_epoch, 0), coalesce(checkpoint_step, 0))",
            params![self.job.0, self.attempt, epoch, step, bytes as i64],
        )
    }

    fn evaluated(&self, evaluation: &Evaluation) -> Result<Option<String>> {
        let Some(bits) = evaluation.correct_bytes() else {
            return Ok(Some(
                "an evaluation whose `correct` is not hexadecimal".into(),
            ));
        };
        let side = evaluation.confusion.len();
        if evaluation
            .confusion
            .iter()
            .any(|counts| counts.len() != side)
        {
            return Ok(Some("an evaluation whose `confusion` is not square".into()));
        }
        let (job, part, classes) = (&self.job.0, evaluation.part.name(), side as i64);
        let mut statement = self.connection.prepare_cached(
            "insert into evaluations (job, part, images, loss, accuracy, classes, attempt) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict do update set images = excluded.images, loss = excluded.loss, accuracy = excluded.accuracy,
             classes = excluded.classes, attempt = excluded.attempt where excluded.attempt >= attempt",
        )?;
        let row = params![
            job,
            part,
            evaluation.images,
            real(evaluation.loss),
            real(evaluation.accuracy),
            classes,
            self.attempt
        ];
        if statement.execute(row)? == 0 {
            return Ok(None);
        }
        self.upsert(
            "delete from confusion where job = ?1 and part = ?2",
            params![job, part],
        )?;
        for (actual, counts) in evaluation.confusion.iter().enumerate() {
            for (predicted, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                self.upsert(
                    "insert into confusion (job, part, actual, predicted, count) values (?1, ?2, ?3, ?4, ?5)",
                    params![job, part, actual as i64, predicted as i64, count],
                )?;
            }
        }
        self.upsert(
            "insert or replace into correctness (job, part, images, bits) values (?1, ?2, ?3, ?4)",
            params![job, part, evaluation.images, bits],
        )?;
        Ok(None)
    }

    /// The worker's own word counts more than what the runner saw of its death.
    fn ended_by_worker(
        &self,
        time: f64,
        outcome: &Outcome,
        seconds: f64,
        memory: u64,
    ) -> Result<()> {
        self.upsert(
            "update attempts set ended = ?3, outcome = ?4, detail = ?5, ended_by = 'worker', stderr = null, seconds = ?6,
             peak_memory_bytes = ?7 where job = ?1 and attempt = ?2",
            params![self.job.0, self.attempt, time, outcome.name(), detail(outcome), seconds, memory as i64],
        )
    }

    /// Of two experiments' words the later counts.
    fn ended_by_runner(
        &self,
        time: f64,
        experiment: &str,
        outcome: &Outcome,
        stderr: &str,
    ) -> Result<()> {
        self.upsert(
            "update attempts set ended = ?3, outcome = ?4, detail = ?5, ended_by = ?6, stderr = ?7
             where job = ?1 and attempt = ?2 and ended_by is not 'worker'
             and (?3, ?6) >= (coalesce(ended, -1e999), coalesce(ended_by, ''))",
            params![
                self.job.0,
                self.attempt,
                time,
                outcome.name(),
                detail(outcome),
                format!("log of {experiment}"),
                stderr
            ],
        )
    }
}

fn revision(
    connection: &Connection,
    experiment: &str,
    time: f64,
    record: &Revision,
    changes: &mut Changes,
) -> Result<()> {
    let direction = match record.metric.direction {
        Direction::Max => "max",
        Direction::Min => "min",
    };
    let baseline = record.baseline.as_ref().map(|b| &b.0);
    connection
        .prepare_cached(
            "insert into revisions values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             on conflict do update set time = excluded.time, file = excluded.file, text = excluded.text,
             overrides = excluded.overrides, question = excluded.question, metric = excluded.metric,
             direction = excluded.direction, baseline = excluded.baseline, axes = excluded.axes, classes = excluded.classes,
             show_test = excluded.show_test, includes = excluded.includes, decisions = excluded.decisions",
        )?
        .execute(params![
            experiment,
            record.revision,
            time,
            record.file,
            record.text,
            canonical_json(&record.overrides),
            record.question,
            record.metric.name,
            direction,
            baseline,
            canonical_json(&record.axes),
            canonical_json(&record.classes),
            record.show_test,
            canonical_json(&record.includes),
            canonical_json(&record.decisions)
        ])?;
    connection
        .prepare_cached(
            "insert into experiments
             select r.experiment, r.revision, r.question, r.metric, r.direction, r.baseline, r.show_test, r.file,
               (select min(time) from revisions where experiment = ?1), r.time
             from revisions r where r.experiment = ?1 order by r.revision desc limit 1
             on conflict do update set revision = excluded.revision, question = excluded.question, metric = excluded.metric,
             direction = excluded.direction, baseline = excluded.baseline, show_test = excluded.show_test,
             file = excluded.file, created = excluded.created, updated = excluded.updated",
        )?
        .execute([experiment])?;
    changes.experiment(experiment);
    Ok(())
}

fn member(
    connection: &Connection,
    experiment: &str,
    revision: u32,
    member: &Member,
    changes: &mut Changes,
) -> Result<()> {
    let id = &member.configuration.0;
    configuration(connection, member)?;
    let write = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        connection
            .prepare_cached(sql)?
            .execute(parameters)
            .map(drop)
    };
    write(
        "insert into members (experiment, revision, configuration, position, label) values (?1, ?2, ?3, ?4, ?5)
         on conflict do update set position = excluded.position, label = excluded.label",
        params![experiment, revision, id, member.position, member.label],
    )?;
    let place = params![experiment, revision, id];
    write(
        "delete from axis_values where experiment = ?1 and revision = ?2 and configuration = ?3",
        place,
    )?;
    write(
        "delete from member_jobs where experiment = ?1 and revision = ?2 and configuration = ?3",
        place,
    )?;
    for (position, value) in member.values.iter().enumerate() {
        let AxisValue {
            path,
            label,
            value: json,
        } = value;
        let name = connection
            .prepare_cached(
                "select json_extract(a.value, '$.name') from revisions r, json_each(r.axes) a
                 where r.experiment = ?1 and r.revision = ?2 and json_extract(a.value, '$.path') = ?3",
            )?
            .query_row(params![experiment, revision, path], |row| row.get::<_, String>(0))
            .unwrap_or_else(|_| path.clone());
        write(
            "insert or replace into axis_values (experiment, revision, configuration, axis, name, label, value, json, position)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![experiment, revision, id, path, name, label, plain(json, label), json.to_string(), position as i64],
        )?;
    }
    for (position, job) in member.jobs.iter().enumerate() {
        write(
            "insert into jobs (job, configuration, seed, fold) values (?1, ?2, ?3, ?4)
             on conflict do update set configuration = excluded.configuration, seed = excluded.seed, fold = excluded.fold",
            params![job.job.0, id, job.seed as i64, job.fold],
        )?;
        write(
            "insert or replace into member_jobs (experiment, revision, configuration, job, position) values (?1, ?2, ?3, ?4, ?5)",
            params![experiment, revision, id, job.job.0, position as i64],
        )?;
    }
    changes.configuration(experiment, id);
    Ok(())
}

/// The id determines the row, so whichever experiment comes first gives it; of two spellings one is
/// kept, always the same.
fn configuration(connection: &Connection, member: &Member) -> Result<()> {
    let Configuration {
        data, model, train, ..
    } = &member.resolved;
    let first = train.phases.first();
    connection
        .prepare_cached(
            "insert into configurations values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             on conflict do update set parameters = excluded.parameters, macs = excluded.macs, resolved = excluded.resolved
             where (excluded.resolved, excluded.parameters, excluded.macs) > (resolved, parameters, macs)",
        )?
        .execute(params![
            member.configuration.0,
            data.source.name(),
            model.layers.len() as i64,
            train.batch_size,
            train.epochs(),
            first.map_or("none", |p| p.optimizer.name()),
            first.map_or(0.0, |p| p.optimizer.lr),
            member.parameters as i64,
            member.macs as i64,
            member.data_hash,
            canonical_json(&member.resolved)
        ])
        .map(drop)
}

/// NaN becomes NULL.
fn real(number: Number) -> Option<f64> {
    Some(number.0).filter(|v| !v.is_nan())
}

fn detail(outcome: &Outcome) -> Option<String> {
    Some(outcome.detail()).filter(|d| !d.is_empty())
}

fn plain(value: &Value, label: &str) -> Sql {
    match value {
        Value::Bool(b) => Sql::Integer(i64::from(*b)),
        Value::Number(n) => n
            .as_i64()
            .map(Sql::Integer)
            .or(n.as_f64().map(Sql::Real))
            .unwrap_or(Sql::Null),
        Value::String(text) => Sql::Text(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => Sql::Text(label.to_string()),
    }
}
