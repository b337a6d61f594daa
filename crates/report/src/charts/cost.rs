//! What accuracy costs: the metric against parameters, multiply-accumulate operations, and training
//! time.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::MUTED;
use crate::draw::legend::{self, LegendEntry};
use crate::draw::numbers::si;
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{DOTTED, SeriesStyle};
use crate::draw::ticks::{Tick, labelled, log_ticks, ticks, unlabelled};
use crate::ranking::RankedConfiguration;

const TOP: f64 = 34.0;
const BOTTOM: f64 = 254.0;
/// Left edge of the first panel.
const LEFT: f64 = 44.0;
/// Distance between panels.
const GAP: f64 = 22.0;
const MOST_WIDTH: f64 = 420.0;
/// A cost whose largest value is more than this many times the smallest is on a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 4.0;

/// The metric against costs, a panel for each cost that differs between configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct CostChart {
    /// The metric with its unit.
    pub metric: String,
    /// The panels.
    pub panels: Vec<CostPanel>,
    /// The legend.
    pub legend: Vec<LegendEntry>,
    /// Whether larger values of the metric are better.
    pub larger_is_better: bool,
}

/// One cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPanel {
    /// The cost with its unit.
    pub name: String,
    /// A point for each configuration, the best first.
    pub points: Vec<CostPoint>,
}

/// One configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostPoint {
    /// Its look.
    pub style: SeriesStyle,
    /// Its cost.
    pub cost: f64,
    /// Its mean, in the unit of the axis.
    pub value: f64,
    /// The standard deviation over its runs, 0 where there is none.
    pub sd: f64,
}

/// Reads a cost from a configuration.
type ReadCost = fn(&RankedConfiguration) -> Option<f64>;

/// The costs with their names.
const COSTS: [(&str, ReadCost); 3] = [
    ("parameters", parameters),
    ("MACs per image", macs),
    ("training time (s)", seconds),
];

fn parameters(configuration: &RankedConfiguration) -> Option<f64> {
    Some(configuration.row.member.parameters as f64)
}

fn macs(configuration: &RankedConfiguration) -> Option<f64> {
    Some(configuration.row.member.macs as f64)
}

fn seconds(configuration: &RankedConfiguration) -> Option<f64> {
    let mean = configuration.seconds()?.mean;
    (mean > 0.0).then_some(mean)
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(cost) = CostChart::new(data) else {
        return Vec::new();
    };
    let caption = format!(
        "Mean over {} ± one standard deviation. The dotted line joins the configurations that no \
         other beats at equal or lower cost. MACs: multiply-accumulate operations for one image. \
         Time is that of one run, without epochs taken over from another job; it depends on the \
         machine.",
        data.ranking.runs_in_words()
    );
    let title = format!("{} against cost", data.ranking.metric.words());
    vec![Chart::new("cost", title, caption, cost.scene())]
}

impl CostChart {
    /// Points of all ranked configurations; costs that are equal for all are left out. `None` with
    /// fewer than two configurations, or where no cost differs.
    pub fn new(data: &ChartData) -> Option<CostChart> {
        let ranking = data.ranking;
        if ranking.ranked < 2 {
            return None;
        }
        let mut panels = Vec::new();
        for (name, cost) in COSTS {
            let panel = CostPanel {
                name: name.to_string(),
                points: points(data, cost),
            };
            if panel.costs().is_some_and(|(low, high)| high > low) {
                panels.push(panel);
            }
        }
        if panels.is_empty() {
            return None;
        }
        let ranks: Vec<usize> = (0..ranking.ranked).collect();
        Some(CostChart {
            metric: ranking.metric.label(),
            panels,
            legend: data.legend(&ranks, false),
            larger_is_better: ranking.metric.larger_is_better(),
        })
    }

