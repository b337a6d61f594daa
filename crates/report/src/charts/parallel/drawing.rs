//! Draws parallel coordinates.

use super::axes::{CoordinateAxis, CoordinateLine, ParallelCoordinates, height};
use crate::charts::chart::WIDTH;
use crate::draw::color::{MUTED, PAPER};
use crate::draw::font;
use crate::draw::legend;
use crate::draw::panel::small;
use crate::draw::scale::Scale;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text, centred};
use crate::draw::ticks::{labelled, ticks};

const TOP: f64 = 40.0;
const BOTTOM: f64 = 320.0;
const LEFT: f64 = 24.0;
/// Room for the labels of the metric.
const RIGHT: f64 = 56.0;
/// Opacity of a line in the background.
const PALE: f64 = 0.6;

/// Draws the axes, the lines, and the labels on top of them.
pub(super) fn scene(chart: &ParallelCoordinates) -> Scene {
    let legend_height = legend::height(&chart.legend, WIDTH - 24.0);
    let description = format!("{} by the values of every axis", chart.metric);
    let mut scene = Scene::new(WIDTH, BOTTOM + 30.0 + legend_height, description);
    let widest = font::widest(labels(chart.axes.first()), SMALL);
    let left = LEFT + widest.min(110.0) + 8.0;
    let distance = (WIDTH - RIGHT - left) / chart.axes.len() as f64;
    let x = |axis: usize| left + distance * axis as f64;
    let metric = Scale::linear(chart.range, (BOTTOM, TOP));
    let place = |line: &CoordinateLine| {
        let mut points = Vec::with_capacity(chart.axes.len() + 1);
        for (axis, height) in line.heights.iter().enumerate() {
            points.push((x(axis), BOTTOM - height * (BOTTOM - TOP)));
        }
        points.push((x(chart.axes.len()), metric.at(line.result)));
        points
    };
    for axis in 0..=chart.axes.len() {
        scene.rule((x(axis), TOP - 4.0), (x(axis), BOTTOM + 4.0), MUTED, 0.8);
    }
    // The best are drawn last, so that they cover the others.
    for line in chart.lines.iter().rev() {
        if !line.style.highlighted {
            scene.faint_line(place(line), line.style.color, PALE);
        }
    }
    for line in chart.lines.iter().rev() {
        if line.style.highlighted {
            let points = place(line);
            scene.line(points.clone(), line.style.color, 1.8, line.style.dash);
            for point in points {
                scene.marker(point, 3.4, line.style.marker, line.style.color);
            }
        }
    }
    for (i, axis) in chart.axes.iter().enumerate() {
        let room = if i == 0 { left } else { distance };
        draw_axis(&mut scene, axis, x(i), room);
    }
    draw_metric(&mut scene, chart, x(chart.axes.len()), &metric);
    legend::draw(
        &mut scene,
        &chart.legend,
        (12.0, BOTTOM + 22.0),
        WIDTH - 24.0,
    );
    scene
}

fn labels(axis: Option<&CoordinateAxis>) -> impl Iterator<Item = &str> {
    axis.into_iter().flat_map(|a| &a.labels).map(String::as_str)
}

/// An axis with its name above it and the labels of its values at its left; labels that would
/// touch the one below are left out.
fn draw_axis(scene: &mut Scene, axis: &CoordinateAxis, x: f64, room: f64) {
    let name = font::fit(&axis.name, room.max(80.0) - 12.0, TEXT, true);
    let half = font::width(&name, TEXT, true) / 2.0;
    let middle = x.max(half + 6.0);
    scene.text(Text::new((middle, TOP - 16.0), name, Anchor::Middle).bold());
    let mut last_label = f64::INFINITY;
    for (i, label) in axis.labels.iter().enumerate() {
        let y = BOTTOM - height(i, axis.labels.len()) * (BOTTOM - TOP);
        scene.rule((x - 3.0, y), (x, y), MUTED, 0.8);
        if y + SMALL * 1.2 < last_label {
            let label = font::fit(label, (room - 30.0).max(30.0), SMALL, false);
            let width = font::width(&label, SMALL, false);
            let corner = (x - 9.0 - width, y - SMALL * 0.6);
            scene.rect(corner, (width + 4.0, SMALL * 1.2), PAPER, 0.8);
            let at = (x - 7.0, y + centred(SMALL));
            scene.text(small(at, label, Anchor::End));
            last_label = y;
        }
    }
}

fn draw_metric(scene: &mut Scene, chart: &ParallelCoordinates, x: f64, metric: &Scale) {
    let name = font::fit(&chart.metric, 170.0, TEXT, true);
    let at = (WIDTH - 8.0, TOP - 16.0);
    scene.text(Text::new(at, name, Anchor::End).bold());
    let (low, high) = metric.values;
    for (value, label) in labelled(ticks((low.min(high), low.max(high)), 6)) {
        let y = metric.at(value);
        scene.rule((x, y), (x + 4.0, y), MUTED, 0.8);
        scene.text(small((x + 8.0, y + centred(SMALL)), label, Anchor::Start));
    }
}
