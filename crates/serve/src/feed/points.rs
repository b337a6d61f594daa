//! The curves of jobs, of which only new epochs are read.

use super::FeedError;
use convsweep_spec::id::JobId;
use convsweep_store::{Database, MetricPoint};
use std::collections::HashMap;
use std::sync::Arc;

/// Points that are kept in memory at most; beyond it all are read again.
const MOST_POINTS: usize = 2_000_000;

/// The points that have been read.
#[derive(Default)]
pub struct PointCache {
    known: HashMap<(JobId, String), Known>,
    points: usize,
}

/// The points of one metric of one job.
struct Known {
    points: Arc<Vec<MetricPoint>>,
    /// The attempt that they were read in: another one may have begun again.
    attempts: u32,
}

impl PointCache {
    /// All points of a metric of a job that is in its `attempts`-th attempt and has completed
    /// `epochs`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn points(
        &mut self,
        database: &Database,
        job: &JobId,
        metric: &str,
        (attempts, epochs): (u32, u32),
    ) -> Result<Arc<Vec<MetricPoint>>, FeedError> {
        if self.points > MOST_POINTS {
            self.known.clear();
            self.points = 0;
        }
        let key = (job.clone(), metric.to_string());
        let known = self.known.entry(key).or_insert_with(|| Known {
            points: Arc::default(),
            attempts,
        });
        if known.attempts != attempts {
            (known.points, known.attempts) = (Arc::default(), attempts);
        }
        let last = known.points.last().map_or(0, |point| point.epoch);
        if last < epochs {
            let new = database.metric_points(job, metric, last)?;
            self.points += new.len();
            Arc::make_mut(&mut known.points).extend(new);
        }
        Ok(Arc::clone(&known.points))
    }
}
