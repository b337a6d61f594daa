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
enum MadeOf {
    /// Results alone.
    Results,
    /// Also epochs, images, or single networks.
    Networks,
}

/// Every kind of chart, in the order of the page.
const CHARTS: &[(MadeOf, MakeCharts)] = &[
    (MadeOf::Results, range_test::charts),
    (MadeOf::Results, leaderboard::charts),
    (MadeOf::Results, verdicts::charts),
    (MadeOf::Networks, learning_curves::charts),
    (MadeOf::Networks, pruning::charts),
    (MadeOf::Results, effects::charts),
    (MadeOf::Results, contrasts::charts),
    (MadeOf::Results, interactions::charts),
    (MadeOf::Results, heat_map::charts),
    (MadeOf::Results, parallel::charts),
    (MadeOf::Results, cost::charts),
    (MadeOf::Networks, confusion::charts),
    (MadeOf::Networks, confused_pairs::charts),
    (MadeOf::Networks, classes::charts),
    (MadeOf::Networks, calibration::charts),
    (MadeOf::Networks, images::charts),
    (MadeOf::Networks, explanations::charts),
    (MadeOf::Networks, filters::charts),
    (MadeOf::Networks, learning_rate::charts),
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
    let of_results = CHARTS.iter().filter(|(of, _)| *of == MadeOf::Results);
    of_results.flat_map(|(_, make)| make(data)).collect()
}

/// Every chart for which there are results, in the order of the page.
pub fn all(data: &ChartData) -> Vec<Chart> {
    CHARTS.iter().flat_map(|(_, make)| make(data)).collect()
}
