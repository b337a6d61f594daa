//! The mean of several runs, epoch by epoch.

use super::choose::{CurveLine, LineJob};
use super::series::Series;
use crate::view::CurveAxis;
use convsweep_store::MetricPoint;
use std::sync::Arc;

/// A run with its points.
pub type Run<'a> = (&'a LineJob, Arc<Vec<MetricPoint>>);

/// The curve of a line; `None` if it has no point yet.
///
/// It is the mean over the runs that have finished, or, as long as none has, over those that have
/// begun, up to the epoch that all of them have completed: so that no curve jumps where a run ends.
pub fn curve(line: &CurveLine, runs: &[Run], axis: CurveAxis) -> Option<Series> {
    let mut counted: Vec<&Run> = runs.iter().filter(|(job, _)| job.is_finished).collect();
    if counted.is_empty() {
        counted = runs
            .iter()
            .filter(|(_, points)| !points.is_empty())
            .collect();
    }
    let epochs = counted.iter().map(|(_, points)| points.len()).min()?;
    let mut series = Series {
        id: line.id.clone(),
        label: line.label.clone(),
        x: Vec::with_capacity(epochs),
        y: Vec::with_capacity(epochs),
    };
    let mut seconds = 0.0;
    for i in 0..epochs {
        let points = counted.iter().map(|(_, points)| points[i]);
        let n = counted.len() as f64;
        seconds += points.clone().map(|point| point.seconds).sum::<f64>() / n;
        series
            .y
            .push(points.map(|point| point.value).sum::<f64>() / n);
        let first = counted[0].1[i];
        series.x.push(match axis {
            CurveAxis::Epoch => f64::from(first.epoch),
            CurveAxis::Step => first.step as f64,
            CurveAxis::Seconds => seconds,
        });
    }
    (epochs > 0).then_some(series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::id::JobId;

    fn job(is_finished: bool) -> LineJob {
        LineJob {
            id: JobId("a".into()),
            attempts: 1,
            epoch: 0,
            is_finished,
        }
    }

    fn points(values: &[f64]) -> Arc<Vec<MetricPoint>> {
        let mut points = Vec::new();
        for (i, value) in values.iter().enumerate() {
            points.push(MetricPoint {
                epoch: i as u32 + 1,
                step: 10 * (i as u64 + 1),
                seconds: 2.0,
                value: *value,
            });
        }
        Arc::new(points)
    }

    fn line() -> CurveLine {
        CurveLine {
            id: "c".into(),
            label: "width 8".into(),
            jobs: vec![],
        }
    }

    #[test]
    fn finished_runs_count_alone_once_there_are_any() {
        let (done, begun) = (job(true), job(false));
        let runs = [
            (&done, points(&[1.0, 2.0, 3.0])),
            (&done, points(&[3.0, 4.0, 5.0])),
            (&begun, points(&[100.0])),
        ];
        let series = curve(&line(), &runs, CurveAxis::Step).expect("has points");
        assert_eq!(
            (series.x, series.y),
            (vec![10.0, 20.0, 30.0], vec![2.0, 3.0, 4.0])
        );
    }

    #[test]
    fn runs_that_train_are_averaged_as_far_as_all_have_come() {
        let begun = job(false);
        let runs = [
            (&begun, points(&[1.0, 2.0, 3.0])),
            (&begun, points(&[3.0, 4.0])),
            (&begun, points(&[])),
        ];
        let series = curve(&line(), &runs, CurveAxis::Seconds).expect("has points");
        assert_eq!((series.x, series.y), (vec![2.0, 4.0], vec![2.0, 3.0]));
        assert_eq!(curve(&line(), &runs[2..], CurveAxis::Epoch), None);
    }
}
