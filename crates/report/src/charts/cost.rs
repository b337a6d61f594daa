//! What accuracy costs: the metric against parameters, multiply-accumulate operations, and training
//! time.

use super::{Chart, WIDTH, keys, runs_over_all};
use crate::draw::axis::{self, Panel, Tick, extent, labelled, padded, ticks};
use crate::draw::color::{DOTTED, MUTED, Style};
use crate::draw::legend::{self, Key};
use crate::draw::scene::Scene;
use crate::standing::{Entry, Standing};
use convsweep_spec::metric::Direction;

/// The metric against costs, a panel for each cost that differs between configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The metric with its unit.
    pub name: String,
    /// The panels.
    pub panels: Vec<CostPanel>,
    /// The legend.
    pub keys: Vec<Key>,
    /// Whether larger is better.
    pub larger_is_better: bool,
}

/// One cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPanel {
    /// The cost with its unit.
    pub name: String,
    /// A point for each configuration, the best first.
    pub points: Vec<Point>,
}

/// One configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its look.
    pub style: Style,
    /// Its cost.
    pub cost: f64,
    /// Its mean in the axis' unit.
    pub value: f64,
    /// The standard deviation over its runs.
    pub sd: f64,
}

/// How a cost is read off a configuration.
type CostOf = fn(&Entry) -> Option<f64>;

/// The chart; `None` with fewer than two configurations.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let cost = Cost::new(standing)?;
    Some(Chart {
        name: "cost".into(),
        title: format!("{} against cost", standing.measure.words()),
        caption: format!(
            "Mean over {} ± one standard deviation. The dotted line joins the configurations that no other beats at equal or lower cost. MACs: multiply-accumulate operations for one image. Time is that of one run, without epochs taken over from another job; it depends on the machine.",
            runs_over_all(standing)
        ),
        scene: cost.scene(),
    })
}

impl Cost {
    /// Points of all ranked configurations; costs that are equal for all are left out.
    pub fn new(standing: &Standing) -> Option<Cost> {
        if standing.ranked < 2 {
            return None;
        }
        let costs: [(&str, CostOf); 3] = [
            ("parameters", |e| Some(e.row.member.parameters as f64)),
            ("MACs per image", |e| Some(e.row.member.macs as f64)),
            ("training time (s)", |e| {
                e.seconds().map(|s| s.mean).filter(|s| *s > 0.0)
            }),
        ];
        let scale = standing.measure.scale();
        let panels = costs.iter().filter_map(|(name, cost)| {
            let points: Vec<Point> = standing
                .ranking()
                .iter()
                .filter_map(|e| {
                    let score = e.score?;
                    let sd = score.sd.unwrap_or(0.0) * scale;
                    Some(Point {
                        style: e.style,
                        cost: cost(e)?,
                        value: score.mean * scale,
                        sd,
                    })
                })
                .collect();
            let (low, high) = extent(points.iter().map(|p| p.cost))?;
            (high > low).then(|| CostPanel {
                name: (*name).to_string(),
                points,
            })
        });
        let panels: Vec<CostPanel> = panels.collect();
        let ranks: Vec<usize> = (0..standing.ranked).collect();
        (!panels.is_empty()).then(|| Cost {
            name: standing.measure.label(),
            panels,
            keys: keys(standing, &ranks, false),
            larger_is_better: standing.measure.direction == Direction::Max,
        })
    }

    /// Draws the panels side by side.
    pub fn scene(&self) -> Scene {
        let (top, bottom) = (34.0, 254.0);
        let legend = legend::height(&self.keys, WIDTH - 24.0);
        let mut scene = Scene::new(
            WIDTH,
            bottom + 52.0 + legend,
            format!("{} against cost", self.name),
        );
        let ends = |p: &Point| [p.value - p.sd, p.value + p.sd];
        let values = self.panels.iter().flat_map(|p| &p.points).flat_map(ends);
        let range = padded(extent(values).unwrap_or((0.0, 1.0)), 0.08);
        let gap = 22.0;
        let count = self.panels.len() as f64;
        let width = ((WIDTH - 44.0 - 24.0 - gap * (count - 1.0)) / count).min(420.0);
        for (i, panel) in self.panels.iter().enumerate() {
            let left = 44.0 + i as f64 * (width + gap);
            let frame = frame(panel, (left, top, left + width, bottom), range);
            let labels: Vec<Tick> = labelled(ticks(range, 6));
            let blank: Vec<Tick> = labels.iter().map(|(v, _)| (*v, String::new())).collect();
            frame.left_axis(&mut scene, if i == 0 { &labels } else { &blank });
            frame.bottom_axis(&mut scene, &cost_ticks(&frame), false);
            frame.x_name(&mut scene, &panel.name);
            if i == 0 {
                frame.heading(&mut scene, &self.name);
            }
            self.points(&mut scene, &frame, panel);
        }
        legend::draw(&mut scene, &self.keys, (12.0, bottom + 46.0), WIDTH - 24.0);
        scene
    }

    fn points(&self, scene: &mut Scene, frame: &Panel, panel: &CostPanel) {
        let front: Vec<_> = panel
            .front(self.larger_is_better)
            .iter()
            .map(|p| frame.at(p.cost, p.value))
            .collect();
        scene.line(front, MUTED, 1.0, DOTTED);
        let (plain, highlighted): (Vec<&Point>, Vec<&Point>) = panel
            .points
            .iter()
            .rev()
            .partition(|p| !p.style.highlighted);
        for point in plain.into_iter().chain(highlighted) {
            let color = point.style.color;
            if point.sd > 0.0 && point.style.highlighted {
                scene.rule(
                    frame.at(point.cost, point.value - point.sd),
                    frame.at(point.cost, point.value + point.sd),
                    color,
                    1.3,
                );
            }
            let radius = if point.style.highlighted { 4.4 } else { 3.0 };
            scene.marker(
                frame.at(point.cost, point.value),
                radius,
                point.style.marker,
                color,
            );
        }
    }
}

impl CostPanel {
    /// The configurations that no other one beats at equal or lower cost, the cheapest first.
    pub fn front(&self, larger_is_better: bool) -> Vec<Point> {
        let gain = |p: &Point| if larger_is_better { p.value } else { -p.value };
        let mut points = self.points.clone();
        points.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(gain(b).total_cmp(&gain(a))));
        let mut best = f64::NEG_INFINITY;
        points.retain(|p| {
            let better = gain(p) > best;
            best = best.max(gain(p));
            better
        });
        points
    }
}

fn frame(panel: &CostPanel, bounds: (f64, f64, f64, f64), range: (f64, f64)) -> Panel {
    let (low, high) = extent(panel.points.iter().map(|p| p.cost)).unwrap_or((0.0, 1.0));
    let log = low > 0.0 && high / low > 4.0;
    let costs = if log {
        let room = (high / low).powf(0.08);
        (low / room, high * room)
    } else {
        padded((low, high), 0.1)
    };
    let mut frame = Panel::new(bounds, costs, range);
    frame.x.log = log;
    frame
}

fn cost_ticks(frame: &Panel) -> Vec<Tick> {
    let range = frame.x.values;
    let values = if frame.x.log {
        axis::log_ticks(range)
    } else {
        ticks(range, 4)
    };
    values.into_iter().map(|v| (v, axis::si(v))).collect()
}
