//! The rows that describe an experiment's plan: revisions, configurations, axes and jobs.

use convsweep_spec::canonical::canonical_json;
use convsweep_spec::log::{AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::Direction;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Result, ToSql, params};
use serde_json::Value;

/// Writes a revision without its configurations, which follow, and its experiment as of the newest
/// revision.
pub(super) fn revision(
    connection: &Connection,
    experiment: &str,
    time: f64,
    revision: &Revision,
) -> Result<()> {
    let direction = match revision.metric.direction {
        Direction::Max => "max",
        Direction::Min => "min",
    };
    let baseline = revision.baseline.as_ref().map(|b| &b.0);
    let sql = "insert into revisions
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        on conflict do update set time = excluded.time, file = excluded.file, text = excluded.text,
          overrides = excluded.overrides, question = excluded.question, metric = excluded.metric,
          direction = excluded.direction, baseline = excluded.baseline, axes = excluded.axes,
          classes = excluded.classes, show_test = excluded.show_test, includes = excluded.includes,
          decisions = excluded.decisions, margin = excluded.margin,
          images = excluded.images";
    connection.prepare_cached(sql)?.execute(params![
        experiment,
        revision.revision,
        time,
        revision.file,
        revision.text,
        canonical_json(&revision.overrides),
        revision.question,
        revision.metric.name,
        direction,
        baseline,
        canonical_json(&revision.axes),
        canonical_json(&revision.classes),
        revision.show_test,
        canonical_json(&revision.includes),
        canonical_json(&revision.decisions),
        revision.margin,
        canonical_json(&revision.images)
    ])?;
    remove_members(connection, experiment, revision.revision)?;
    let sql = "insert into experiments
        select r.experiment, r.revision, r.question, r.metric, r.direction, r.baseline,
          r.show_test, r.file, (select min(time) from revisions where experiment = ?1), r.time
        from revisions r where r.experiment = ?1 order by r.revision desc limit 1
        on conflict do update set revision = excluded.revision, question = excluded.question,
          metric = excluded.metric, direction = excluded.direction, baseline = excluded.baseline,
          show_test = excluded.show_test, file = excluded.file, created = excluded.created,
          updated = excluded.updated";
    connection
        .prepare_cached(sql)?
        .execute([experiment])
        .map(drop)
}

/// Removes the configurations that a revision of this number had: after damage to the log it may
/// have been another one.
fn remove_members(connection: &Connection, experiment: &str, revision: u32) -> Result<()> {
    for table in ["axis_values", "member_jobs", "members"] {
        let sql = format!("delete from {table} where experiment = ?1 and revision = ?2");
        connection
            .prepare_cached(&sql)?
            .execute(params![experiment, revision])?;
    }
    Ok(())
}

/// Writes a configuration of a revision, the values of its axes, and its jobs.
pub(super) fn member(
    connection: &Connection,
    experiment: &str,
    revision: u32,
    member: &Member,
) -> Result<()> {
    configuration(connection, member)?;
    let place = Membership {
        connection,
        experiment,
        revision,
        configuration: &member.configuration.0,
    };
    place.member(member.position, &member.label)?;
    place.clear()?;
    for (position, value) in member.values.iter().enumerate() {
        place.axis_value(position as i64, value)?;
    }
    for (position, job) in member.jobs.iter().enumerate() {
        place.job(position as i64, job)?;
    }
    Ok(())
}

/// Writes the rows of one configuration in one revision.
struct Membership<'a> {
    connection: &'a Connection,
    experiment: &'a str,
    revision: u32,
    configuration: &'a str,
}