    /// Draws the panels side by side.
    pub fn scene(&self) -> Scene {
        let legend_height = legend::height(&self.legend, WIDTH - 24.0);
        let description = format!("{} against cost", self.metric);
        let mut scene = Scene::new(WIDTH, BOTTOM + 52.0 + legend_height, description);
        let range = self.range();
        let labels = labelled(ticks(range, 6));
        let count = self.panels.len() as f64;
        let room = WIDTH - LEFT - 24.0 - GAP * (count - 1.0);
        let width = (room / count).min(MOST_WIDTH);
        for (i, panel) in self.panels.iter().enumerate() {
            let left = LEFT + i as f64 * (width + GAP);
            let area = Area {
                left,
                top: TOP,
                right: left + width,
                bottom: BOTTOM,
            };
            let frame = panel.frame(area, range);
            if i == 0 {
                frame.left_axis(&mut scene, &labels);
            } else {
                frame.left_axis(&mut scene, &unlabelled(&labels));
            }
            frame.bottom_axis(&mut scene, &cost_ticks(&frame), false);
            frame.x_name(&mut scene, &panel.name);
            if i == 0 {
                frame.heading(&mut scene, &self.metric);
            }
            panel.draw(&mut scene, &frame, self.larger_is_better);
        }
        legend::draw(
            &mut scene,
            &self.legend,
            (12.0, BOTTOM + 46.0),
            WIDTH - 24.0,
        );
        scene
    }

    /// Range of the vertical axis: all means with their standard deviations.
    fn range(&self) -> (f64, f64) {
        let mut ends = Vec::new();
        for point in self.panels.iter().flat_map(|panel| &panel.points) {
            ends.extend([point.value - point.sd, point.value + point.sd]);
        }
        padded(extent(ends).unwrap_or((0.0, 1.0)), 0.08)
    }
}

fn points(data: &ChartData, cost: ReadCost) -> Vec<CostPoint> {
    let scale = data.ranking.metric.scale();
    let mut points = Vec::new();
    for (configuration, style) in data.ranking.with_result().iter().zip(&data.styles) {
        if let (Some(score), Some(cost)) = (configuration.score, cost(configuration)) {
            points.push(CostPoint {
                style: *style,
                cost,
                value: score.mean * scale,
                sd: score.sd.unwrap_or(0.0) * scale,
            });
        }
    }
    points
}

impl CostPanel {
    /// Lowest and highest cost.
    fn costs(&self) -> Option<(f64, f64)> {
        extent(self.points.iter().map(|point| point.cost))
    }

    /// The Pareto front: configurations that no other one beats at equal or lower cost, the
    /// cheapest first.
    pub fn front(&self, larger_is_better: bool) -> Vec<CostPoint> {
        let gain = |p: &CostPoint| if larger_is_better { p.value } else { -p.value };
        let mut points = self.points.clone();
        points.sort_by(|a, b| {
            let better_first = gain(b).total_cmp(&gain(a));
            a.cost.total_cmp(&b.cost).then(better_first)
        });
        let mut best = f64::NEG_INFINITY;
        let mut front = Vec::new();
        for point in points {
            if gain(&point) > best {
                best = gain(&point);
                front.push(point);
            }
        }
        front
    }

    fn frame(&self, area: Area, values: (f64, f64)) -> Panel {
        let (low, high) = self.costs().unwrap_or((0.0, 1.0));
        let log = low > 0.0 && high / low > LOGARITHMIC_FROM;
        let range = if log {
            let room = (high / low).powf(0.08);
            (low / room, high * room)
        } else {
            padded((low, high), 0.1)
        };
        let mut frame = Panel::new(area, range, values);
        frame.x.log = log;
        frame
    }

    fn draw(&self, scene: &mut Scene, frame: &Panel, larger_is_better: bool) {
        let front = self.front(larger_is_better);
        let front = front.iter().map(|p| frame.at(p.cost, p.value)).collect();
        scene.line(front, MUTED, 1.0, DOTTED);
        // The best are drawn last, so that they cover the others.
        for highlighted in [false, true] {
            for point in self.points.iter().rev() {
                if point.style.highlighted == highlighted {
                    point.draw(scene, frame);
                }
            }
        }
    }
}

impl CostPoint {
    fn draw(&self, scene: &mut Scene, frame: &Panel) {
        let style = self.style;
        if self.sd > 0.0 && style.highlighted {
            let low = frame.at(self.cost, self.value - self.sd);
            let high = frame.at(self.cost, self.value + self.sd);
            scene.rule(low, high, style.color, 1.3);
        }
        let radius = if style.highlighted { 4.4 } else { 3.0 };
        let at = frame.at(self.cost, self.value);
        scene.marker(at, radius, style.marker, style.color);
    }
}

fn cost_ticks(frame: &Panel) -> Vec<Tick> {
    let range = frame.x.values;
    let values = if frame.x.log {
        log_ticks(range)
    } else {
        ticks(range, 4)
    };
    values.into_iter().map(|v| (v, si(v))).collect()
}
