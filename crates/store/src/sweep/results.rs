//! The results of an experiment's newest revision, without the epochs of its jobs.

use super::plan::{members, revision};
use crate::schema::RESULTS;
use crate::values::number;
use convsweep_answers::{ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult};
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::event::Part;
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Member, Revision};
use convsweep_spec::metric::Metric;
use convsweep_spec::search::RACE;
use rusqlite::{Connection, Result, params};
use std::collections::HashMap;

/// What is known of a job.
#[derive(Default)]
struct RecordedEnd {
    outcome: Option<String>,
    value: Option<f64>,
    validation: Option<ValidationResult>,
}

/// The results of an experiment; `None` if there is no such experiment.
pub(crate) fn sweep_results(connection: &Connection, name: &str) -> Result<Option<SweepResults>> {
    match revision(connection, name)? {
        Some(revision) => results_of(connection, name, revision).map(Some),
        None => Ok(None),
    }
}

/// The same by another metric, for which the file has no margin; `None` if there is no such
/// experiment.
pub(crate) fn sweep_results_by(
    connection: &Connection,
    name: &str,
    metric: &Metric,
) -> Result<Option<SweepResults>> {
    let Some(mut revision) = revision(connection, name)? else {
        return Ok(None);
    };
    revision.margin = revision.margin.filter(|_| revision.metric == *metric);
    revision.metric = metric.clone();
    results_of(connection, name, revision).map(Some)
}

fn results_of(connection: &Connection, name: &str, revision: Revision) -> Result<SweepResults> {
    let mut jobs = outcomes(connection, &revision)?;
    add_values(connection, &revision, &mut jobs)?;
    add_validations(connection, &revision, &mut jobs)?;
    let mut counter = ClassCounter::default();
    let mut configurations = Vec::new();
    for member in members(connection, name, revision.revision)? {
        let results = configuration(connection, member, &mut jobs, &mut counter)?;
        configurations.push(results);
    }
    Ok(SweepResults {
        experiment: revision.experiment,
        race_rounds: race_rounds(connection, name, revision.revision)?,
        metric: revision.metric,
        margin: revision.margin,
        baseline: revision.baseline,
        axes: revision.axes,
        configurations,
    })
}

/// How often a race over the seeds may look at the results of a revision's jobs, up to its last
/// seed: once for each job of a configuration that it decides about.
pub(crate) fn race_rounds(connection: &Connection, name: &str, revision: u32) -> Result<u32> {
    let sql = "select coalesce(max(rounds), 0) from (
          select count(distinct d.job) as rounds
          from decisions d
          join member_jobs mj on mj.experiment = ?1 and mj.revision = ?2 and mj.job = d.job
          where d.experiment = ?1 and d.rule = ?3 group by mj.configuration)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(params![name, revision, RACE], |row| row.get(0))
}

fn outcomes(connection: &Connection, revision: &Revision) -> Result<HashMap<JobId, RecordedEnd>> {
    let sql = "select j.job, j.outcome from member_jobs mj join jobs j on j.job = mj.job
        where mj.experiment = ?1 and mj.revision = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![revision.experiment, revision.revision])?;
    let mut jobs = HashMap::new();
    while let Some(row) = rows.next()? {
        let result = RecordedEnd {
            outcome: row.get(1)?,
            ..RecordedEnd::default()
        };
        jobs.insert(JobId(row.get(0)?), result);
    }
    Ok(jobs)
}

/// Adds the finite results of finished jobs.
fn add_values(
    connection: &Connection,
    revision: &Revision,
    jobs: &mut HashMap<JobId, RecordedEnd>,
) -> Result<()> {
    let sql = format!(
        "with finished as (
          select j.job, j.kept_job, j.kept_epoch, j.seconds, mj.position
          from member_jobs mj join jobs j on j.job = mj.job
          where mj.experiment = ?1 and mj.revision = ?2 and j.outcome = 'finished')
        select job, value from ({RESULTS}) where name = ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let (experiment, metric) = (&revision.experiment, &revision.metric.name);
    let mut rows = statement.query(params![experiment, revision.revision, metric])?;
    while let Some(row) = rows.next()? {
        if let Some(job) = jobs.get_mut(&JobId(row.get(0)?)) {
            job.value = row.get(1)?;
        }
    }
    Ok(())
}

