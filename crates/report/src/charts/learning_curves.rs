//! Learning curves: the mean over runs after each epoch, with a band of one standard deviation.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::MUTED;
use crate::draw::legend::{self, LegendEntry};
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{DOTTED, SOLID, SeriesStyle};
use crate::draw::text::Anchor;
use crate::draw::ticks::{labelled, ticks, whole_labelled};
use crate::ranking::{MetricFormat, RankedConfiguration, RankedRun};
use convsweep_spec::figures::Sample;
use convsweep_spec::metric;

const TOP: f64 = 34.0;
const LEFT: f64 = 44.0;
/// Distance between panels.
const GAP: f64 = 52.0;
/// Markers along a curve.
const MARKERS: usize = 8;
/// A range that is more than this many times the 90th percentile is cut.
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
    /// Its look.
    pub style: SeriesStyle,
    /// Completed epochs, and the summary over the runs that reached them.
    pub points: Vec<(u32, Sample)>,
}

/// The charts of accuracy and of loss.
pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let mut charts = Vec::new();
    let caption = format!(
        "After each epoch: mean over {}, with a band of ± one standard deviation; dotted lines \
         mark changes of phase.",
        data.ranking.runs_in_words()
    );
    if let Some(curves) = LearningCurves::new(data, &[metric::VAL_ACCURACY]) {
        charts.push(Chart::new(
            "curves-accuracy",
            "Learning curves: accuracy on the validation images",
            caption.as_str(),
            curves.scene("Validation accuracy by epoch"),
        ));
    }
    if let Some(curves) = LearningCurves::new(data, &[metric::TRAIN_LOSS, metric::VAL_LOSS]) {
        let caption = format!(
            "{caption} The training loss is the mean over an epoch's augmented batches while the \
             weights change, so it may lie above the validation loss."
        );
        charts.push(Chart::new(
            "curves-loss",
            "Learning curves: loss",
            caption,
            curves.scene("Training and validation loss by epoch"),
        ));
    }
    charts
}

impl LearningCurves {
    /// Curves of the named metrics; `None` where no epoch has been recorded.
    pub fn new(data: &ChartData, metrics: &[&str]) -> Option<LearningCurves> {
        let panels: Vec<CurvePanel> = metrics
            .iter()
            .map(|name| CurvePanel::new(data, &MetricFormat::named(name)))
            .collect();
        let has_points = |rank: &usize| panels.iter().any(|p| !p.curves[*rank].points.is_empty());
        let configurations = &data.ranking.configurations;
        let drawn: Vec<usize> = (0..configurations.len()).filter(has_points).collect();
        if drawn.is_empty() {
            return None;
        }
        let mut phase_changes = Vec::new();
        for configuration in configurations {
            let mut ends = configuration.row.member.resolved.train.phase_ends();
            ends.pop();
            phase_changes.extend(ends);
        }
        phase_changes.sort_unstable();
        phase_changes.dedup();
        Some(LearningCurves {
            panels,
            phase_changes,
            legend: data.legend(&drawn, true),
        })
    }

    /// Draws the curves.
    pub fn scene(&self, description: &str) -> Scene {
        let columns = self.panels.len() as f64;
        let plot_height = if columns > 1.0 { 230.0 } else { 290.0 };
        let width = (WIDTH - LEFT - 16.0 - GAP * (columns - 1.0)) / columns;
        let bottom = TOP + plot_height;
        let has_legend = self.legend.len() > 1;
        let legend_height = if has_legend {
            legend::height(&self.legend, WIDTH - 24.0) + 10.0
        } else {
            0.0
        };
        let mut scene = Scene::new(WIDTH, bottom + 42.0 + legend_height, description);
        for (i, panel) in self.panels.iter().enumerate() {
            let left = LEFT + i as f64 * (width + GAP);
            let area = Area {
                left,
                top: TOP,
                right: left + width,
                bottom,
            };
            panel.draw(&mut scene, area, &self.phase_changes);
        }
        if has_legend {
            legend::draw(
                &mut scene,
                &self.legend,
                (12.0, bottom + 44.0),
                WIDTH - 24.0,
            );
        }
        scene
    }
}

impl CurvePanel {
    fn new(data: &ChartData, metric: &MetricFormat) -> CurvePanel {
        let mut curves = Vec::new();
        for (configuration, style) in data.ranking.configurations.iter().zip(&data.styles) {
            curves.push(LearningCurve {
                style: *style,
                points: points(configuration, metric),
            });
        }
        CurvePanel {
            name: metric.label(),
            curves,
        }
    }

