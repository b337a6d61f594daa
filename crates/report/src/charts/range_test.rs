//! The loss by the learning rate, as range tests found it, with the rate that each suggests.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::legend::{self, LegendEntry};
use crate::draw::numbers::short;
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::{SeriesStyle, series_styles};
use crate::draw::ticks::{labelled, log_ticks, ticks};
use crate::job_files::RangeTests;
use convsweep_spec::range::RangeResult;

const AREA: Area = Area {
    left: 62.0,
    top: 34.0,
    right: WIDTH - 16.0,
    bottom: 314.0,
};
/// Losses above this many times the first are an explosion, whose beginning is enough to see.
const EXPLOSION: f64 = 1.5;

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let tests = data.files.range_tests.as_slice();
    if tests.is_empty() {
        return Vec::new();
    }
    let caption = "Mean loss of each step of the range test, smoothed over about ten steps, \
                   against the step's learning rate; a line for each job. Dots mark where the loss \
                   falls fastest, which is a rate to start from. The axis ends a little above the \
                   first loss, so that an explosion leaves it.";
    let title = "Which learning rate should training start from? Loss by learning rate";
    let chart = Chart::new("range-test", title, caption, scene(tests));
    vec![chart.saying(figures(tests))]
}

/// Where the loss of each test falls fastest, in words.
fn figures(tests: &[RangeTests]) -> String {
    let mut parts = Vec::new();
    for test in tests {
        for rate in test.results.iter().filter_map(|result| result.steepest) {
            parts.push(format!("{} at {}", test.label, short(rate)));
        }
    }
    let jobs: usize = tests.iter().map(|test| test.results.len()).sum();
    format!("{jobs} jobs. The loss falls fastest: {}.", parts.join("; "))
}

/// Draws the curves of all tests.
pub fn scene(tests: &[RangeTests]) -> Scene {
    let styles = series_styles(tests.len(), None);
    let legend = legend_of(tests, &styles);
    let legend_height = legend::height_below(&legend, WIDTH - 24.0);
    let height = AREA.bottom + 42.0 + legend_height;
    let mut scene = Scene::new(WIDTH, height, "Loss by learning rate");
    let panel = panel(tests);
    panel.left_axis(&mut scene, &labelled(ticks(panel.y.values, 6)));
    let mut rate_ticks = Vec::new();
    for rate in log_ticks(panel.x.values) {
        rate_ticks.push((rate, short(rate)));
    }
    panel.bottom_axis(&mut scene, &rate_ticks, false);
    panel.x_name(&mut scene, "learning rate (logarithmic)");
    panel.heading(&mut scene, "training loss, smoothed");
    for (test, style) in tests.iter().zip(&styles).rev() {
        for result in &test.results {
            draw_result(&mut scene, &panel, result, style);
        }
    }
    legend::draw_below(&mut scene, &legend, AREA.bottom, WIDTH - 24.0);
    scene
}

fn legend_of(tests: &[RangeTests], styles: &[SeriesStyle]) -> Vec<LegendEntry> {
    let mut entries = Vec::new();
    for (test, style) in tests.iter().zip(styles) {
        entries.push(LegendEntry::line(&test.label, *style));
    }
    entries
}

/// A panel over all rates, and over the losses below an explosion.
fn panel(tests: &[RangeTests]) -> Panel {
    let (mut rates, mut losses) = (Vec::new(), Vec::new());
    let mut first_loss = 0.0f64;
    for result in tests.iter().flat_map(|test| &test.results) {
        rates.extend(result.points.iter().map(|point| point.rate));
        losses.extend(result.smoothed.iter().map(|loss| loss.0));
        if let Some(first) = result.smoothed.first()
            && first.0.is_finite()
        {
            first_loss = first_loss.max(first.0);
        }
    }
    losses.retain(|loss| *loss <= first_loss * EXPLOSION);
    let rates = extent(rates).unwrap_or((1e-7, 1.0));
    let losses = padded(extent(losses).unwrap_or((0.0, 1.0)), 0.06);
    let mut panel = Panel::new(AREA, rates, losses);
    panel.x.log = true;
    panel
}

fn draw_result(scene: &mut Scene, panel: &Panel, result: &RangeResult, style: &SeriesStyle) {
    let highest = panel.y.values.1;
    let mut points = Vec::new();
    for (rate, loss) in curve(result) {
        if !loss.is_finite() {
            break;
        }
        points.push(panel.at(rate, loss.min(highest)));
        if loss > highest {
            break;
        }
    }
    scene.line(points, style.color, 1.8, style.dash);
    if let Some((rate, loss)) = curve(result).find(|(rate, _)| Some(*rate) == result.steepest) {
        let at = panel.at(rate, loss);
        scene.marker(at, 4.5, style.marker, style.color);
    }
}

/// Learning rates and smoothed losses, step by step.
fn curve(result: &RangeResult) -> impl Iterator<Item = (f64, f64)> {
    let rates = result.points.iter().map(|point| point.rate);
    rates.zip(result.smoothed.iter().map(|loss| loss.0))
}
