//! The loss by the learning rate, as range tests found it, with the rate that each suggests.

use super::{Chart, WIDTH};
use crate::draw::axis::{self, Panel, extent, labelled, padded, ticks};
use crate::draw::color::{Style, styles};
use crate::draw::legend::{self, Key};
use crate::draw::scene::Scene;
use crate::standing::Standing;
use convsweep_spec::layout::{RANGE, ResultsFolder};
use convsweep_spec::range::RangeResult;
use convsweep_spec::words::short;

/// The tests of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The configuration's label.
    pub label: String,
    /// What each finished job found.
    pub results: Vec<RangeResult>,
}

/// Every range test of the experiment, in the order of the plan; empty for any other kind of
/// experiment.
pub fn tests(standing: &Standing, results: &ResultsFolder) -> Vec<Tested> {
    let mut entries: Vec<_> = standing.entries.iter().collect();
    entries.sort_by_key(|e| e.row.member.position);
    let of = |entry: &crate::standing::Entry| {
        entry.row.member.resolved.task.range_test()?;
        let read = |run: &crate::standing::Run| {
            let text = std::fs::read_to_string(results.job(&run.job.job).join(RANGE)).ok()?;
            serde_json::from_str(&text).ok()
        };
        let results: Vec<RangeResult> = entry.finished().filter_map(read).collect();
        (!results.is_empty()).then(|| Tested {
            label: entry.label().to_string(),
            results,
        })
    };
    entries.into_iter().filter_map(of).collect()
}

/// What the tests say, a paragraph each.
pub fn answer(tests: &[Tested]) -> Vec<String> {
    let one = |test: &Tested| {
        let rates = |of: fn(&RangeResult) -> Option<f64>| {
            let mut found: Vec<f64> = test.results.iter().filter_map(of).collect();
            found.sort_by(f64::total_cmp);
            match (found.first(), found.last()) {
                (Some(a), Some(b)) if a == b => Some(short_rate(*a)),
                (Some(a), Some(b)) => Some(format!("{} to {}", short_rate(*a), short_rate(*b))),
                _ => None,
            }
        };
        let Some(steepest) = rates(|r| r.steepest) else {
            return format!(
                "{}: the loss falls at no rate of the test, so it suggests none.",
                test.label
            );
        };
        let lowest =
            rates(|r| r.lowest).map_or(String::new(), |rate| format!(", lowest at {rate}"));
        let end = match rates(|r| r.exploded) {
            Some(rate) => format!(", exploding at {rate}"),
            None => ", and does not explode within the test".into(),
        };
        format!(
            "{}: try a learning rate of {steepest}, where the loss falls fastest{lowest}{end}.",
            test.label
        )
    };
    let mut words: Vec<String> = tests.iter().map(one).collect();
    words.push(
        "A range test trains for a few steps only: it shows which rates train at all, not which trains best in the end.".into(),
    );
    words
}

/// Two digits: a test knows no more.
fn short_rate(rate: f64) -> String {
    short(format!("{rate:.1e}").parse().unwrap_or(rate))
}

/// The chart; `None` without tests.
pub fn chart(tests: &[Tested]) -> Option<Chart> {
    if tests.is_empty() {
        return None;
    }
    Some(Chart {
        name: "range-test".into(),
        title: "Loss by learning rate".into(),
        caption: "Mean loss of each step of the range test, smoothed over about ten steps, against the step's learning rate; a line a job. \
                  Dots mark where the loss falls fastest: a rate to start from. The axis ends a little above the first loss, so that an \
                  explosion leaves it."
            .into(),
        scene: scene(tests),
    })
}

fn scene(tests: &[Tested]) -> Scene {
    let styles: Vec<Style> = styles(tests.len(), None);
    let keys: Vec<Key> = tests
        .iter()
        .zip(&styles)
        .map(|(t, &style)| Key {
            name: t.label.clone(),
            style,
            line: true,
        })
        .collect();
    let legend = if tests.len() > 1 {
        legend::height(&keys, WIDTH - 24.0) + 10.0
    } else {
        0.0
    };
    let bounds = (62.0, 34.0, WIDTH - 16.0, 314.0);
    let mut scene = Scene::new(WIDTH, bounds.3 + 42.0 + legend, "Loss by learning rate");
    let all = || tests.iter().flat_map(|t| &t.results);
    let rates = extent(all().flat_map(|r| r.points.iter().map(|p| p.rate))).unwrap_or((1e-7, 1.0));
    // What is above the first losses is an explosion, of which the beginning is enough.
    let first = all()
        .filter_map(|r| r.smoothed.first())
        .map(|s| s.0)
        .filter(|s| s.is_finite())
        .fold(0.0, f64::max);
    let losses = extent(
        all()
            .flat_map(|r| r.smoothed.iter().map(|s| s.0))
            .filter(|s| *s <= first * 1.5),
    );
    let losses = padded(losses.unwrap_or((0.0, 1.0)), 0.06);
    let mut frame = Panel::new(bounds, rates, losses);
    frame.x.log = true;
    frame.left_axis(&mut scene, &labelled(ticks(losses, 6)));
    let marks: Vec<(f64, String)> = axis::log_ticks(rates)
        .into_iter()
        .map(|v| (v, axis::short(v)))
        .collect();
    frame.bottom_axis(&mut scene, &marks, false);
    frame.x_name(&mut scene, "learning rate (logarithmic)");
    frame.heading(&mut scene, "training loss, smoothed");
    for (test, style) in tests.iter().zip(&styles).rev() {
        for result in &test.results {
            let curve = result
                .points
                .iter()
                .zip(&result.smoothed)
                .map(|(p, s)| (p.rate, s.0));
            let mut points = Vec::new();
            for (rate, loss) in curve.take_while(|(_, loss)| loss.is_finite()) {
                points.push(frame.at(rate, loss.min(losses.1)));
                if loss > losses.1 {
                    break;
                }
            }
            scene.line(points, style.color, 1.8, style.dash);
            let place = result
                .points
                .iter()
                .zip(&result.smoothed)
                .find(|(p, _)| Some(p.rate) == result.steepest);
            if let Some((point, smoothed)) = place {
                scene.marker(
                    frame.at(point.rate, smoothed.0),
                    4.5,
                    style.marker,
                    style.color,
                );
            }
        }
    }
    if tests.len() > 1 {
        legend::draw(&mut scene, &keys, (12.0, bounds.3 + 44.0), WIDTH - 24.0);
    }
    scene
}
