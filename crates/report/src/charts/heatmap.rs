//! Two axes against each other: a field for each pair of values.

use super::{Chart, WIDTH};
use crate::draw::axis::{Panel, decimals, extent, padded, ticks};
use crate::draw::color::{GRID, INK, MUTED, sequential};
use crate::draw::scene::{Anchor, SMALL, Scene, TEXT, Text};
use crate::draw::text;
use crate::standing::Standing;
use crate::stats::Sample;
use convsweep_spec::log::Axis;
use convsweep_spec::metric::Direction;

/// A heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The metric with its unit.
    pub name: String,
    /// Name of the axis across, and the labels of its values.
    pub across: (String, Vec<String>),
    /// Name of the axis down, and the labels of its values.
    pub down: (String, Vec<String>),
    /// `fields[down][across]`: mean over the configurations with both values; `None` where there is
    /// none.
    pub fields: Vec<Vec<Option<f64>>>,
    /// Whether larger is better: the best field is framed.
    pub larger_is_better: bool,
    /// Whether a field is a mean over further axes.
    pub averaged: bool,
}

/// Most pairs of axes that are drawn.
const PAIRS: usize = 3;

/// A chart for each pair of axes that have at least two values each.
pub fn charts(standing: &Standing) -> Vec<Chart> {
    let axes = &standing.revision.axes;
    let pairs = (0..axes.len()).flat_map(|a| (a + 1..axes.len()).map(move |b| (a, b)));
    let maps: Vec<HeatMap> = pairs
        .filter_map(|(a, b)| HeatMap::new(standing, &axes[a], &axes[b]))
        .take(PAIRS)
        .collect();
    let single = maps.len() == 1;
    maps.into_iter()
        .enumerate()
        .map(|(i, map)| Chart {
            name: if single { "heatmap".into() } else { format!("heatmap-{}", i + 1) },
            title: format!("{} by {} and {}", map.name, map.down.0, map.across.0),
            caption: format!(
                "Mean over runs{}; the best field is framed, an empty field was not asked for or has no result.",
                if map.averaged { " and over the other axes" } else { "" }
            ),
            scene: map.scene(),
        })
        .collect()
}

impl HeatMap {
    /// The means of every pair of values; `None` where an axis has fewer than two values with
    /// results.
    pub fn new(standing: &Standing, first: &Axis, second: &Axis) -> Option<HeatMap> {
        // The axis with more values lies across: pages are wider than labels are long.
        let (down, across) = if first.labels.len() > second.labels.len() {
            (second, first)
        } else {
            (first, second)
        };
        let mut values = vec![vec![Vec::new(); across.labels.len()]; down.labels.len()];
        for entry in standing.ranking() {
            let place = |axis: &Axis| {
                let value = entry
                    .row
                    .member
                    .values
                    .iter()
                    .find(|v| v.path == axis.path)?;
                axis.labels.iter().position(|l| *l == value.label)
            };
            if let (Some(row), Some(column), Some(score)) =
                (place(down), place(across), entry.score)
            {
                values[row][column].push(score.mean * standing.measure.scale());
            }
        }
        let used_rows: Vec<usize> = (0..down.labels.len())
            .filter(|r| values[*r].iter().any(|v| !v.is_empty()))
            .collect();
        let used: Vec<usize> = (0..across.labels.len())
            .filter(|c| values.iter().any(|r| !r[*c].is_empty()))
            .collect();
        if used_rows.len() < 2 || used.len() < 2 {
            return None;
        }
        let averaged = values.iter().flatten().any(|v| v.len() > 1);
        let mean = |v: &Vec<f64>| Sample::of(v).map(|s| s.mean);
        let pick = |axis: &Axis, used: &[usize]| {
            (
                axis.name.clone(),
                used.iter().map(|i| axis.labels[*i].clone()).collect(),
            )
        };
        Some(HeatMap {
            name: standing.measure.label(),
            across: pick(across, &used),
            down: pick(down, &used_rows),
            fields: used_rows
                .iter()
                .map(|r| used.iter().map(|c| mean(&values[*r][*c])).collect())
                .collect(),
            larger_is_better: standing.measure.direction == Direction::Max,
            averaged,
        })
    }

    /// The best field as (row, column).
    pub fn best(&self) -> Option<(usize, usize)> {
        let sign = if self.larger_is_better { 1.0 } else { -1.0 };
        let all = self
            .fields
            .iter()
            .enumerate()
            .flat_map(|(r, row)| row.iter().enumerate().map(move |(c, v)| (r, c, *v)));
        all.filter_map(|(r, c, v)| v.map(|v| (r, c, v * sign)))
            .max_by(|a, b| a.2.total_cmp(&b.2))
            .map(|(r, c, _)| (r, c))
    }

