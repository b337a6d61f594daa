//! Two axes against each other: a field for each pair of values.

mod drawing;
mod field_grid;
mod means;

pub use drawing::scene;
pub use means::HeatMap;

use super::chart::{Chart, ChartData};
use crate::ranking::Ranking;

/// Maximum number of pairs of axes that are drawn.
const MAX_PAIRS: usize = 3;

/// A chart for each pair of axes that have at least two values each.
pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let axes = &data.ranking.revision.axes;
    let mut maps = Vec::new();
    for (i, first) in axes.iter().enumerate() {
        for second in &axes[i + 1..] {
            maps.extend(HeatMap::new(data.ranking, first, second));
        }
    }
    maps.truncate(MAX_PAIRS);
    let is_only = maps.len() == 1;
    let mut charts = Vec::new();
    for (i, map) in maps.iter().enumerate() {
        let name = if is_only {
            "heatmap".to_string()
        } else {
            format!("heatmap-{}", i + 1)
        };
        charts.push(chart(map, name, data.ranking));
    }
    charts
}

fn chart(map: &HeatMap, name: String, ranking: &Ranking) -> Chart {
    let (words, runs) = (ranking.metric.words(), ranking.runs_in_words());
    let over = if map.averaged {
        " and over the other axes"
    } else {
        ""
    };
    let caption = format!(
        "Mean over {runs} each{over}; the best field is framed, an empty field was not planned or \
         has no result."
    );
    let (down, across) = (&map.down.0, &map.across.0);
    let title = format!("How does the {words} depend on {down} and {across}?");
    let chart = Chart::new(name, title, caption, scene(map));
    chart.saying(figures(map))
}

/// The best and the worst field in words.
fn figures(map: &HeatMap) -> String {
    let mut fields = Vec::new();
    for (row, values) in map.fields.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            fields.extend(value.map(|value| (row, column, value)));
        }
    }
    let named = |(row, column, value): (usize, usize, f64)| {
        let (down, across) = (&map.down, &map.across);
        let places = map.most_places;
        let (down_value, across_value) = (&down.1[row], &across.1[column]);
        format!(
            "{value:.places$} at {}={down_value}, {}={across_value}",
            down.0, across.0
        )
    };
    fields.sort_by(|a, b| a.2.total_cmp(&b.2));
    match fields.as_slice() {
        [lowest, .., highest] => format!(
            "{} fields; highest {}, lowest {}.",
            fields.len(),
            named(*highest),
            named(*lowest)
        ),
        _ => String::new(),
    }
}
