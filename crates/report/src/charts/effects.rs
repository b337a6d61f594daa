//! The effect of each axis: the metric for each of its values, averaged over the other axes.

use super::chart::{Chart, ChartData, WIDTH};
use super::rows::mean_and_sd;
use crate::draw::color::{FAINT, INK, SERIES};
use crate::draw::font;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::SOLID;
use crate::draw::text::{Anchor, HEADING, SMALL, TEXT, Text, centred};
use crate::draw::ticks::{labelled, ticks, unlabelled};
use crate::ranking::{AxisEffect, Ranking, ValueEffect, axis_effects};
use convsweep_spec::words::counted;
use convsweep_statistics::sample::Sample;

/// Height of the row of one value.
const ROW: f64 = 25.0;
/// Height of an axis' heading.
const HEAD: f64 = 30.0;
const TOP: f64 = 8.0;

/// Effects of all axes on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// The metric with its unit.
    pub metric: String,
    /// Decimals of the numbers at the right.
    pub places: usize,
    /// One for each axis with at least two values.
    pub axes: Vec<AxisEffect>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let ranking = data.ranking;
    let Some(effects) = Effects::new(ranking) else {
        return Vec::new();
    };
    let metric = ranking.metric.words();
    let configurations = counted(ranking.ranked as u64, "configuration");
    let runs = ranking.runs_in_words();
    let (title, caption) = match effects.axes.as_slice() {
        [only] => (
            format!("What does {} change?", only.axis),
            format!("Mean {metric} for each value, ± one standard deviation over {runs} (line)."),
        ),
        _ => (
            "What does each axis change?".into(),
            format!(
                "For each value of an axis: the mean {metric} over all configurations that have \
                 it (mark; of {configurations}, each over {runs}), ± one standard deviation over \
                 them (line). Grey lines join configurations that differ in this axis alone: where \
                 the lines are parallel, the effect does not depend on the other axes."
            ),
        ),
    };
    let chart = Chart::new("effects", title, caption, effects.scene());
    vec![chart.saying(effects.figures())]
}

impl Effects {
    /// The effects; `None` if no axis has two values with results.
    pub fn new(ranking: &Ranking) -> Option<Effects> {
        let axes = axis_effects(ranking);
        if axes.is_empty() {
            return None;
        }
        Some(Effects {
            metric: ranking.metric.label(),
            places: ranking.metric.places(),
            axes,
        })
    }

    /// The mean of every value in words.
    fn figures(&self) -> String {
        let mut sentences = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            let mut means = Vec::with_capacity(axis.values.len());
            for value in &axis.values {
                means.push(format!(
                    "{} {:.*}",
                    value.label, self.places, value.sample.mean
                ));
            }
            sentences.push(format!("{}: {}.", axis.axis, means.join(", ")));
        }
        sentences.join(" ")
    }

    /// Draws the axes below each other, values as rows.
    pub fn scene(&self) -> Scene {
        let labels = self.values().map(|value| value.label.as_str());
        let label_width = font::widest(labels, TEXT).clamp(60.0, 220.0);
        let (left, right) = (label_width + 24.0, WIDTH - 110.0);
        let height =
            TOP + HEAD * self.axes.len() as f64 + ROW * self.values().count() as f64 + 46.0;
        let description = format!("Effect of each axis on {}", self.metric);
        let mut scene = Scene::new(WIDTH, height, description);
        let range = self.range();
        let ticks = labelled(ticks(range, 7));
        let mut top = TOP;
        for (i, axis) in self.axes.iter().enumerate() {
            let bottom = top + HEAD + ROW * axis.values.len() as f64;
            let area = Area {
                left,
                top: top + HEAD - 4.0,
                right,
                bottom,
            };
            let panel = Panel::rows(area, range);
            if i + 1 == self.axes.len() {
                panel.bottom_axis(&mut scene, &ticks, true);
                panel.x_name(&mut scene, &self.metric);
            } else {
                panel.bottom_axis(&mut scene, &unlabelled(&ticks), true);
            }
            self.headings(&mut scene, &axis.axis, top + HEAD - 12.0, right, i == 0);
            self.draw_axis(&mut scene, &panel, axis, (label_width, top + HEAD));
            top = bottom;
        }
        scene
    }

    fn values(&self) -> impl Iterator<Item = &ValueEffect> {
        self.axes.iter().flat_map(|axis| &axis.values)
    }

    fn range(&self) -> (f64, f64) {
        let mut points = Vec::new();
        for axis in &self.axes {
            points.extend(axis.values.iter().map(|value| value.sample.mean));
            points.extend(axis.traces.iter().flatten().map(|(_, mean)| *mean));
        }
        padded(extent(points).unwrap_or((0.0, 1.0)), 0.08)
    }

    /// The name of an axis, and above the first one what the numbers at the right are.
    fn headings(&self, scene: &mut Scene, axis: &str, y: f64, right: f64, is_first: bool) {
        let title = font::fit(axis, right - 12.0, HEADING, true);
        let heading = Text::new((12.0, y), title, Anchor::Start);
        scene.text(heading.size(HEADING).bold());
        if is_first {
            let has_spread = self.values().any(|value| value.sample.sd.is_some());
            let figures = if has_spread { "mean ± sd" } else { "mean" };
            scene.text(small((right + 12.0, y), figures, Anchor::Start));
        }
    }

    /// Draws the values of an axis below `top`, with labels that are at most `label_width` wide.
    fn draw_axis(
        &self,
        scene: &mut Scene,
        panel: &Panel,
        axis: &AxisEffect,
        (label_width, top): (f64, f64),
    ) {
        let point = |row: usize, value: f64| {
            let y = top + ROW * (row as f64 + 0.5) - 2.0;
            (panel.x.at(value), y)
        };
        if self.axes.len() > 1 {
            for trace in &axis.traces {
                let points = trace.iter().map(|(row, value)| point(*row, *value));
                scene.line(points.collect(), FAINT, 0.9, SOLID);
            }
        }
        let mut means = Vec::new();
        for (row, value) in axis.values.iter().enumerate() {
            means.push(point(row, value.sample.mean));
        }
        scene.line(means.clone(), SERIES[0], 1.6, SOLID);
        for (value, mean) in axis.values.iter().zip(means) {
            let label = font::fit(&value.label, label_width, TEXT, false);
            self.draw_value(scene, panel, label, &value.sample, mean);
        }
    }

    fn draw_value(
        &self,
        scene: &mut Scene,
        panel: &Panel,
        label: String,
        sample: &Sample,
        (x, y): (f64, f64),
    ) {
        let color = SERIES[0];
        let Area { left, right, .. } = panel.area();
        let label = Text::new((left - 10.0, y + centred(TEXT)), label, Anchor::End);
        scene.text(label.color(INK));
        let figure = mean_and_sd(sample.mean, sample.sd, self.places);
        let at = (right + 12.0, y + centred(SMALL));
        scene.text(small(at, figure, Anchor::Start));
        if let Some(sd) = sample.sd {
            let (low, high) = (sample.mean - sd, sample.mean + sd);
            scene.rule((panel.x.at(low), y), (panel.x.at(high), y), color, 1.6);
        }
        scene.disc((x, y), 4.4, color, 1.0);
    }
}
