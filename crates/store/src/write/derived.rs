//! Rows made from other rows: a job's standing, an experiment's summary. Pure functions of the
//! tables, computed for what a transaction touched, before it commits.

use crate::schema;
use convsweep_spec::id::JobId;
use rusqlite::{Connection, Result, params};
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a transaction touched.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Attempts by job, all of which have their rows, with the time of the newest event, where
    /// there was one.
    jobs: BTreeMap<String, BTreeMap<u32, Option<f64>>>,
    configurations: BTreeSet<(String, String)>,
    experiments: BTreeSet<String>,
    quantiles: HashMap<usize, f64>,
}

impl Changes {
    /// An event or the end of an attempt; whether it is the attempt's first in this transaction, so
    /// that its row may lack.
    pub(crate) fn attempt(&mut self, job: &JobId, attempt: u32) -> bool {
        if !self.jobs.contains_key(&job.0) {
            self.jobs.insert(job.0.clone(), BTreeMap::new());
        }
        match self.jobs.get_mut(&job.0) {
            Some(attempts) if !attempts.contains_key(&attempt) => {
                attempts.insert(attempt, None).is_none()
            }
            _ => false,
        }
    }

    /// Notes the time of an event of an attempt that was told of by [`Changes::attempt`].
    pub(crate) fn seen(&mut self, job: &JobId, attempt: u32, time: f64) {
        if let Some(last) = self
            .jobs
            .get_mut(&job.0)
            .and_then(|attempts| attempts.get_mut(&attempt))
        {
            *last = Some(last.map_or(time, |last| last.max(time)));
        }
    }

    /// A decision about a job.
    pub(crate) fn job(&mut self, job: &JobId) {
        self.jobs.entry(job.0.clone()).or_default();
    }

    /// The jobs of a configuration as `experiment` has it.
    pub(crate) fn configuration(&mut self, experiment: &str, configuration: &str) {
        self.configurations
            .insert((experiment.into(), configuration.into()));
    }

    /// Metric, axes or newest revision.
    pub(crate) fn experiment(&mut self, experiment: &str) {
        self.experiments.insert(experiment.into());
    }

    /// Brings derived rows and views up to date; nothing is left to do then.
    pub(crate) fn settle(&mut self, connection: &Connection) -> Result<()> {
        for (job, attempts) in std::mem::take(&mut self.jobs) {
            for (attempt, time) in attempts {
                let Some(time) = time else { continue };
                connection
                    .prepare_cached(
                        "update attempts set last_event = max(coalesce(last_event, ?3), ?3) where job = ?1 and attempt = ?2",
                    )?
                    .execute(params![job, attempt, time])?;
            }
            if stand(connection, &job)? {
                self.configurations.extend(asked_by(connection, &job)?);
            }
        }
        let experiments = std::mem::take(&mut self.experiments);
        for experiment in &experiments {
            connection
                .prepare_cached("delete from summary where experiment = ?1")?
                .execute([experiment])?;
            let mut members = connection.prepare_cached(
                "select configuration from members join experiments using (experiment, revision) where experiment = ?1",
            )?;
            let members = members.query_map([experiment], |row| row.get(0))?;
            self.configurations.extend(
                members
                    .map(|c| Ok((experiment.clone(), c?)))
                    .collect::<Result<Vec<_>>>()?,
            );
        }
        for (experiment, configuration) in std::mem::take(&mut self.configurations) {
            self.summarize(connection, &experiment, &configuration)?;
        }
        if !experiments.is_empty() {
            schema::refresh(connection)?;
        }
        Ok(())
    }

