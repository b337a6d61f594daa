//! Interactions of two axes that are larger than the noise: a line for each value of one over the
//! values of the other. Parallel lines would mean that the effects add up.

use super::chart::{Chart, ChartData, WIDTH};
use super::heat_map::HeatMap;
use crate::draw::legend::{self, LegendEntry};
use crate::draw::panel::{Area, Panel};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::style::series_styles;
use crate::draw::ticks::{labelled, ticks};
use crate::ranking::{MetricFormat, Ranking};
use convsweep_answers::Interaction;

/// Interactions that are drawn, the largest first.
const MOST: usize = 3;
/// Values of an axis that have lines.
const MOST_LINES: usize = 8;
const AREA: Area = Area {
    left: 44.0,
    top: 34.0,
    right: WIDTH - 16.0,
    bottom: 254.0,
};

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let mut charts = Vec::new();
    for interaction in data.ranking.answers.interactions.iter().take(MOST) {
        let name = match charts.len() {
            0 => "interaction".to_string(),
            drawn => format!("interaction-{}", drawn + 1),
        };
        charts.extend(chart(data.ranking, interaction, name));
    }
    charts
}

fn chart(ranking: &Ranking, interaction: &Interaction, name: String) -> Option<Chart> {
    let axis = |name: &str| ranking.revision.axes.iter().find(|axis| axis.name == name);
    let (first, second) = (
        axis(&interaction.first_axis)?,
        axis(&interaction.second_axis)?,
    );
    let map = HeatMap::new(ranking, first, second)?;
    if map.down.1.len() > MOST_LINES {
        return None;
    }
    let caption = format!(
        "Mean over {} each and over the other axes; a line for each {}. Parallel lines would mean \
         that the two effects add up. {}",
        ranking.runs_in_words(),
        map.down.0,
        in_words(interaction, &ranking.metric)
    );
    let (of, on) = (&interaction.first_axis, &interaction.second_axis);
    let title = format!("Does the effect of {of} depend on {on}?");
    let chart = Chart::new(name, title, caption, scene(&map));
    Some(chart.saying(in_words(interaction, &ranking.metric)))
}

/// The largest interaction with its interval.
fn in_words(interaction: &Interaction, metric: &MetricFormat) -> String {
    let (from, to) = &interaction.first_values;
    let (larger, smaller) = &interaction.second_values;
    let interval = match interaction.interval {
        Some((low, high)) => {
            let (low, high) = (metric.number(low), metric.number(high));
            format!(", 95 % interval {low} to {high}")
        }
        None => String::new(),
    };
    format!(
        "From {from} to {to}, {} changes the {} by {} at {}={larger} and by {} at {smaller}: a \
         difference of {}{interval}, {} after correction for all combinations.",
        interaction.first_axis,
        metric.words(),
        metric.number(interaction.effects.0),
        interaction.second_axis,
        metric.number(interaction.effects.1),
        metric.difference(interaction.difference),
        p_value(interaction.corrected)
    )
}

fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_string()
    } else {
        format!("p = {p:.3}")
    }
}

/// Draws a line for each row of the map over its columns.
pub fn scene(map: &HeatMap) -> Scene {
    let styles = series_styles(map.down.1.len().min(6), None);
    let style = |row: usize| styles[row % styles.len()];
    let rows = map.down.1.iter().enumerate();
    let legend =
        rows.map(|(i, label)| LegendEntry::line(format!("{}={label}", map.down.0), style(i)));
    let legend: Vec<LegendEntry> = legend.collect();
    let legend_height = legend::height_below(&legend, WIDTH - 24.0);
    let height = AREA.bottom + 42.0 + legend_height;
    let description = format!("{} by {} and {}", map.metric, map.down.0, map.across.0);
    let mut scene = Scene::new(WIDTH, height, description);
    let values = map.fields.iter().flatten().flatten().copied();
    let range = padded(extent(values).unwrap_or((0.0, 1.0)), 0.08);
    let columns = map.across.1.len() as f64;
    let panel = Panel::new(AREA, (-0.3, columns - 0.7), range);
    panel.left_axis(&mut scene, &labelled(ticks(range, 6)));
    let labels = map.across.1.iter().enumerate();
    let labels: Vec<_> = labels.map(|(i, label)| (i as f64, label.clone())).collect();
    panel.bottom_axis(&mut scene, &labels, false);
    panel.x_name(&mut scene, &map.across.0);
    panel.heading(&mut scene, &map.metric);
    for (row, values) in map.fields.iter().enumerate().rev() {
        let mut points = Vec::new();
        for (column, value) in values.iter().enumerate() {
            points.extend(value.map(|value| panel.at(column as f64, value)));
        }
        for point in &points {
            scene.marker(*point, 3.6, style(row).marker, style(row).color);
        }
        scene.line(points, style(row).color, 1.8, style(row).dash);
    }
    legend::draw_below(&mut scene, &legend, AREA.bottom, WIDTH - 24.0);
    scene
}
