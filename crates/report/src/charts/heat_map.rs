//! Two axes against each other: a field for each pair of values.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::{Color, GRID, INK, MUTED};
use crate::draw::font;
use crate::draw::gradient::sequential;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text, centred};
use crate::draw::ticks::{labelled, ticks};
use crate::ranking::Ranking;
use convsweep_spec::figures::Sample;
use convsweep_spec::log::Axis;

/// Most pairs of axes that are drawn.
const MOST_PAIRS: usize = 3;
const TOP: f64 = 14.0;
/// Width of the colour scale with its labels.
const SCALE_WIDTH: f64 = 92.0;
/// Colours of the colour scale.
const SCALE_STEPS: usize = 48;
/// Most width of a label on the left, and most length of one that is turned.
const MOST_LABEL: f64 = 240.0;
const MOST_TURNED_LABEL: f64 = 150.0;

/// A heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The metric with its unit.
    pub metric: String,
    /// Name of the horizontal axis, and the labels of its values.
    pub across: (String, Vec<String>),
    /// Name of the vertical axis, and the labels of its values.
    pub down: (String, Vec<String>),
    /// `fields[down][across]`: mean over the configurations with both values; `None` without any.
    pub fields: Vec<Vec<Option<f64>>>,
    /// Whether larger values of the metric are better; the best field is framed.
    pub larger_is_better: bool,
    /// Most decimals of the numbers in the fields.
    pub most_places: usize,
    /// Whether a field is a mean over further axes.
    pub averaged: bool,
}

/// A chart for each pair of axes that have at least two values each.
pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let axes = &data.ranking.revision.axes;
    let mut maps = Vec::new();
    for (i, first) in axes.iter().enumerate() {
        for second in &axes[i + 1..] {
            maps.extend(HeatMap::new(data.ranking, first, second));
        }
    }
    maps.truncate(MOST_PAIRS);
    let is_only = maps.len() == 1;
    let mut charts = Vec::new();
    for (i, map) in maps.iter().enumerate() {
        let name = if is_only {
            "heatmap".to_string()
        } else {
            format!("heatmap-{}", i + 1)
        };
        charts.push(map.chart(name));
    }
    charts
}

impl HeatMap {
    /// The means of every pair of values; `None` where an axis has fewer than two values with
    /// results.
    pub fn new(ranking: &Ranking, first: &Axis, second: &Axis) -> Option<HeatMap> {
        // The axis with more values is horizontal: pages are wider than labels are long.
        let (down, across) = if first.labels.len() > second.labels.len() {
            (second, first)
        } else {
            (first, second)
        };
        let samples = samples(ranking, down, across);
        let is_used_row = |row: &usize| samples[*row].iter().any(|s| !s.is_empty());
        let is_used_column = |column: &usize| samples.iter().any(|row| !row[*column].is_empty());
        let rows: Vec<usize> = (0..down.labels.len()).filter(is_used_row).collect();
        let columns: Vec<usize> = (0..across.labels.len()).filter(is_used_column).collect();
        if rows.len() < 2 || columns.len() < 2 {
            return None;
        }
        let mut fields = Vec::with_capacity(rows.len());
        for &row in &rows {
            let means = columns.iter().map(|&column| mean(&samples[row][column]));
            fields.push(means.collect());
        }
        Some(HeatMap {
            metric: ranking.metric.label(),
            across: picked(across, &columns),
            down: picked(down, &rows),
            fields,
            larger_is_better: ranking.metric.larger_is_better(),
            most_places: if ranking.metric.is_share() { 2 } else { 3 },
            averaged: samples.iter().flatten().any(|sample| sample.len() > 1),
        })
    }

