//! Curves: which are shown, their means over seeds, and what of them is new to a browser.

mod choose;
mod delta;
mod mean;
mod thin;

pub use choose::{Line, chosen_lines, job_lines};
pub use delta::SentCurves;

use crate::feed::{FeedError, PointCache};
use crate::view::{CurveAxis, View};
use convsweep_store::Database;
use serde::Serialize;

/// The curves that a page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// The metric.
    pub metric: String,
    /// What they are drawn over.
    pub axis: CurveAxis,
    /// The curves.
    pub series: Vec<Series>,
}

/// A curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// What it belongs to: a configuration's or a job's id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Numbers on the axis, ascending.
    pub x: Vec<f64>,
    /// Values; `null` in JSON where one is not a finite number.
    pub y: Vec<f64>,
}

impl Curves {
    /// Reads the curves of these lines.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(
        (database, cache): (&Database, &mut PointCache),
        lines: &[Line],
        metric: &str,
        view: &View,
    ) -> Result<Curves, FeedError> {
        let mut series = Vec::new();
        for line in lines {
            let mut runs = Vec::with_capacity(line.jobs.len());
            for job in &line.jobs {
                let extent = (job.attempts, job.epoch);
                let points = cache.points(database, &job.id, metric, extent)?;
                runs.push((job, points));
            }
            series.extend(mean::curve(line, &runs, view.x));
        }
        series.iter_mut().for_each(thin::thin);
        Ok(Curves {
            metric: metric.to_string(),
            axis: view.x,
            series,
        })
    }
}
