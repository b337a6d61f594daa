//! The table `summary`: figures over the finished jobs of each configuration.

use crate::schema::RESULTS;
use convsweep_statistics::sample::{Sample, t_quantile};
use rusqlite::{Connection, Result, params};
use std::collections::{BTreeMap, HashMap};

/// Computes summaries; remembers quantiles, which take long to compute.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    /// By number of jobs.
    t_quantiles: HashMap<usize, Option<f64>>,
}

impl Summaries {
    /// Removes the summaries of an experiment.
    pub(super) fn clear(&self, connection: &Connection, experiment: &str) -> Result<()> {
        connection
            .prepare_cached("delete from summary where experiment = ?1")?
            .execute([experiment])
            .map(drop)
    }

    /// Computes the summary of one configuration in an experiment's newest revision.
    pub(super) fn update(
        &mut self,
        connection: &Connection,
        experiment: &str,
        configuration: &str,
    ) -> Result<()> {
        connection
            .prepare_cached("delete from summary where experiment = ?1 and configuration = ?2")?
            .execute([experiment, configuration])?;
        for (metric, values) in figures(connection, experiment, configuration)? {
            let Some(sample) = Sample::of(&values) else {
                continue;
            };
            let interval = self.interval(&sample);
            connection
                .prepare_cached("insert into summary values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
                .execute(params![
                    experiment,
                    configuration,
                    metric,
                    sample.n as i64,
                    finite(sample.mean),
                    sample.sd.and_then(finite),
                    interval.map(|(low, _)| low),
                    interval.map(|(_, high)| high)
                ])?;
        }
        Ok(())
    }

    /// 95 % confidence interval of the mean, if its ends are finite.
    fn interval(&mut self, sample: &Sample) -> Option<(f64, f64)> {
        let quantile = self
            .t_quantiles
            .entry(sample.n)
            .or_insert_with(|| t_quantile(sample.n));
        sample
            .interval_by((*quantile)?)
            .filter(|(low, high)| (high - low).is_finite())
    }
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

/// The finite figures of a configuration's finished jobs by name, in the order of its jobs.
fn figures(
    connection: &Connection,
    experiment: &str,
    configuration: &str,
) -> Result<BTreeMap<String, Vec<f64>>> {
    let sql = format!(
        "with finished as (
          select j.job, j.kept_job, j.kept_epoch, j.seconds, mj.position
          from experiments e
          join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
          join jobs j on j.job = mj.job
          where e.experiment = ?1 and mj.configuration = ?2 and j.outcome = 'finished')
        {RESULTS} order by name, position"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([experiment, configuration])?;
    let mut figures: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        figures.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(figures)
}
