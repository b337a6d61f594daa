//! The charts: each is a plain data structure made from a [`Standing`], and draws itself into a
//! scene.

pub mod classes;
pub mod confusion;
pub mod cost;
pub mod curves;
pub mod effects;
pub mod heatmap;
pub mod images;
pub mod leaderboard;
pub mod range;
pub mod rates;
pub mod sparing;

use crate::draw::color::{FAINT, MUTED, Marker, SOLID, Style};
use crate::draw::legend::Key;
use crate::draw::scene::Scene;
use crate::predictions::Predictions;
use crate::standing::Standing;

/// Width of a chart in pixels: 15 cm on paper at 122 pixels a centimetre of the PNG.
pub const WIDTH: f64 = 720.0;

/// A drawn chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Name of its files, without ending.
    pub name: String,
    /// Heading on the page.
    pub title: String,
    /// What is to be seen, what the marks mean, over how many runs.
    pub caption: String,
    /// The picture.
    pub scene: Scene,
}

/// Every chart for which there are results, in the order of the page.
pub fn all(standing: &Standing, predictions: Option<&Predictions>) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(leaderboard::chart(standing));
    charts.extend(curves::charts(standing));
    charts.extend(sparing::chart(standing));
    charts.extend(effects::chart(standing));
    charts.extend(heatmap::charts(standing));
    charts.extend(cost::chart(standing));
    charts.extend(confusion::chart(standing));
    charts.extend(classes::chart(standing));
    charts.extend(predictions.and_then(|p| images::chart(standing, p)));
    charts.extend(rates::chart(standing));
    charts
}

/// What a run is one of: a seed, a fold of the only seed, or a run of several seeds and folds.
pub fn unit(standing: &Standing) -> &'static str {
    if !standing.folds {
        return "seed";
    }
    let mut seeds = standing
        .entries
        .iter()
        .flat_map(|e| &e.runs)
        .map(|r| r.job.seed);
    let first = seeds.next();
    if seeds.all(|seed| Some(seed) == first) {
        "fold"
    } else {
        "run"
    }
}

/// How many: `3 seeds`, `5 folds`, `10 runs (seeds × folds)`.
pub fn runs(standing: &Standing, n: usize) -> String {
    match (unit(standing), n) {
        (unit, 1) => format!("1 {unit}"),
        ("run", n) => format!("{n} runs (seeds × folds)"),
        (unit, n) => format!("{n} {unit}s"),
    }
}

/// `3 seeds`, or `2 to 3 seeds` where configurations differ.
pub fn runs_over_all(standing: &Standing) -> String {
    let counts = || {
        standing
            .ranking()
            .iter()
            .filter_map(|e| e.score.map(|s| s.n))
    };
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    if least == most {
        runs(standing, most)
    } else {
        format!("{least} to {}", runs(standing, most))
    }
}

/// Legend of the configurations: those that stand out, then how many do not.
pub fn keys(standing: &Standing, ranks: &[usize], line: bool) -> Vec<Key> {
    let shown = ranks
        .iter()
        .map(|r| &standing.entries[*r])
        .filter(|e| e.style.highlighted);
    let mut keys: Vec<Key> = shown
        .map(|e| Key {
            name: named(standing, e.label()),
            style: e.style,
            line,
        })
        .collect();
    let others = ranks
        .iter()
        .filter(|r| !standing.entries[**r].style.highlighted)
        .count();
    if others > 0 {
        let style = Style {
            color: FAINT,
            dash: SOLID,
            marker: Marker::Circle,
            highlighted: false,
        };
        keys.push(Key {
            name: if others == 1 {
                "1 other".into()
            } else {
                format!("{others} others")
            },
            style,
            line,
        });
    }
    keys
}

/// A configuration's label, marked where it is the baseline.
pub fn named(standing: &Standing, label: &str) -> String {
    match standing.baseline.map(|b| standing.entries[b].label()) {
        Some(baseline) if baseline == label => format!("{label} (baseline)"),
        _ => label.to_string(),
    }
}

/// A short grey note in a chart.
pub(crate) fn note(scene: &mut Scene, at: (f64, f64), text: impl Into<String>) {
    use crate::draw::scene::{Anchor, SMALL, Text};
    scene.text(Text::new(at, text, Anchor::Start).size(SMALL).color(MUTED));
}
