//! The charts: each is a plain data structure made from the ranking, and draws itself into a scene.
//!
//! A new chart is a file in this folder, declared below, and a line in the table `CHARTS`.

pub mod calibration;
mod chart;
mod class_key;
pub mod classes;
pub mod confused_pairs;
pub mod confusion;
mod contact_sheet;
pub mod contrasts;
pub mod cost;
pub mod critical_difference;
pub mod effects;
mod explained_images;
mod explanations;
pub mod filters;
mod gaps;
pub mod heat_map;
mod image_tile;
pub mod images;
pub mod interactions;
mod layer_activations;
pub mod leaderboard;
pub mod learning_curves;
pub mod learning_rate;
pub mod parallel;
mod predicted_images;
pub mod pruning;
pub mod range_test;
mod rows;
pub mod verdicts;

pub use chart::{Chart, ChartData, WIDTH};
pub use contact_sheet::{PER_CLASS, SheetClass, contact_sheet};
pub use explained_images::{ExplainedMap, ExplainedTile, MOST_EXPLAINED, explained_images};
pub use image_tile::ImageTile;
pub use layer_activations::{ActivationTile, MOST_PLANES, layer_activations};
pub use predicted_images::{MOST_PICTURES, predicted_images};

use convsweep_answers::AcrossExperiments;

/// Makes a chart; none if the experiment has nothing to show in it, several for some.
type MakeCharts = fn(&ChartData) -> Vec<Chart>;

/// What a chart is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Results alone.
    Results,
    /// Also epochs, images, or single networks.
    Networks,
}

/// Every kind of chart, in the order of the page.
const CHARTS: &[(Source, MakeCharts)] = &[
    (Source::Results, range_test::charts),
    (Source::Results, leaderboard::charts),
    (Source::Results, verdicts::charts),
    (Source::Networks, learning_curves::charts),
    (Source::Networks, pruning::charts),
    (Source::Results, effects::charts),
    (Source::Results, contrasts::charts),
    (Source::Results, interactions::charts),
    (Source::Results, heat_map::charts),
    (Source::Results, parallel::charts),
    (Source::Results, cost::charts),
    (Source::Networks, confusion::charts),
    (Source::Networks, confused_pairs::charts),
    (Source::Networks, classes::charts),
    (Source::Networks, calibration::charts),
    (Source::Networks, images::charts),
    (Source::Networks, explanations::charts),
    (Source::Networks, filters::charts),
    (Source::Networks, learning_rate::charts),
];

/// The charts of several experiments together.
pub fn across(across: &AcrossExperiments) -> Vec<Chart> {
    let mut charts = critical_difference::charts(across);
    charts.extend(gaps::charts(across));
    charts
}

/// Whether a chart of this name is one of [`across`].
pub fn is_across(name: &str) -> bool {
    [critical_difference::NAME, gaps::NAME].contains(&name)
}

/// The charts that results alone can make, in the order of the page.
pub fn of_results(data: &ChartData) -> Vec<Chart> {
    let of_results = CHARTS.iter().filter(|(of, _)| *of == Source::Results);
    of_results.flat_map(|(_, make)| make(data)).collect()
}

/// Every chart for which there are results, in the order of the page.
pub fn all(data: &ChartData) -> Vec<Chart> {
    CHARTS.iter().flat_map(|(_, make)| make(data)).collect()
}
