//! Draws learning curves.

use super::curves::{CurvePanel, LearningCurve, LearningCurves};
use crate::charts::chart::WIDTH;
use crate::draw::color::MUTED;
use crate::draw::legend;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scale::padded;
use crate::draw::scene::Scene;
use crate::draw::style::{DOTTED, SOLID, SeriesStyle};
use crate::draw::text::Anchor;
use crate::draw::ticks::{Tick, labelled, ticks, whole_labelled};

const TOP: f64 = 34.0;
const LEFT: f64 = 44.0;
/// Distance between panels.
const GAP: f64 = 52.0;
/// Markers along a curve.
const MARKERS: usize = 8;

/// Draws the panels side by side.
pub(super) fn scene(curves: &LearningCurves, description: &str) -> Scene {
    let columns = curves.panels.len() as f64;
    let plot_height = if columns > 1.0 { 230.0 } else { 290.0 };
    let width = (WIDTH - LEFT - 16.0 - GAP * (columns - 1.0)) / columns;
    let bottom = TOP + plot_height;
    let legend_height = legend::height_below(&curves.legend, WIDTH - 24.0);
    let mut scene = Scene::new(WIDTH, bottom + 42.0 + legend_height, description);
    for (i, panel) in curves.panels.iter().enumerate() {
        let left = LEFT + i as f64 * (width + GAP);
        let area = Area {
            left,
            top: TOP,
            right: left + width,
            bottom,
        };
        draw_panel(&mut scene, area, panel, &curves.phase_changes);
    }
    legend::draw_below(&mut scene, &curves.legend, bottom, WIDTH - 24.0);
    scene
}

fn draw_panel(scene: &mut Scene, area: Area, curves: &CurvePanel, phase_changes: &[u32]) {
    let last = curves.last_epoch();
    let epochs = if last <= 1 {
        (0.5, 1.5)
    } else {
        (1.0, f64::from(last))
    };
    let range = padded(curves.range(), 0.04);
    let panel = Panel::new(area, epochs, range);
    panel.left_axis(scene, &labelled(ticks(range, 6)));
    panel.bottom_axis(scene, &epoch_ticks(epochs), false);
    panel.x_name(scene, "completed epochs");
    panel.heading(scene, &curves.name);
    for change in phase_changes.iter().filter(|change| **change < last) {
        let x = panel.x.at(f64::from(*change));
        scene.line(vec![(x, area.top), (x, area.bottom)], MUTED, 1.0, DOTTED);
    }
    if let [only] = phase_changes
        && *only < last
    {
        draw_phase_note(scene, &panel, curves.curves.first(), *only);
    }
    for curve in curves.curves.iter().rev() {
        draw_spread(scene, &panel, curve);
    }
    // The best are drawn last, so that they cover the others.
    for highlighted in [false, true] {
        for curve in curves.curves.iter().rev() {
            if curve.style.highlighted == highlighted {
                draw_curve(scene, &panel, curve);
            }
        }
    }
}

/// Whole epochs; the first one is always among them.
fn epoch_ticks(epochs: (f64, f64)) -> Vec<Tick> {
    let mut ticks = whole_labelled(epochs, 8);
    if epochs.0 == 1.0 && ticks.iter().all(|(epoch, _)| *epoch != 1.0) {
        ticks.retain(|(epoch, _)| *epoch > 1.0);
        ticks.insert(0, (1.0, "1".into()));
    }
    ticks
}

/// Names the line of a phase change, at the end that the best curve leaves free.
fn draw_phase_note(scene: &mut Scene, panel: &Panel, best: Option<&LearningCurve>, change: u32) {
    let middle = (panel.y.values.0 + panel.y.values.1) / 2.0;
    let point = best.and_then(|curve| curve.at(change));
    let is_high = point.is_some_and(|point| point.sample.mean > middle);
    let area = panel.area();
    let y = if is_high {
        area.bottom - 6.0
    } else {
        area.top + 10.0
    };
    let at = (panel.x.at(f64::from(change)) + 4.0, y);
    scene.text(small(at, "next phase", Anchor::Start));
}

fn draw_curve(scene: &mut Scene, panel: &Panel, curve: &LearningCurve) {
    let SeriesStyle {
        color,
        dash,
        marker,
        highlighted,
    } = curve.style;
    let means = shifted(curve, panel, 0.0);
    if !highlighted {
        scene.line(means, color, 1.0, SOLID);
        return;
    }
    let every = (means.len() / MARKERS).max(1);
    for point in means.iter().rev().step_by(every) {
        scene.marker(*point, 2.8, marker, color);
    }
    scene.line(means, color, 1.8, dash);
}

/// The band and the single runs of a curve that stands out.
fn draw_spread(scene: &mut Scene, panel: &Panel, curve: &LearningCurve) {
    let SeriesStyle {
        color, highlighted, ..
    } = curve.style;
    if !highlighted {
        return;
    }
    let has_spread = curve.points.iter().any(|point| point.sample.sd.is_some());
    if curve.points.len() > 1 && has_spread {
        let mut band = shifted(curve, panel, 1.0);
        band.extend(shifted(curve, panel, -1.0).into_iter().rev());
        scene.polygon(band, color, 0.14);
    }
    for run in &curve.runs {
        let points = run
            .iter()
            .map(|(epoch, value)| panel.at(f64::from(*epoch), *value));
        scene.faint_line(points.collect(), color, run_opacity(curve.runs.len()));
    }
}

/// Opacity of a run's line: many runs are drawn paler, so that the mean stands out.
fn run_opacity(runs: usize) -> f64 {
    (2.0 / runs as f64).clamp(0.15, 0.45)
}

/// The means shifted by a number of standard deviations, in pixels.
fn shifted(curve: &LearningCurve, panel: &Panel, deviations: f64) -> Vec<(f64, f64)> {
    let mut shifted = Vec::with_capacity(curve.points.len());
    for point in &curve.points {
        let value = point.sample.mean + deviations * point.sample.sd.unwrap_or(0.0);
        shifted.push(panel.at(f64::from(point.epoch), value));
    }
    shifted
}