    fn summarize(
        &mut self,
        connection: &Connection,
        experiment: &str,
        configuration: &str,
    ) -> Result<()> {
        let place = params![experiment, configuration];
        connection
            .prepare_cached("delete from summary where experiment = ?1 and configuration = ?2")?
            .execute(place)?;
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut statement = connection.prepare_cached(FINAL)?;
        let mut rows = statement.query(place)?;
        while let Some(row) = rows.next()? {
            values.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        for (metric, values) in values {
            let Figures { mean, sd, half } = self.figures(&values);
            connection
                .prepare_cached("insert into summary values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
                .execute(params![
                    experiment,
                    configuration,
                    metric,
                    values.len() as i64,
                    finite(mean),
                    sd,
                    half.map(|h| mean - h),
                    half.map(|h| mean + h)
                ])?;
        }
        Ok(())
    }

    fn figures(&mut self, values: &[f64]) -> Figures {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        if values.len() < 2 {
            return Figures {
                mean,
                sd: None,
                half: None,
            };
        }
        let sd = finite(
            (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt(),
        );
        let quantile = *self.quantiles.entry(values.len()).or_insert_with(|| {
            StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::NAN, |t| t.inverse_cdf(0.975))
        });
        Figures {
            mean,
            sd,
            half: sd.and_then(|sd| finite(quantile * sd / n.sqrt())),
        }
    }
}

struct Figures {
    mean: f64,
    sd: Option<f64>,
    /// Half the width of the 95 % interval.
    half: Option<f64>,
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

/// Final figures of the finished jobs of one configuration, in the order of its jobs: finite ones
/// of the last epoch, or of the best one where its weights are kept; where that has none on the
/// validation images, those of the evaluation.
const FINAL: &str = "
    with finished as (
      select j.job, j.seconds, mj.position,
        coalesce((select cast(b.value as integer) from metrics b
          where b.job = j.job and b.epoch = j.epoch and b.name = 'best_epoch'), j.epoch) as epoch
      from experiments e
      join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
      join jobs j on j.job = mj.job
      where e.experiment = ?1 and mj.configuration = ?2 and j.outcome = 'finished')
    select name, value from (
      select x.name as name, x.value as value, f.position as position
        from finished f join metrics x on x.job = f.job and x.epoch = f.epoch
      union all
      select case v.part when 'test' then 'test_' else 'val_' end || m.name,
          case m.name when 'loss' then v.loss else v.accuracy end, f.position
        from finished f join evaluations v on v.job = f.job join (select 'loss' as name union all select 'accuracy') m
        where v.part = 'test' or not exists
          (select 1 from metrics x where x.job = f.job and x.epoch = f.epoch and x.name = 'val_' || m.name)
      union all select 'seconds', seconds, position from finished)
    where abs(value) < 9e999 order by name, position";

/// Brings the standing of a job up to date; whether it is finished (or was), so that summaries must
/// follow.
fn stand(connection: &Connection, job: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "update attempts set seconds = max(0.0, last_event - started) where job = ?1 and ended_by is not 'worker'",
        )?
        .execute([job])?;
    let outcome = |c: &Connection| {
        c.prepare_cached("select outcome is 'finished' from jobs where job = ?1")?
            .query_row([job], |r| r.get::<_, bool>(0))
    };
    let before = outcome(connection)?;
    connection
        .prepare_cached(
            "update jobs set
               attempts = (select coalesce(max(attempt), 0) from attempts where job = ?1),
               outcome = case
                 when exists (select 1 from attempts where job = ?1 and outcome = 'finished') then 'finished'
                 when exists (select 1 from decisions d
                   left join (select attempt, ended from attempts where job = ?1 order by attempt desc limit 1) a
                   where d.job = ?1 and d.verdict = 'stop' and case when d.attempt is null
                     then d.time >= case when a.attempt is null then -9e999 else coalesce(a.ended, 9e999) end
                     else d.attempt >= coalesce(a.attempt, 0) end) then 'stopped'
                 else (select outcome from attempts where job = ?1 order by attempt desc limit 1) end,
               seconds = (select total(seconds) from attempts where job = ?1),
               (origin_job, origin_epoch) = (select start_job, case start when 'state' then start_epoch end from attempts
                 where job = ?1 and start <> 'checkpoint' order by attempt desc limit 1)
             where job = ?1",
        )?
        .execute([job])?;
    connection
        .prepare_cached(
            "update jobs set epoch = max(coalesce(origin_epoch, 0),
               coalesce((select max(epoch) from metrics where job = ?1), 0)) where job = ?1",
        )?
        .execute([job])?;
    Ok(before || outcome(connection)?)
}

/// The places that a job has in the newest revisions.
fn asked_by(connection: &Connection, job: &str) -> Result<Vec<(String, String)>> {
    connection
        .prepare_cached(
            "select experiment, configuration from member_jobs join experiments using (experiment, revision) where job = ?1",
        )?
        .query_map([job], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], mean: f64, sd: Option<f64>, half: Option<f64>) {
        let figures = Changes::default().figures(values);
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-6 * b.abs().max(1e-9),
            (a, b) => a == b,
        };
        assert!(
            near(Some(figures.mean), Some(mean)),
            "mean {}",
            figures.mean
        );
        assert!(near(figures.sd, sd), "sd {:?}", figures.sd);
        assert!(near(figures.half, half), "half {:?}", figures.half);
    }

    #[test]
    fn figures_agree_with_tables_of_students_t() {
        check(&[0.7], 0.7, None, None);
        check(&[1.0, 3.0], 2.0, Some(2f64.sqrt()), Some(12.706_204_736));
        check(
            &[1.0, 2.0, 3.0, 4.0, 5.0],
            3.0,
            Some(2.5f64.sqrt()),
            Some(2.776_445_105 * (2.5f64 / 5.0).sqrt()),
        );
        check(&[0.5, 0.5, 0.5], 0.5, Some(0.0), Some(0.0));
    }
}