    /// Draws the fields.
    pub fn scene(&self) -> Scene {
        let (rows, columns) = (self.down.1.len() as f64, self.across.1.len() as f64);
        let widest = |labels: &[String], most| {
            labels
                .iter()
                .map(|l| text::width(l, TEXT, false))
                .fold(0.0f64, f64::max)
                .min(most)
        };
        let names = widest(&self.down.1, 240.0);
        let (left, bar) = (names + 40.0, 92.0);
        let cell = ((WIDTH - left - bar) / columns).min(96.0);
        let height = (cell * 0.62).clamp(26.0, 52.0);
        let turned = widest(&self.across.1, f64::INFINITY) + 8.0 > cell;
        let below = if turned {
            widest(&self.across.1, 150.0) + 12.0
        } else {
            20.0
        };
        let top = 14.0;
        let bottom = top + height * rows;
        let right = left + cell * columns;
        let mut scene = Scene::new(
            WIDTH,
            bottom + below + 28.0,
            format!("{} over two axes", self.name),
        );
        let range = extent(self.fields.iter().flatten().flatten().copied()).unwrap_or((0.0, 1.0));
        let share = |v: f64| {
            if range.1 > range.0 {
                (v - range.0) / (range.1 - range.0)
            } else {
                0.5
            }
        };
        let printed = self.printed(cell);
        for (r, row) in self.fields.iter().enumerate() {
            let y = top + height * r as f64;
            let label = text::fit(&self.down.1[r], names, TEXT, false);
            scene.text(Text::new(
                (left - 8.0, y + height / 2.0 + TEXT * 0.36),
                label,
                Anchor::End,
            ));
            for (c, value) in row.iter().enumerate() {
                let at = (left + cell * c as f64, y);
                let Some(value) = value else {
                    scene.outline(
                        (at.0 + 0.5, at.1 + 0.5),
                        (cell - 1.0, height - 1.0),
                        GRID,
                        1.0,
                    );
                    continue;
                };
                // Without the darkest and lightest ends, numbers read on every field.
                let color = sequential(if self.larger_is_better {
                    share(*value)
                } else {
                    1.0 - share(*value)
                });
                scene.rect(
                    (at.0 + 0.5, at.1 + 0.5),
                    (cell - 1.0, height - 1.0),
                    color,
                    1.0,
                );
                if let Some(places) = printed {
                    let place = (at.0 + cell / 2.0, at.1 + height / 2.0 + TEXT * 0.36);
                    let number = format!("{value:.places$}").replace('-', "−");
                    scene.text(Text::new(place, number, Anchor::Middle).color(color.text_on()));
                }
            }
        }
        if let Some((r, c)) = self.best() {
            let at = (left + cell * c as f64 + 1.0, top + height * r as f64 + 1.0);
            scene.outline(at, (cell - 2.0, height - 2.0), INK, 2.5);
        }
        for (c, label) in self.across.1.iter().enumerate() {
            let x = left + cell * (c as f64 + 0.5);
            if turned {
                let label = text::fit(label, 150.0, TEXT, false);
                scene
                    .text(Text::new((x + TEXT * 0.36, bottom + 8.0), label, Anchor::End).upright());
            } else {
                scene.text(Text::new((x, bottom + 16.0), label, Anchor::Middle));
            }
        }
        scene.text(
            Text::new(
                ((left + right) / 2.0, bottom + below + 16.0),
                text::fit(&self.across.0, WIDTH * 0.7, TEXT, true),
                Anchor::Middle,
            )
            .bold(),
        );
        let name = text::fit(&self.down.0, (bottom - top).max(80.0), TEXT, true);
        scene.text(
            Text::new((16.0, (top + bottom) / 2.0), name, Anchor::Middle)
                .bold()
                .upright(),
        );
        self.bar(&mut scene, right + 22.0, (top, bottom), range);
        scene
    }

    /// Decimals of the numbers in the fields, as many as fit; `None` where none do.
    fn printed(&self, cell: f64) -> Option<usize> {
        let most = if self.name.contains('%') { 2 } else { 3 };
        (0..=most).rev().find(|places| {
            let widest = self
                .fields
                .iter()
                .flatten()
                .flatten()
                .map(|v| text::width(&format!("{v:.places$}"), TEXT, false));
            widest.fold(0.0f64, f64::max) + 6.0 <= cell
        })
    }

    fn bar(&self, scene: &mut Scene, x: f64, (top, bottom): (f64, f64), range: (f64, f64)) {
        const STEPS: usize = 48;
        let range = if range.1 > range.0 {
            range
        } else {
            padded(range, 0.05)
        };
        let frame = Panel::new((x, top, x + 12.0, bottom), (0.0, 1.0), range);
        let step = (bottom - top) / STEPS as f64;
        for i in 0..STEPS {
            let share = (i as f64 + 0.5) / STEPS as f64;
            let color = sequential(if self.larger_is_better {
                share
            } else {
                1.0 - share
            });
            scene.rect(
                (x, bottom - step * (i as f64 + 1.0)),
                (12.0, step + 0.3),
                color,
                1.0,
            );
        }
        let ticks = ticks(range, ((bottom - top) / 28.0) as usize);
        for (value, label) in ticks.iter().zip(decimals(&ticks)) {
            let y = frame.y.at(*value);
            scene.rule((x + 12.0, y), (x + 16.0, y), MUTED, 0.8);
            scene.text(
                Text::new((x + 19.0, y + SMALL * 0.36), label, Anchor::Start)
                    .size(SMALL)
                    .color(MUTED),
            );
        }
    }
}
