//! Draws a heat map.

use super::field_grid::{FieldGrid, MAX_TURNED_LABEL, TOP};
use super::means::HeatMap;
use crate::charts::chart::WIDTH;
use crate::draw::color::{Color, GRID, INK, MUTED};
use crate::draw::font;
use crate::draw::gradient::sequential;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scale::{extent, padded};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text, centred};
use crate::draw::ticks::{labelled, ticks};

/// Steps of the colour scale.
const SCALE_STEPS: usize = 48;

/// Draws the fields.
pub fn scene(map: &HeatMap) -> Scene {
    let grid = FieldGrid::new(map);
    let description = format!("{} over two axes", map.metric);
    let mut scene = Scene::new(WIDTH, grid.bottom + grid.below + 28.0, description);
    let values = map.fields.iter().flatten().flatten().copied();
    let range = extent(values).unwrap_or((0.0, 1.0));
    let places = places_that_fit(map, grid.cell);
    for (row, values) in map.fields.iter().enumerate() {
        draw_row_label(&mut scene, &grid, map, row);
        for (column, value) in values.iter().enumerate() {
            let at = grid.corner(row, column);
            let Some(value) = value else {
                scene.outline(inset(at, 0.5), grid.size(1.0), GRID, 1.0);
                continue;
            };
            let color = color(map, share(*value, range));
            scene.rect(inset(at, 0.5), grid.size(1.0), color, 1.0);
            if let Some(places) = places {
                let number = format!("{value:.places$}").replace('-', "−");
                let middle = (at.0 + grid.cell / 2.0, at.1 + grid.height / 2.0);
                let text_at = (middle.0, middle.1 + centred(TEXT));
                let text = Text::new(text_at, number, Anchor::Middle);
                scene.text(text.color(color.text_on()));
            }
        }
    }
    for (row, column) in &map.best {
        let at = inset(grid.corner(*row, *column), 1.0);
        scene.outline(at, grid.size(2.0), INK, 2.5);
    }
    draw_column_labels(&mut scene, &grid, map);
    draw_axis_names(&mut scene, &grid, map);
    draw_scale(&mut scene, &grid, map, range);
    scene
}

fn color(map: &HeatMap, share: f64) -> Color {
    sequential(if map.larger_is_better {
        share
    } else {
        1.0 - share
    })
}

/// Where a value lies in the range, 0 to 1.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low {
        (value - low) / (high - low)
    } else {
        0.5
    }
}

fn draw_row_label(scene: &mut Scene, grid: &FieldGrid, map: &HeatMap, row: usize) {
    let y = grid.corner(row, 0).1 + grid.height / 2.0 + centred(TEXT);
    let label = font::fit(&map.down.1[row], grid.label_width, TEXT, false);
    scene.text(Text::new((grid.left - 8.0, y), label, Anchor::End));
}

fn draw_column_labels(scene: &mut Scene, grid: &FieldGrid, map: &HeatMap) {
    for (column, label) in map.across.1.iter().enumerate() {
        let x = grid.left + grid.cell * (column as f64 + 0.5);
        if grid.turned {
            let label = font::fit(label, MAX_TURNED_LABEL, TEXT, false);
            let at = (x + centred(TEXT), grid.bottom + 8.0);
            scene.text(Text::new(at, label, Anchor::End).upright());
        } else {
            let at = (x, grid.bottom + 16.0);
            scene.text(Text::new(at, label, Anchor::Middle));
        }
    }
}

fn draw_axis_names(scene: &mut Scene, grid: &FieldGrid, map: &HeatMap) {
    let name = font::fit(&map.across.0, WIDTH * 0.7, TEXT, true);
    let middle = (grid.left + grid.right) / 2.0;
    let at = (middle, grid.bottom + grid.below + 16.0);
    scene.text(Text::new(at, name, Anchor::Middle).bold());
    let name = font::fit(&map.down.0, (grid.bottom - TOP).max(80.0), TEXT, true);
    let at = (16.0, (TOP + grid.bottom) / 2.0);
    scene.text(Text::new(at, name, Anchor::Middle).bold().upright());
}

/// Decimals of the numbers in the fields, as many as fit; `None` if no number does.
fn places_that_fit(map: &HeatMap, cell: f64) -> Option<usize> {
    let mut candidates = (0..=map.most_places).rev();
    candidates.find(|places| widest_number(map, *places) + 6.0 <= cell)
}

fn widest_number(map: &HeatMap, places: usize) -> f64 {
    let mut numbers = Vec::new();
    for value in map.fields.iter().flatten().flatten() {
        numbers.push(format!("{value:.places$}"));
    }
    font::widest(numbers.iter().map(String::as_str), TEXT)
}

/// The colour scale at the right.
fn draw_scale(scene: &mut Scene, grid: &FieldGrid, map: &HeatMap, range: (f64, f64)) {
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
        let color = color(map, (i as f64 + 0.5) / SCALE_STEPS as f64);
        let corner = (left, bottom - step * (i as f64 + 1.0));
        scene.rect(corner, (12.0, step + 0.3), color, 1.0);
    }
    let count = ((bottom - TOP) / 28.0).max(2.0) as usize;
    for (value, label) in labelled(ticks(range, count)) {
        let y = panel.y.at(value);
        scene.rule((right, y), (left + 16.0, y), MUTED, 0.8);
        let at = (left + 19.0, y + centred(SMALL));
        scene.text(small(at, label, Anchor::Start));
    }
}

fn inset(at: (f64, f64), by: f64) -> (f64, f64) {
    (at.0 + by, at.1 + by)
}
