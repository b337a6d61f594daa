//! The filters of the first convolution of the chosen configuration's network.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::GRID;
use crate::draw::scene::Scene;
use crate::job_files::FirstFilters;
use image::{Rgb, RgbImage};

const LEFT: f64 = 12.0;
const TOP: f64 = 8.0;
const GAP: f64 = 7.0;
/// Largest height and width of a filter in the picture.
const LARGEST: f64 = 62.0;
/// Largest height of the picture; more filters are drawn smaller.
const MAX_HEIGHT: f64 = 560.0;

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let (Some(best), Some(filters)) = (data.ranking.best(), &data.files.filters) else {
        return Vec::new();
    };
    let largest = largest(filters);
    if largest == 0.0 || !largest.is_finite() {
        return Vec::new();
    }
    let colours = if filters.channels == 3 {
        "Red, green and blue show the weights of the three channels"
    } else {
        "Grey shows the weights"
    };
    let caption = format!(
        "All {} filters of {}, {} × {} pixels, of the network of seed {}. {colours}: middle grey \
         is 0, the brightest {largest:.3}, the darkest −{largest:.3}, the largest weight of all \
         filters, so that they can be compared with each other.",
        filters.count(),
        filters.layer,
        filters.height,
        filters.width,
        filters.seed
    );
    let title = format!("What does the first layer of {} respond to?", best.label());
    let chart = Chart::new("filters", title, caption, scene(filters));
    vec![chart.saying(figures(filters))]
}

fn figures(filters: &FirstFilters) -> String {
    let weights = filters.weights.iter().map(|weight| f64::from(*weight));
    let lowest = weights.clone().fold(f64::INFINITY, f64::min);
    let highest = weights.fold(f64::NEG_INFINITY, f64::max);
    let spread = |i: usize| spread(filters.filter(i));
    let flat = (0..filters.count()).filter(|i| spread(*i) < largest(filters) * 0.05);
    format!(
        "{} filters with weights from {lowest:.3} to {highest:.3}; {} of them are nearly even.",
        filters.count(),
        flat.count()
    )
}

/// Difference of the largest and the smallest weight.
fn spread(filter: &[f32]) -> f64 {
    let weights = filter.iter().map(|weight| f64::from(*weight));
    let highest = weights.clone().fold(f64::NEG_INFINITY, f64::max);
    highest - weights.fold(f64::INFINITY, f64::min)
}

/// The largest weight without its sign.
fn largest(filters: &FirstFilters) -> f64 {
    let weights = filters.weights.iter().map(|weight| f64::from(weight.abs()));
    weights.fold(0.0, f64::max)
}

/// Draws the filters in rows, in their order.
pub fn scene(filters: &FirstFilters) -> Scene {
    let count = filters.count();
    let (side, columns) = tile_size(count);
    let rows = count.div_ceil(columns);
    let height = TOP * 2.0 + rows as f64 * (side + GAP) - GAP;
    let description = format!("Filters of {}", filters.layer);
    let mut scene = Scene::new(WIDTH, height, description);
    let largest = largest(filters);
    let longest = filters.height.max(filters.width) as f64;
    for i in 0..count {
        let at = (
            LEFT + (i % columns) as f64 * (side + GAP),
            TOP + (i / columns) as f64 * (side + GAP),
        );
        let size = (
            side * filters.width as f64 / longest,
            side * filters.height as f64 / longest,
        );
        scene.pixels(at, size, picture(filters, i, largest));
        scene.outline(at, size, GRID, 0.8);
    }
    scene
}

/// Height and width of a filter, and how many are in a row.
fn tile_size(count: usize) -> (f64, usize) {
    let mut side = LARGEST;
    loop {
        let columns = ((WIDTH - LEFT * 2.0 + GAP) / (side + GAP)) as usize;
        let rows = count.div_ceil(columns.max(1)) as f64;
        if rows * (side + GAP) <= MAX_HEIGHT || side <= 8.0 {
            return (side, columns.max(1));
        }
        side -= 2.0;
    }
}

fn picture(filters: &FirstFilters, i: usize, largest: f64) -> RgbImage {
    let (weights, plane) = (filters.filter(i), filters.height * filters.width);
    RgbImage::from_fn(filters.width as u32, filters.height as u32, |x, y| {
        let at = y as usize * filters.width + x as usize;
        Rgb([0, 1, 2].map(|c| {
            let weight = f64::from(weights[c.min(filters.channels - 1) * plane + at]);
            shade(weight / largest)
        }))
    })
}

/// A share of the largest weight, −1 to 1, as a shade.
fn shade(share: f64) -> u8 {
    ((share + 1.0) / 2.0 * 255.0).round().clamp(0.0, 255.0) as u8
}
