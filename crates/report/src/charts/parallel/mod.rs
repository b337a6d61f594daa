//! Parallel coordinates: a line for each configuration through its value on every axis, and to its
//! result at the right.

mod axes;
mod drawing;

pub use axes::{CoordinateAxis, CoordinateLine, ParallelCoordinates};

use super::chart::{Chart, ChartData};
use convsweep_spec::words::counted;

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(coordinates) = ParallelCoordinates::new(data) else {
        return Vec::new();
    };
    let lines = counted(coordinates.lines.len() as u64, "configuration");
    let grey = coordinates
        .lines
        .iter()
        .filter(|line| !line.style.highlighted);
    let others = match grey.count() {
        0 => String::new(),
        grey => format!(" The best are coloured; {grey} others are grey."),
    };
    let caption = format!(
        "A line for each of {lines}: its value on every axis and, at the right, its mean {} over \
         {}. Where several have the same value, the better line is higher, whichever way the \
         metric runs.{others}",
        data.ranking.metric.words(),
        data.ranking.runs_in_words()
    );
    let title = "Which combinations of values are good?";
    let chart = Chart::new("parallel", title, caption, drawing::scene(&coordinates));
    vec![chart.saying(coordinates.figures())]
}
