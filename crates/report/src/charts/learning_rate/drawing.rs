//! Draws learning rates.

use super::courses::{RateCourse, RatePoint};
use super::schedules::{LearningRates, SharedSchedule};
use crate::charts::chart::WIDTH;
use crate::draw::legend;
use crate::draw::numbers::short;
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::SeriesStyle;
use crate::draw::ticks::{Tick, labelled, log_ticks, ticks, whole_labelled};

const AREA: Area = Area {
    left: 62.0,
    top: 34.0,
    right: WIDTH - 16.0,
    bottom: 234.0,
};
/// Rates that differ by more than this factor are on a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 8.0;
/// A logarithmic scale ends this many times below the lowest of the schedules' highest rates: the
/// last steps of a cosine would take up most of it.
const DEPTH: f64 = 1000.0;
/// Markers along a line.
const MARKERS: usize = 6;

/// Draws the schedules.
pub(super) fn scene(rates: &LearningRates) -> Scene {
    let series = rates.schedules.iter();
    let series = series.map(|schedule| (schedule.name.clone(), schedule.style));
    let legend = legend::entries(series, true);
    let legend_height = legend::height_below(&legend, WIDTH - 24.0);
    let height = AREA.bottom + 42.0 + legend_height;
    let mut scene = Scene::new(WIDTH, height, "Learning rate by epoch");
    let panel = panel(rates);
    panel.left_axis(&mut scene, &rate_ticks(&panel));
    panel.bottom_axis(&mut scene, &whole_labelled(panel.x.values, 10), false);
    panel.x_name(&mut scene, "completed epochs");
    let heading = if panel.y.log {
        "learning rate (logarithmic)"
    } else {
        "learning rate"
    };
    panel.heading(&mut scene, heading);
    for schedule in rates.schedules.iter().rev() {
        draw(&mut scene, &panel, schedule);
    }
    legend::draw_below(&mut scene, &legend, AREA.bottom, WIDTH - 24.0);
    scene
}

fn panel(rates: &LearningRates) -> Panel {
    let courses = || rates.schedules.iter().map(|schedule| &schedule.course);
    let points = || courses().flat_map(|course| &course.points);
    let (low, high) = extent(points().map(|point| point.rate)).unwrap_or((0.0, 1.0));
    let highest = courses().map(RateCourse::highest);
    let lowest_peak = highest.fold(f64::INFINITY, f64::min);
    let is_stepwise = low > 0.0 && courses().all(RateCourse::is_stepwise);
    let compared = if is_stepwise { low } else { lowest_peak };
    let log = compared > 0.0 && high / compared > LOGARITHMIC_FROM;
    let range = if log {
        (low.max(lowest_peak / DEPTH) / 1.5, high * 1.5)
    } else {
        padded((low.min(high * 0.5).max(0.0), high), 0.08)
    };
    let epochs = points().map(|point| point.epochs).fold(1.0, f64::max);
    let mut panel = Panel::new(AREA, (0.0, epochs), range);
    panel.y.log = log;
    panel
}

fn rate_ticks(panel: &Panel) -> Vec<Tick> {
    let range = panel.y.values;
    if !panel.y.log {
        return labelled(ticks(range, 5));
    }
    let values = log_ticks(range);
    values.into_iter().map(|rate| (rate, short(rate))).collect()
}

fn draw(scene: &mut Scene, panel: &Panel, schedule: &SharedSchedule) {
    let place = |point: &RatePoint| panel.at(point.epochs, point.rate);
    let points: Vec<(f64, f64)> = schedule.course.points.iter().map(place).collect();
    let SeriesStyle {
        color,
        dash,
        marker,
        highlighted,
    } = schedule.style;
    if highlighted && points.len() > 2 {
        let every = points.len().div_ceil(MARKERS).max(2);
        for point in points.iter().skip(1).step_by(every) {
            scene.marker(*point, 2.8, marker, color);
        }
    }
    let width = if highlighted { 1.8 } else { 1.0 };
    scene.line(points, color, width, dash);
}