    /// The best field as (row, column).
    pub fn best(&self) -> Option<(usize, usize)> {
        let sign = if self.larger_is_better { 1.0 } else { -1.0 };
        let mut best: Option<(usize, usize, f64)> = None;
        for (row, values) in self.fields.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let Some(gain) = value.map(|v| v * sign) else {
                    continue;
                };
                if best.is_none_or(|(_, _, most)| gain.total_cmp(&most).is_ge()) {
                    best = Some((row, column, gain));
                }
            }
        }
        best.map(|(row, column, _)| (row, column))
    }

    fn chart(&self, name: String) -> Chart {
        let over = if self.averaged {
            " and over the other axes"
        } else {
            ""
        };
        let caption = format!(
            "Mean over runs{over}; the best field is framed, an empty field was not planned or \
             has no result."
        );
        let title = format!("{} by {} and {}", self.metric, self.down.0, self.across.0);
        Chart::new(name, title, caption, self.scene())
    }

    /// Draws the fields.
    pub fn scene(&self) -> Scene {
        let grid = Grid::new(self);
        let description = format!("{} over two axes", self.metric);
        let mut scene = Scene::new(WIDTH, grid.bottom + grid.below + 28.0, description);
        let values = self.fields.iter().flatten().flatten().copied();
        let range = extent(values).unwrap_or((0.0, 1.0));
        let places = self.places_that_fit(grid.cell);
        for (row, values) in self.fields.iter().enumerate() {
            self.draw_row_label(&mut scene, &grid, row);
            for (column, value) in values.iter().enumerate() {
                let at = grid.corner(row, column);
                match value {
                    Some(value) => self.draw_field(&mut scene, &grid, at, *value, range, places),
                    None => scene.outline(inset(at, 0.5), grid.size(1.0), GRID, 1.0),
                }
            }
        }
        if let Some((row, column)) = self.best() {
            let at = inset(grid.corner(row, column), 1.0);
            scene.outline(at, grid.size(2.0), INK, 2.5);
        }
        self.draw_column_labels(&mut scene, &grid);
        self.draw_axis_names(&mut scene, &grid);
        self.draw_scale(&mut scene, &grid, range);
        scene
    }

    fn color(&self, share: f64) -> Color {
        sequential(if self.larger_is_better {
            share
        } else {
            1.0 - share
        })
    }

    fn draw_field(
        &self,
        scene: &mut Scene,
        grid: &Grid,
        at: (f64, f64),
        value: f64,
        (low, high): (f64, f64),
        places: Option<usize>,
    ) {
        let share = if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        let color = self.color(share);
        scene.rect(inset(at, 0.5), grid.size(1.0), color, 1.0);
        if let Some(places) = places {
            let middle = at.1 + grid.height / 2.0;
            let place = (at.0 + grid.cell / 2.0, middle + centred(TEXT));
            let number = format!("{value:.places$}").replace('-', "−");
            let text = Text::new(place, number, Anchor::Middle);
            scene.text(text.color(color.text_on()));
        }
    }

    fn draw_row_label(&self, scene: &mut Scene, grid: &Grid, row: usize) {
        let y = grid.corner(row, 0).1 + grid.height / 2.0 + centred(TEXT);
        let label = font::fit(&self.down.1[row], grid.label_width, TEXT, false);
        scene.text(Text::new((grid.left - 8.0, y), label, Anchor::End));
    }

    fn draw_column_labels(&self, scene: &mut Scene, grid: &Grid) {
        for (column, label) in self.across.1.iter().enumerate() {
            let x = grid.left + grid.cell * (column as f64 + 0.5);
            if grid.turned {
                let label = font::fit(label, MOST_TURNED_LABEL, TEXT, false);
                let at = (x + centred(TEXT), grid.bottom + 8.0);
                scene.text(Text::new(at, label, Anchor::End).upright());
            } else {
                let at = (x, grid.bottom + 16.0);
                scene.text(Text::new(at, label, Anchor::Middle));
            }
        }
    }

    fn draw_axis_names(&self, scene: &mut Scene, grid: &Grid) {
        let name = font::fit(&self.across.0, WIDTH * 0.7, TEXT, true);
        let middle = (grid.left + grid.right) / 2.0;
        let at = (middle, grid.bottom + grid.below + 16.0);
        scene.text(Text::new(at, name, Anchor::Middle).bold());
        let name = font::fit(&self.down.0, (grid.bottom - TOP).max(80.0), TEXT, true);
        let at = (16.0, (TOP + grid.bottom) / 2.0);
        scene.text(Text::new(at, name, Anchor::Middle).bold().upright());
    }

    /// Decimals of the numbers in the fields, as many as fit; `None` where no number does.
    fn places_that_fit(&self, cell: f64) -> Option<usize> {
        (0..=self.most_places).rev().find(|places| {
            let values = self.fields.iter().flatten().flatten();
            let numbers: Vec<String> = values.map(|v| format!("{v:.places$}")).collect();
            font::widest(numbers.iter().map(String::as_str), TEXT) + 6.0 <= cell
        })
    }

    /// The colour scale at the right.
    fn draw_scale(&self, scene: &mut Scene, grid: &Grid, range: (f64, f64)) {
        let range = if range.1 > range.0 {
            range
        } else {
            padded(range, 0.05)
        };
        let (left, bottom) = (grid.right + 22.0, grid.bottom);
        let right = left + 12.0;
        let area = Area {
            left,
            top: TOP,
            right,
            bottom,
        };
        let panel = Panel::new(area, (0.0, 1.0), range);
        let step = (bottom - TOP) / SCALE_STEPS as f64;
        for i in 0..SCALE_STEPS {
            let color = self.color((i as f64 + 0.5) / SCALE_STEPS as f64);
            let corner = (left, bottom - step * (i as f64 + 1.0));
            scene.rect(corner, (12.0, step + 0.3), color, 1.0);
        }
        let count = ((bottom - TOP) / 28.0) as usize;
        for (value, label) in labelled(ticks(range, count)) {
            let y = panel.y.at(value);
            scene.rule((right, y), (left + 16.0, y), MUTED, 0.8);
            let at = (left + 19.0, y + centred(SMALL));
            scene.text(small(at, label, Anchor::Start));
        }
    }
}

