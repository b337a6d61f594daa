//! Two axes against each other: a field for each pair of values.

mod drawing;
mod field_grid;
mod means;

pub use means::HeatMap;

use super::chart::{Chart, ChartData};

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
        charts.push(chart(map, name));
    }
    charts
}

fn chart(map: &HeatMap, name: String) -> Chart {
    let over = if map.averaged {
        " and over the other axes"
    } else {
        ""
    };
    let caption = format!(
        "Mean over runs{over}; the best field is framed, an empty field was not planned or has no \
         result."
    );
    let title = format!("{} by {} and {}", map.metric, map.down.0, map.across.0);
    Chart::new(name, title, caption, drawing::scene(map))
}