/// Adds the evaluations of finished jobs, without the images of each class.
fn add_validations(
    connection: &Connection,
    revision: &Revision,
    jobs: &mut HashMap<JobId, RecordedEnd>,
) -> Result<()> {
    let sql = "
        select v.job, v.images, v.accuracy, c.bits
        from member_jobs mj join jobs j on j.job = mj.job
        join evaluations v on v.job = mj.job and v.part = ?3
        left join correctness c on c.job = v.job and c.part = v.part
        where mj.experiment = ?1 and mj.revision = ?2 and j.outcome = 'finished'";
    let mut statement = connection.prepare_cached(sql)?;
    let (experiment, part) = (&revision.experiment, Part::Validation.name());
    let mut rows = statement.query(params![experiment, revision.revision, part])?;
    while let Some(row) = rows.next()? {
        let Some(job) = jobs.get_mut(&JobId(row.get(0)?)) else {
            continue;
        };
        job.validation = Some(ValidationResult {
            images: row.get(1)?,
            accuracy: number(row, 2)?,
            class_images: vec![],
            correct: row.get::<_, Option<Vec<u8>>>(3)?.unwrap_or_default(),
        });
    }
    Ok(())
}

fn configuration(
    connection: &Connection,
    member: Member,
    jobs: &mut HashMap<JobId, RecordedEnd>,
    counter: &mut ClassCounter,
) -> Result<ConfigurationResults> {
    let data = format!(
        "{} {}",
        member.data_hash,
        canonical_json(&member.resolved.data)
    );
    let mut runs = Vec::with_capacity(member.jobs.len());
    for job in member.jobs {
        let mut found = jobs.remove(&job.job).unwrap_or_default();
        if let Some(validation) = &mut found.validation {
            let images = (data.as_str(), job.fold, validation.images);
            validation.class_images = counter.count(connection, images, &job.job)?;
        }
        runs.push(RunResult {
            job: job.job,
            seed: job.seed,
            fold: job.fold,
            end: RunEnd::of_outcome(found.outcome.as_deref()),
            value: found.value,
            validation: found.validation,
        });
    }
    Ok(ConfigurationResults {
        configuration: member.configuration,
        label: member.label,
        values: member.values,
        resolved: member.resolved,
        data_hash: member.data_hash,
        runs,
    })
}

/// Counts the validation images of each class, once for each set of images: confusion matrices of
/// thousands of jobs with a hundred classes take seconds to read.
#[derive(Default)]
struct ClassCounter {
    /// By data, fold and number of images.
    known: HashMap<(String, Option<u32>, u32), Vec<u64>>,
}

impl ClassCounter {
    /// The images of each class among these, of which `job` has a confusion matrix.
    fn count(
        &mut self,
        connection: &Connection,
        (data, fold, images): (&str, Option<u32>, u32),
        job: &JobId,
    ) -> Result<Vec<u64>> {
        let key = (data.to_string(), fold, images);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let counts = class_images(connection, job)?;
        self.known.insert(key, counts.clone());
        Ok(counts)
    }
}

fn class_images(connection: &Connection, job: &JobId) -> Result<Vec<u64>> {
    let part = Part::Validation.name();
    let sql = "select classes from evaluations where job = ?1 and part = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let classes: u32 = statement.query_row(params![job.0, part], |row| row.get(0))?;
    let mut counts = vec![0; classes as usize];
    let sql = "select actual, sum(count) from confusion where job = ?1 and part = ?2
        group by actual";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![job.0, part])?;
    while let Some(row) = rows.next()? {
        if let Some(count) = counts.get_mut(row.get::<_, u32>(0)? as usize) {
            *count = row.get::<_, i64>(1)? as u64;
        }
    }
    Ok(counts)
}
