//! The newest revision of an experiment, as its log holds it.

use crate::values::{direction, json, seed};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::Metric;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::HashMap;

/// The newest revision of an experiment; `None` if there is no such experiment.
pub(crate) fn revision(connection: &Connection, name: &str) -> Result<Option<Revision>> {
    let sql = "
        select r.revision, r.file, r.text, r.overrides, r.question, r.metric, r.direction,
          r.baseline, r.axes, r.classes, r.show_test, r.includes, r.decisions, r.margin, r.images
        from experiments e join revisions r using (experiment, revision)
        where e.experiment = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([name], |row| read_revision(row, name));
    found.optional()
}

/// The configurations of a revision in the order of the plan.
pub(crate) fn members(connection: &Connection, name: &str, revision: u32) -> Result<Vec<Member>> {
    let sql = "
        select m.configuration, m.position, m.label, c.resolved, c.data_hash, c.parameters, c.macs
        from members m join configurations c using (configuration)
        where m.experiment = ?1 and m.revision = ?2 order by m.position, m.configuration";
    let mut statement = connection.prepare_cached(sql)?;
    let members = statement.query_map(params![name, revision], member)?;
    let mut members: Vec<Member> = members.collect::<Result<_>>()?;
    let mut places: HashMap<String, usize> = HashMap::new();
    for (i, member) in members.iter().enumerate() {
        places.insert(member.configuration.0.clone(), i);
    }
    let sql = "select configuration, axis, label, json from axis_values
        where experiment = ?1 and revision = ?2 order by configuration, position";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![name, revision])?;
    while let Some(row) = rows.next()? {
        if let Some(&i) = places.get(row.get_ref(0)?.as_str()?) {
            members[i].values.push(AxisValue {
                path: row.get(1)?,
                label: row.get(2)?,
                value: json(row, 3)?,
            });
        }
    }
    let sql = "select m.configuration, j.job, j.seed, j.fold
        from member_jobs m join jobs j using (job)
        where experiment = ?1 and revision = ?2 order by m.configuration, m.position";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![name, revision])?;
    while let Some(row) = rows.next()? {
        if let Some(&i) = places.get(row.get_ref(0)?.as_str()?) {
            members[i].jobs.push(MemberJob {
                job: JobId(row.get(1)?),
                seed: seed(row, 2)?,
                fold: row.get(3)?,
            });
        }
    }
    Ok(members)
}

fn read_revision(row: &Row, experiment: &str) -> Result<Revision> {
    Ok(Revision {
        revision: row.get(0)?,
        experiment: experiment.to_string(),
        file: row.get(1)?,
        text: row.get(2)?,
        includes: json(row, 11)?,
        overrides: json(row, 3)?,
        question: row.get(4)?,
        metric: Metric {
            name: row.get(5)?,
            direction: direction(&row.get::<_, String>(6)?),
        },
        margin: row.get(13)?,
        baseline: row.get::<_, Option<String>>(7)?.map(ConfigurationId),
        axes: json(row, 8)?,
        classes: json(row, 9)?,
        show_test: row.get(10)?,
        images: json(row, 14)?,
        decisions: json(row, 12)?,
        redecided: vec![],
    })
}

/// A configuration without the values of its axes and without its jobs.
fn member(row: &Row) -> Result<Member> {
    Ok(Member {
        configuration: ConfigurationId(row.get(0)?),
        position: row.get(1)?,
        label: row.get(2)?,
        values: vec![],
        resolved: json(row, 3)?,
        data_hash: row.get(4)?,
        parameters: row.get::<_, i64>(5)? as u64,
        macs: row.get::<_, i64>(6)? as u64,
        jobs: vec![],
    })
}
