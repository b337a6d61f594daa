//! Curves: which are shown, their means over seeds, and what of them is new to a browser.

mod choose;
mod delta;
mod mean;
mod series;
mod thin;

pub use choose::{CurveLine, chosen_lines, job_lines};
pub use delta::SentCurves;
pub use series::Series;

use crate::feed::{FeedError, PointCache};
use crate::view::{CurveAxis, View};
use convsweep_store::Database;

/// The curves that a page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageCurves {
    /// The metric.
    pub metric: String,
    /// What they are drawn over.
    pub axis: CurveAxis,
    /// The curves.
    pub series: Vec<Series>,
}

impl PageCurves {
    /// Reads the curves of these lines.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(
        (database, cache): (&Database, &mut PointCache),
        lines: &[CurveLine],
        metric: &str,
        view: &View,
    ) -> Result<PageCurves, FeedError> {
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
        Ok(PageCurves {
            metric: metric.to_string(),
            axis: view.x,
            series,
        })
    }
}
