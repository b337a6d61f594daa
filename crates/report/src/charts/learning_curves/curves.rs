//! The curves of every configuration, from the epochs of its runs.

use crate::charts::chart::ChartData;
use crate::draw::legend::LegendEntry;
use crate::draw::scale::extent;
use crate::draw::style::SeriesStyle;
use crate::ranking::{MetricFormat, RankedConfiguration, RankedRun};
use convsweep_statistics::sample::Sample;
use std::collections::BTreeMap;

/// Values that are more than this many times the 90th percentile are cut off.
const OUTLIER: f64 = 4.0;

/// Curves over the same epochs, in one or more panels.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningCurves {
    /// Panels side by side.
    pub panels: Vec<CurvePanel>,
    /// Completed epochs at which some configuration changes its phase.
    pub phase_changes: Vec<u32>,
    /// The legend.
    pub legend: Vec<LegendEntry>,
}

/// One quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePanel {
    /// The quantity with its unit.
    pub name: String,
    /// A curve for each configuration, the best first.
    pub curves: Vec<LearningCurve>,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningCurve {
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// The epochs that some run reached, from the first.
    pub points: Vec<CurvePoint>,
    /// The runs that the points are means of, if the configuration stands out and has several.
    pub runs: Vec<RunCurve>,
}

/// One run: completed epochs with the quantity after them, in the unit of the axis.
pub type RunCurve = Vec<(u32, f64)>;

/// A quantity after one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Completed epochs.
    pub epoch: u32,
    /// Over the runs that reached the epoch, in the unit of the axis.
    pub sample: Sample,
}

impl LearningCurves {
    /// Curves of the named metrics; `None` if no epoch has been recorded.
    pub fn new(data: &ChartData, metrics: &[&str]) -> Option<LearningCurves> {
        let mut panels = Vec::with_capacity(metrics.len());
        for name in metrics {
            panels.push(CurvePanel::new(data, &MetricFormat::named(name)));
        }
        let (mut drawn, mut phase_changes) = (Vec::new(), Vec::new());
        for (rank, configuration) in data.ranking.configurations.iter().enumerate() {
            if panels.iter().any(|panel| panel.has_points(rank)) {
                drawn.push(rank);
            }
            let mut ends = configuration.row.member.resolved.train.phase_ends();
            ends.pop();
            phase_changes.extend(ends);
        }
        if drawn.is_empty() {
            return None;
        }
        phase_changes.sort_unstable();
        phase_changes.dedup();
        Some(LearningCurves {
            panels,
            phase_changes,
            legend: data.legend(&drawn, true),
        })
    }
}

impl LearningCurves {
    /// Whether single runs are drawn.
    pub fn has_runs(&self) -> bool {
        let mut curves = self.panels.iter().flat_map(|panel| &panel.curves);
        curves.any(|curve| !curve.runs.is_empty())
    }

    /// Numbers of configurations that stand out, and of others.
    pub fn counts(&self) -> (usize, usize) {
        let Some(panel) = self.panels.first() else {
            return (0, 0);
        };
        let drawn = panel.curves.iter().filter(|c| !c.points.is_empty());
        let coloured = drawn.clone().filter(|c| c.style.highlighted).count();
        (coloured, drawn.count() - coloured)
    }
}

impl CurvePanel {
    fn new(data: &ChartData, metric: &MetricFormat) -> CurvePanel {
        let mut curves = Vec::new();
        for (configuration, style) in data.ranking.configurations.iter().zip(&data.styles) {
            curves.push(LearningCurve::new(configuration, *style, metric));
        }
        CurvePanel {
            name: metric.label(),
            curves,
        }
    }

    fn has_points(&self, rank: usize) -> bool {
        !self.curves[rank].points.is_empty()
    }

    /// The last epoch that any run completed, at least 1.
    pub fn last_epoch(&self) -> u32 {
        let mut last = 1;
        for curve in &self.curves {
            last = last.max(curve.points.last().map_or(1, |point| point.epoch));
        }
        last
    }

    /// Range of the vertical axis. What lies far above most values is cut off, so that a run that
    /// explodes does not flatten all others.
    pub fn range(&self) -> (f64, f64) {
        let mut values = Vec::new();
        for curve in &self.curves {
            for CurvePoint { sample, .. } in &curve.points {
                values.push(sample.mean);
                if curve.style.highlighted {
                    let sd = sample.sd.unwrap_or(0.0);
                    values.extend([sample.mean - sd, sample.mean + sd]);
                }
            }
            values.extend(curve.runs.iter().flatten().map(|(_, value)| *value));
        }
        values.retain(|v| v.is_finite());
        values.sort_by(f64::total_cmp);
        let Some((low, high)) = extent(values.iter().copied()) else {
            return (0.0, 1.0);
        };
        let percentile = values[values.len() * 9 / 10];
        if low >= 0.0 && percentile > 0.0 && high > OUTLIER * percentile {
            (low, 2.0 * percentile)
        } else {
            (low, high)
        }
    }
}

impl LearningCurve {
    fn new(
        configuration: &RankedConfiguration,
        style: SeriesStyle,
        metric: &MetricFormat,
    ) -> LearningCurve {
        let mut runs = run_curves(configuration, metric);
        let points = means(&runs);
        if !style.highlighted || runs.len() < 2 {
            runs.clear();
        }
        LearningCurve {
            style,
            points,
            runs,
        }
    }

    /// The point after `epoch`, if some run reached it.
    pub fn at(&self, epoch: u32) -> Option<&CurvePoint> {
        self.points.iter().find(|point| point.epoch == epoch)
    }
}

/// The finished runs. Unfinished ones would make the mean jump where they end, so they count only
/// if no run finished.
fn run_curves(configuration: &RankedConfiguration, metric: &MetricFormat) -> Vec<RunCurve> {
    let mut runs: Vec<&RankedRun> = configuration.finished().collect();
    if runs.is_empty() {
        runs.extend(&configuration.runs);
    }
    let mut curves = Vec::with_capacity(runs.len());
    for run in runs {
        let mut curve = RunCurve::new();
        for row in &run.job.epochs {
            let value = row.values.get(&metric.name).copied();
            if let Some(value) = value.filter(|value| value.is_finite()) {
                curve.push((row.epoch, value * metric.scale()));
            }
        }
        curves.push(curve);
    }
    curves
}

/// Samples over the runs, by epoch.
fn means(runs: &[RunCurve]) -> Vec<CurvePoint> {
    let mut values: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (epoch, value) in runs.iter().flatten() {
        values.entry(*epoch).or_default().push(*value);
    }
    let mut points = Vec::new();
    for (epoch, values) in values {
        points.extend(Sample::of(&values).map(|sample| CurvePoint { epoch, sample }));
    }
    points
}