impl Membership<'_> {
    fn write(&self, sql: &str, parameters: &[&dyn ToSql]) -> Result<()> {
        self.connection
            .prepare_cached(sql)?
            .execute(parameters)
            .map(drop)
    }

    fn member(&self, position: u32, label: &str) -> Result<()> {
        self.write(
            "insert into members (experiment, revision, configuration, position, label)
            values (?1, ?2, ?3, ?4, ?5)
            on conflict do update set position = excluded.position, label = excluded.label",
            params![
                self.experiment,
                self.revision,
                self.configuration,
                position,
                label
            ],
        )
    }

    /// Removes the values and jobs that the same revision gave before.
    fn clear(&self) -> Result<()> {
        let place = params![self.experiment, self.revision, self.configuration];
        self.write(
            "delete from axis_values
            where experiment = ?1 and revision = ?2 and configuration = ?3",
            place,
        )?;
        self.write(
            "delete from member_jobs
            where experiment = ?1 and revision = ?2 and configuration = ?3",
            place,
        )
    }

    fn axis_value(&self, position: i64, value: &AxisValue) -> Result<()> {
        let name = self.axis_name(&value.path)?;
        self.write(
            "insert or replace into axis_values
              (experiment, revision, configuration, axis, name, label, value, json, position)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.experiment,
                self.revision,
                self.configuration,
                value.path,
                name,
                value.label,
                plain_value(&value.value, &value.label),
                value.value.to_string(),
                position
            ],
        )
    }

    /// The short name of an axis; its path if the revision does not name it.
    fn axis_name(&self, path: &str) -> Result<String> {
        let name = self
            .connection
            .prepare_cached(
                "select json_extract(a.value, '$.name') from revisions r, json_each(r.axes) a
                where r.experiment = ?1 and r.revision = ?2
                  and json_extract(a.value, '$.path') = ?3",
            )?
            .query_row(params![self.experiment, self.revision, path], |row| {
                row.get::<_, String>(0)
            });
        Ok(name.unwrap_or_else(|_| path.to_string()))
    }

    fn job(&self, position: i64, job: &MemberJob) -> Result<()> {
        self.write(
            "insert into jobs (job, configuration, seed, fold) values (?1, ?2, ?3, ?4)
            on conflict do update set configuration = excluded.configuration,
              seed = excluded.seed, fold = excluded.fold",
            params![job.job.0, self.configuration, job.seed as i64, job.fold],
        )?;
        self.write(
            "insert or replace into member_jobs
              (experiment, revision, configuration, job, position)
            values (?1, ?2, ?3, ?4, ?5)",
            params![
                self.experiment,
                self.revision,
                self.configuration,
                job.job.0,
                position
            ],
        )
    }
}

/// The id determines the row, so any experiment may write it. If two logs spell the same
/// configuration differently, the larger spelling is kept, whatever comes first.
fn configuration(connection: &Connection, member: &Member) -> Result<()> {
    let resolved = &member.resolved;
    let first = resolved.train.phases.first();
    let sql = "insert into configurations values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        on conflict do update set parameters = excluded.parameters, macs = excluded.macs,
          resolved = excluded.resolved
        where (excluded.resolved, excluded.parameters, excluded.macs)
          > (resolved, parameters, macs)";
    connection
        .prepare_cached(sql)?
        .execute(params![
            member.configuration.0,
            resolved.data.source.name(),
            resolved.model.layers.len() as i64,
            resolved.train.batch_size,
            resolved.train.epochs(),
            first.map_or("none", |phase| phase.optimizer.name()),
            first.map_or(0.0, |phase| phase.optimizer.lr),
            member.parameters as i64,
            member.macs as i64,
            member.data_hash,
            canonical_json(resolved)
        ])
        .map(drop)
}

/// An axis's value as a number or a text; the label if it is a table, an array or null.
fn plain_value(value: &Value, label: &str) -> SqlValue {
    match value {
        Value::Bool(b) => SqlValue::Integer(i64::from(*b)),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(integer), _) => SqlValue::Integer(integer),
            (None, Some(real)) => SqlValue::Real(real),
            (None, None) => SqlValue::Null,
        },
        Value::String(text) => SqlValue::Text(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => SqlValue::Text(label.to_string()),
    }
}
