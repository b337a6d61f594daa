//! Configurations compared: the leaderboard, and the best job.

use super::database::Database;
use crate::error::StoreError;
use crate::schema::RESULTS;
use crate::values::direction;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_statistics::sample::Sample;
use rusqlite::{Row, params};
use std::collections::HashMap;

/// A configuration with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderboardEntry {
    /// Its label.
    pub label: String,
    /// The experiment's metric over its finished jobs.
    pub sample: Sample,
    /// All its jobs, finished or not.
    pub jobs: u32,
}

impl Database {
    /// The metric by which an experiment compares its configurations; `None` if there is no such
    /// experiment.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn metric(&self, experiment: &str) -> Result<Option<Metric>, StoreError> {
        let sql = "select metric, direction from experiments where experiment = ?1";
        self.first_row(sql, [experiment], metric)
    }

    /// The best configurations of an experiment, best first, at most `most` of them.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn leaderboard(
        &self,
        experiment: &str,
        most: u32,
    ) -> Result<Vec<LeaderboardEntry>, StoreError> {
        let sql = "select label, n, mean, sd, jobs from leaderboard
            where experiment = ?1 and mean is not null order by rank limit ?2";
        self.rows(sql, params![experiment, most], leaderboard_row)
    }

    /// One figure over the finished jobs of each configuration of an experiment's newest revision.
    /// Configurations without a finite mean are left out.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn summary(
        &self,
        experiment: &str,
        metric: &str,
    ) -> Result<HashMap<ConfigurationId, Sample>, StoreError> {
        let sql = "select configuration, n, mean, sd from summary
            where experiment = ?1 and metric = ?2 and mean is not null";
        let rows = self.rows(sql, [experiment, metric], |row| {
            Ok((ConfigurationId(row.get(0)?), sample(row)?))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The best finished job of an experiment's best configuration, by the experiment's metric; the
    /// earlier one in the plan of equal configurations and of equal jobs. `None` if none has
    /// finished.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn best_job(&self, experiment: &str, metric: &Metric) -> Result<Option<JobId>, StoreError> {
        let order = match metric.direction {
            Direction::Min => "asc",
            Direction::Max => "desc",
        };
        let sql = format!(
            "with finished as (
              select j.job, j.kept_job, j.kept_epoch, j.seconds, mj.position
              from leaderboard b
              join experiments e on e.experiment = b.experiment
              join member_jobs mj on mj.experiment = b.experiment and mj.revision = e.revision
                and mj.configuration = b.configuration
              join jobs j on j.job = mj.job and j.outcome = 'finished'
              where b.experiment = ?1 and b.rank = 1)
            select job from ({RESULTS}) where name = ?2
            order by value {order}, position limit 1"
        );
        let parameters = [experiment, metric.name.as_str()];
        self.first_row(&sql, parameters, |row| Ok(JobId(row.get(0)?)))
    }
}

fn metric(row: &Row) -> rusqlite::Result<Metric> {
    Ok(Metric {
        name: row.get(0)?,
        direction: direction(&row.get::<_, String>(1)?),
    })
}

fn leaderboard_row(row: &Row) -> rusqlite::Result<LeaderboardEntry> {
    Ok(LeaderboardEntry {
        label: row.get(0)?,
        sample: sample(row)?,
        jobs: row.get(4)?,
    })
}

/// Number of jobs, mean and standard deviation in the columns 1 to 3.
fn sample(row: &Row) -> rusqlite::Result<Sample> {
    Ok(Sample {
        n: row.get::<_, u32>(1)? as usize,
        mean: row.get(2)?,
        sd: row.get(3)?,
    })
}
