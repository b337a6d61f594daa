//! Draws the metric against costs.

use super::points::{CostChart, CostPanel, CostPoint};
use crate::charts::chart::WIDTH;
use crate::draw::color::{MUTED, PAPER};
use crate::draw::legend;
use crate::draw::numbers::si;
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::padded;
use crate::draw::scene::Scene;
use crate::draw::style::DOTTED;
use crate::draw::ticks::{Tick, labelled, log_ticks, ticks, unlabelled};

const TOP: f64 = 34.0;
const BOTTOM: f64 = 254.0;
/// Left edge of the first panel.
const LEFT: f64 = 44.0;
/// Distance between panels.
const GAP: f64 = 22.0;
const MAX_WIDTH: f64 = 420.0;
/// Distance of a ring from its mark.
const RING: f64 = 3.2;
const RING_WIDTH: f64 = 1.2;
/// A cost that spans a decade is on a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 10.0;

/// Draws the panels side by side.
pub(super) fn scene(chart: &CostChart) -> Scene {
    let legend_height = legend::height(&chart.legend, WIDTH - 24.0);
    let description = format!("{} against cost", chart.metric);
    let mut scene = Scene::new(WIDTH, BOTTOM + 52.0 + legend_height, description);
    let range = chart.range();
    let labels = labelled(ticks(range, 6));
    let count = chart.panels.len() as f64;
    let room = WIDTH - LEFT - 24.0 - GAP * (count - 1.0);
    let width = (room / count).min(MAX_WIDTH);
    for (i, panel) in chart.panels.iter().enumerate() {
        let left = LEFT + i as f64 * (width + GAP);
        let area = Area {
            left,
            top: TOP,
            right: left + width,
            bottom: BOTTOM,
        };
        let frame = frame_of(panel, area, range);
        if i == 0 {
            frame.left_axis(&mut scene, &labels);
        } else {
            frame.left_axis(&mut scene, &unlabelled(&labels));
        }
        frame.bottom_axis(&mut scene, &cost_ticks(&frame), false);
        let scale = if frame.x.log { ", logarithmic" } else { "" };
        frame.x_name(&mut scene, &format!("{}{scale}", panel.name));
        if i == 0 {
            frame.heading(&mut scene, &chart.metric);
        }
        draw_panel(&mut scene, &frame, panel, chart.larger_is_better);
    }
    legend::draw(
        &mut scene,
        &chart.legend,
        (12.0, BOTTOM + 46.0),
        WIDTH - 24.0,
    );
    scene
}

fn frame_of(panel: &CostPanel, area: Area, values: (f64, f64)) -> Panel {
    let (low, high) = panel.costs().unwrap_or((0.0, 1.0));
    let log = low > 0.0 && high / low >= LOGARITHMIC_FROM;
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

fn draw_panel(scene: &mut Scene, frame: &Panel, panel: &CostPanel, larger_is_better: bool) {
    let front = panel.front(larger_is_better);
    let places = front.iter().map(|p| frame.at(p.cost, p.value));
    scene.line(places.collect(), MUTED, 1.0, DOTTED);
    for point in &front {
        let at = frame.at(point.cost, point.value);
        let radius = radius(point) + RING;
        scene.disc(at, radius, MUTED, 1.0);
        scene.disc(at, radius - RING_WIDTH, PAPER, 1.0);
    }
    // The best are drawn last, so that they cover the others.
    for highlighted in [false, true] {
        for point in panel.points.iter().rev() {
            if point.style.highlighted == highlighted {
                draw_point(scene, frame, point);
            }
        }
    }
}

fn draw_point(scene: &mut Scene, frame: &Panel, point: &CostPoint) {
    let style = point.style;
    if point.sd > 0.0 && style.highlighted {
        let low = frame.at(point.cost, point.value - point.sd);
        let high = frame.at(point.cost, point.value + point.sd);
        scene.rule(low, high, style.color, 1.3);
    }
    let at = frame.at(point.cost, point.value);
    scene.marker(at, radius(point), style.marker, style.color);
}

fn radius(point: &CostPoint) -> f64 {
    if point.style.highlighted { 4.4 } else { 3.0 }
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