    fn draw(&self, scene: &mut Scene, area: Area, phase_changes: &[u32]) {
        let last = self.last_epoch();
        let epochs = if last <= 1 {
            (0.5, 1.5)
        } else {
            (1.0, f64::from(last))
        };
        let range = padded(self.range(), 0.04);
        let panel = Panel::new(area, epochs, range);
        panel.left_axis(scene, &labelled(ticks(range, 6)));
        let mut epoch_ticks = whole_labelled(epochs, 8);
        if last > 1 && epoch_ticks.iter().all(|(epoch, _)| *epoch != 1.0) {
            epoch_ticks.retain(|(epoch, _)| *epoch > 1.0);
            epoch_ticks.insert(0, (1.0, "1".into()));
        }
        panel.bottom_axis(scene, &epoch_ticks, false);
        panel.x_name(scene, "completed epochs");
        panel.heading(scene, &self.name);
        for change in phase_changes.iter().filter(|change| **change < last) {
            let x = panel.x.at(f64::from(*change));
            scene.line(vec![(x, area.top), (x, area.bottom)], MUTED, 1.0, DOTTED);
        }
        if let [only] = phase_changes
            && *only < last
        {
            self.draw_phase_note(scene, &panel, *only);
        }
        // The best are drawn last, so that they cover the others.
        for highlighted in [false, true] {
            for curve in self.curves.iter().rev() {
                if curve.style.highlighted == highlighted {
                    curve.draw(scene, &panel);
                }
            }
        }
    }

    fn last_epoch(&self) -> u32 {
        let lasts = self.curves.iter().filter_map(|curve| curve.points.last());
        lasts.map(|(epoch, _)| *epoch).max().unwrap_or(1)
    }

    /// Names the line of a phase change, at the end that the curves leave free.
    fn draw_phase_note(&self, scene: &mut Scene, panel: &Panel, change: u32) {
        let (low, high) = panel.y.values;
        let best = self.curves.first();
        let at_change = best.and_then(|c| c.points.iter().find(|(epoch, _)| *epoch == change));
        let is_high = at_change.is_some_and(|(_, summary)| summary.mean > (low + high) / 2.0);
        let area = panel.area();
        let y = if is_high {
            area.bottom - 6.0
        } else {
            area.top + 10.0
        };
        let at = (panel.x.at(f64::from(change)) + 4.0, y);
        scene.text(small(at, "next phase", Anchor::Start));
    }

    /// Range of the vertical axis. What lies far above most values is cut off, so that a run that
    /// explodes does not flatten all others.
    fn range(&self) -> (f64, f64) {
        let mut values = Vec::new();
        for curve in &self.curves {
            for (_, summary) in &curve.points {
                values.push(summary.mean);
                if curve.style.highlighted {
                    let sd = summary.sd.unwrap_or(0.0);
                    values.extend([summary.mean - sd, summary.mean + sd]);
                }
            }
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

/// Summaries over the finished runs, by epoch. Unfinished runs would make the mean jump where they
/// end, so they count only where no run finished.
fn points(configuration: &RankedConfiguration, metric: &MetricFormat) -> Vec<(u32, Sample)> {
    let finished: Vec<&RankedRun> = configuration.finished().collect();
    let runs = if finished.is_empty() {
        configuration.runs.iter().collect()
    } else {
        finished
    };
    let lasts = runs.iter().filter_map(|run| run.job.epochs.last());
    let last = lasts.map(|epoch| epoch.epoch).max().unwrap_or(0);
    let mut points = Vec::new();
    for epoch in 1..=last {
        let values: Vec<f64> = runs
            .iter()
            .filter_map(|run| value_at(run, epoch, &metric.name))
            .filter(|v| v.is_finite())
            .map(|v| v * metric.scale())
            .collect();
        points.extend(Sample::of(&values).map(|summary| (epoch, summary)));
    }
    points
}

fn value_at(run: &RankedRun, epoch: u32, metric: &str) -> Option<f64> {
    let row = run.job.epochs.iter().find(|row| row.epoch == epoch)?;
    row.values.get(metric).copied()
}

impl LearningCurve {
    fn draw(&self, scene: &mut Scene, panel: &Panel) {
        let SeriesStyle {
            color,
            dash,
            marker,
            highlighted,
        } = self.style;
        let means = self.shifted(panel, 0.0);
        if !highlighted {
            scene.line(means, color, 1.0, SOLID);
            return;
        }
        let has_spread = self.points.iter().any(|(_, summary)| summary.sd.is_some());
        if self.points.len() > 1 && has_spread {
            let mut band = self.shifted(panel, 1.0);
            band.extend(self.shifted(panel, -1.0).into_iter().rev());
            scene.polygon(band, color, 0.14);
        }
        let every = (means.len() / MARKERS).max(1);
        for point in means.iter().rev().step_by(every) {
            scene.marker(*point, 2.8, marker, color);
        }
        scene.line(means, color, 1.8, dash);
    }

    /// The means shifted by a number of standard deviations, in pixels.
    fn shifted(&self, panel: &Panel, deviations: f64) -> Vec<(f64, f64)> {
        let mut shifted = Vec::with_capacity(self.points.len());
        for (epoch, summary) in &self.points {
            let value = summary.mean + deviations * summary.sd.unwrap_or(0.0);
            shifted.push(panel.at(f64::from(*epoch), value));
        }
        shifted
    }
}