/// Where the fields and their labels go.
struct Grid {
    label_width: f64,
    left: f64,
    right: f64,
    bottom: f64,
    /// Height of the labels below the fields.
    below: f64,
    /// Width of a field.
    cell: f64,
    /// Height of a field.
    height: f64,
    /// Whether the labels below are turned.
    turned: bool,
}

impl Grid {
    fn new(map: &HeatMap) -> Grid {
        let (rows, columns) = (map.down.1.len() as f64, map.across.1.len() as f64);
        let widest = |labels: &[String]| font::widest(labels.iter().map(String::as_str), TEXT);
        let label_width = widest(&map.down.1).min(MOST_LABEL);
        let left = label_width + 40.0;
        let cell = ((WIDTH - left - SCALE_WIDTH) / columns).min(96.0);
        let height = (cell * 0.62).clamp(26.0, 52.0);
        let longest = widest(&map.across.1);
        let turned = longest + 8.0 > cell;
        let below = if turned {
            longest.min(MOST_TURNED_LABEL) + 12.0
        } else {
            20.0
        };
        Grid {
            label_width,
            left,
            right: left + cell * columns,
            bottom: TOP + height * rows,
            below,
            cell,
            height,
            turned,
        }
    }

    /// Top left corner of a field.
    fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        let x = self.left + self.cell * column as f64;
        (x, TOP + self.height * row as f64)
    }

    /// Size of a field without a margin.
    fn size(&self, margin: f64) -> (f64, f64) {
        (self.cell - margin, self.height - margin)
    }
}

fn inset(at: (f64, f64), by: f64) -> (f64, f64) {
    (at.0 + by, at.1 + by)
}

/// Means of the configurations, by row and column.
fn samples(ranking: &Ranking, down: &Axis, across: &Axis) -> Vec<Vec<Vec<f64>>> {
    let scale = ranking.metric.scale();
    let mut samples = vec![vec![Vec::new(); across.labels.len()]; down.labels.len()];
    for configuration in ranking.with_result() {
        if let (Some(row), Some(column), Some(score)) = (
            configuration.value_index(down),
            configuration.value_index(across),
            configuration.score,
        ) {
            samples[row][column].push(score.mean * scale);
        }
    }
    samples
}

fn mean(sample: &[f64]) -> Option<f64> {
    Sample::of(sample).map(|summary| summary.mean)
}

/// Name of an axis with the labels of the values that are used.
fn picked(axis: &Axis, used: &[usize]) -> (String, Vec<String>) {
    let labels = used.iter().map(|i| axis.labels[*i].clone());
    (axis.name.clone(), labels.collect())
}
