//! A picture of what a layer makes of images.

use crate::draw::color::{GRID, INK, MUTED};
use crate::draw::font;
use crate::draw::gradient::sequential;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text};
use image::{Rgb, RgbImage};

/// Planes that are drawn of an image at most.
pub const MOST_PLANES: usize = 32;
/// Planes in a row.
const COLUMNS: usize = 8;
/// Width of an image; the height of the two rows of planes beside it.
const SIDE: f64 = 150.0;
/// Width and height of a plane.
const PLANE: f64 = 71.0;
const GAP: f64 = 8.0;
const MARGIN: f64 = 14.0;
/// Height of the heading.
const HEAD: f64 = 28.0;
/// Height of the words below an image.
const WORDS: f64 = 26.0;
/// Height of the colour bar with its words.
const BAR: f64 = 46.0;

/// An image with the first planes of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivationTile {
    /// The image as the network reads it.
    pub image: RgbImage,
    /// Its name.
    pub name: String,
    /// Height and width of a plane.
    pub sides: [usize; 2],
    /// The planes, one after the other, row by row.
    pub values: Vec<f32>,
}

impl ActivationTile {
    fn planes(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        let [height, width] = self.sides;
        let planes = self.values.chunks((height * width).max(1));
        planes.take(MOST_PLANES)
    }

    /// Height of the picture's part for this image.
    fn height(&self) -> f64 {
        let rows = self.planes().len().div_ceil(COLUMNS) as f64;
        SIDE.max(rows * (PLANE + GAP) - GAP) + WORDS
    }
}

/// A row for each image: itself, then the planes in the order of the layer. All have one scale of
/// colours, so that they can be compared.
pub fn layer_activations(heading: &str, tiles: &[ActivationTile]) -> Scene {
    let range = range(tiles);
    let left = MARGIN + SIDE + 2.0 * GAP;
    let width = left + COLUMNS as f64 * (PLANE + GAP) - GAP + MARGIN;
    let rows: f64 = tiles.iter().map(|tile| tile.height() + GAP).sum();
    let height = 2.0 * MARGIN + HEAD + rows + BAR;
    let mut scene = Scene::new(width, height, heading);
    let words = font::fit(heading, width - 2.0 * MARGIN, TEXT, true);
    let at = (MARGIN, MARGIN + TEXT);
    scene.text(Text::new(at, words, Anchor::Start).bold().color(INK));
    let mut top = MARGIN + HEAD;
    for tile in tiles {
        scene.pixels((MARGIN, top), (SIDE, SIDE), tile.image.clone());
        let name = font::fit(&tile.name, SIDE, SMALL, false);
        let name = Text::new((MARGIN, top + SIDE + 14.0), name, Anchor::Start);
        scene.text(name.size(SMALL).color(MUTED));
        for (i, plane) in tile.planes().enumerate() {
            let x = left + (i % COLUMNS) as f64 * (PLANE + GAP);
            let y = top + (i / COLUMNS) as f64 * (PLANE + GAP);
            let [rows, columns] = tile.sides;
            let longest = rows.max(columns) as f64;
            let size = (
                PLANE * columns as f64 / longest,
                PLANE * rows as f64 / longest,
            );
            scene.pixels((x, y), size, coloured(plane, tile.sides, range));
            scene.outline((x, y), size, GRID, 0.8);
        }
        top += tile.height() + GAP;
    }
    color_bar(&mut scene, (MARGIN, top), range);
    scene
}

/// The smallest and the largest value; 0 is one of those between.
fn range(tiles: &[ActivationTile]) -> [f32; 2] {
    let mut range = [0.0f32; 2];
    for value in tiles.iter().flat_map(|tile| tile.planes()).flatten() {
        if value.is_finite() {
            range = [range[0].min(*value), range[1].max(*value)];
        }
    }
    range
}

fn coloured(values: &[f32], [_, width]: [usize; 2], [low, high]: [f32; 2]) -> RgbImage {
    let rows = values.len() / width.max(1);
    RgbImage::from_fn(width as u32, rows as u32, |x, y| {
        let value = values[y as usize * width + x as usize];
        let share = match high > low {
            true => (value - low) / (high - low),
            false => 0.0,
        };
        let color = sequential(f64::from(share));
        Rgb([color.0, color.1, color.2])
    })
}

/// What the colours mean.
fn color_bar(scene: &mut Scene, (x, y): (f64, f64), [low, high]: [f32; 2]) {
    let shares: Vec<f32> = (0..SIDE as u16).map(f32::from).collect();
    let bar = coloured(&shares, [1, shares.len()], [0.0, SIDE as f32 - 1.0]);
    scene.pixels((x, y), (SIDE, 10.0), bar);
    for (at, value, anchor) in [(x, low, Anchor::Start), (x + SIDE, high, Anchor::End)] {
        let text = Text::new((at, y + 24.0), format!("{value:.3}"), anchor);
        scene.text(text.size(SMALL).color(MUTED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::render::svg;

    #[test]
    fn planes_share_one_scale_that_has_zero_in_it() {
        let tile = |values: Vec<f32>| ActivationTile {
            image: RgbImage::from_pixel(2, 2, Rgb([9; 3])),
            name: "a.png".into(),
            sides: [1, 2],
            values,
        };
        let tiles = [tile(vec![1.0, 2.0, 0.5, 4.0]), tile(vec![-1.5, f32::NAN])];
        assert_eq!(range(&tiles), [-1.5, 4.0]);
        assert_eq!(range(&tiles[..1]), [0.0, 4.0]);
        let drawn = coloured(&[-1.5, 4.0], [1, 2], [-1.5, 4.0]);
        let ends = [sequential(0.0), sequential(1.0)].map(|c| Rgb([c.0, c.1, c.2]));
        assert_eq!([*drawn.get_pixel(0, 0), *drawn.get_pixel(1, 0)], ends);
        let words = svg(&layer_activations("conv1: 2 planes", &tiles)).expect("draws");
        for text in ["conv1: 2 planes", "a.png", "-1.500", "4.000"] {
            assert!(words.contains(text), "{text}");
        }
    }
}
