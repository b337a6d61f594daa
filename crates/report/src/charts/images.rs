//! Images with what the network took them for: a sample, and the mistakes that it was surest of.

use super::{Chart, WIDTH};
use crate::draw::color::{Color, MUTED, RIGHT, WRONG};
use crate::draw::scene::{Anchor, HEADING, Item, SMALL, Scene, Text};
use crate::draw::text;
use crate::predictions::{Predictions, Shown};
use crate::standing::Standing;

/// A grid of images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGrid {
    /// Blocks with their headings.
    pub blocks: Vec<(String, Vec<Tile>)>,
}

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The image with its numbers.
    pub shown: Shown,
    /// Name of the predicted class.
    pub predicted: String,
    /// Name of the true class.
    pub truth: String,
}

const COLUMNS: usize = 8;
/// Tiles of each block: as many as workers keep of each kind.
const MOST: usize = 24;

/// The chart; `None` where the worker kept no images.
pub fn chart(standing: &Standing, predictions: &Predictions) -> Option<Chart> {
    let grid = ImageGrid::new(&standing.revision.classes, predictions)?;
    let best = standing.best()?;
    let seed = best.finished().next()?.job.seed;
    Some(Chart {
        name: "images".into(),
        title: format!(
            "{} images as {} sees them",
            capitalised(predictions.part.name()),
            best.label()
        ),
        caption: format!(
            "Network of seed {seed}. Below each image: the predicted class and the probability given to it; for a mistake (✗) also the true class."
        ),
        scene: grid.scene(),
    })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

impl ImageGrid {
    /// A sample in the worker's order, and the mistakes with the highest probability; `None`
    /// without images.
    pub fn new(classes: &[String], predictions: &Predictions) -> Option<ImageGrid> {
        let name = |i: u16| {
            classes
                .get(usize::from(i))
                .cloned()
                .unwrap_or_else(|| i.to_string())
        };
        let tile = |s: &Shown| Tile {
            shown: s.clone(),
            predicted: name(s.predicted),
            truth: name(s.label),
        };
        let mut mistakes: Vec<&Shown> = predictions.shown.iter().filter(|s| !s.right()).collect();
        mistakes.sort_by(|a, b| {
            b.probability
                .total_cmp(&a.probability)
                .then(a.index.cmp(&b.index))
        });
        let mut seen = std::collections::BTreeSet::new();
        mistakes.retain(|s| seen.insert(s.index));
        let mut seen = std::collections::BTreeSet::new();
        let sample: Vec<Tile> = predictions
            .shown
            .iter()
            .filter(|s| seen.insert(s.index))
            .take(MOST)
            .map(tile)
            .collect();
        let mistakes: Vec<Tile> = mistakes.into_iter().take(MOST).map(tile).collect();
        let part = predictions.part.name();
        let blocks = [
            (format!("A sample of the {part} images"), sample),
            ("The surest mistakes".to_string(), mistakes),
        ];
        let blocks: Vec<_> = blocks
            .into_iter()
            .filter(|(_, tiles)| !tiles.is_empty())
            .collect();
        (!blocks.is_empty()).then_some(ImageGrid { blocks })
    }

    /// Draws the blocks below each other.
    pub fn scene(&self) -> Scene {
        let column = (WIDTH - 24.0) / COLUMNS as f64;
        let side = column - 14.0;
        let tall = |tiles: &[Tile]| {
            let ratio = |t: &Tile| {
                f64::from(t.shown.image.height()) / f64::from(t.shown.image.width().max(1))
            };
            side * tiles.iter().map(ratio).fold(0.1f64, f64::max).min(1.5)
        };
        let block =
            |tiles: &[Tile]| 30.0 + tiles.len().div_ceil(COLUMNS) as f64 * (tall(tiles) + 36.0);
        let height = self.blocks.iter().map(|(_, t)| block(t) + 6.0).sum::<f64>() + 6.0;
        let mut scene = Scene::new(WIDTH, height, "Images with predicted and true classes");
        let mut top = 4.0;
        for (heading, tiles) in &self.blocks {
            scene.text(
                Text::new((12.0, top + 18.0), heading, Anchor::Start)
                    .size(HEADING)
                    .bold(),
            );
            let row = tall(tiles) + 36.0;
            for (i, tile) in tiles.iter().enumerate() {
                let at = (
                    12.0 + column * (i % COLUMNS) as f64,
                    top + 30.0 + row * (i / COLUMNS) as f64,
                );
                draw(&mut scene, tile, at, (side, tall(tiles)));
            }
            top += block(tiles) + 6.0;
        }
        scene
    }
}

fn draw(scene: &mut Scene, tile: &Tile, at: (f64, f64), (side, height): (f64, f64)) {
    let (w, h) = tile.shown.image.dimensions();
    let zoom = (side / f64::from(w.max(1))).min(height / f64::from(h.max(1)));
    let size = (f64::from(w) * zoom, f64::from(h) * zoom);
    scene.items.push(Item::Pixels {
        at,
        size,
        image: tile.shown.image.clone(),
    });
    let (mark, color): (&str, Color) = if tile.shown.right() {
        ("", RIGHT)
    } else {
        ("✗ ", WRONG)
    };
    scene.outline(
        (at.0 - 1.0, at.1 - 1.0),
        (size.0 + 2.0, size.1 + 2.0),
        color,
        1.6,
    );
    let number = format!(" {:.0} %", tile.shown.probability * 100.0);
    let room = side + 8.0 - text::width(mark, SMALL, false) - text::width(&number, SMALL, false);
    let name = text::fit(&tile.predicted, room, SMALL, false);
    scene.text(
        Text::new(
            (at.0, at.1 + height + 13.0),
            format!("{mark}{name}{number}"),
            Anchor::Start,
        )
        .size(SMALL)
        .color(color),
    );
    if !tile.shown.right() {
        let truth = text::fit(&format!("is {}", tile.truth), side + 8.0, SMALL, false);
        scene.text(
            Text::new((at.0, at.1 + height + 25.0), truth, Anchor::Start)
                .size(SMALL)
                .color(MUTED),
        );
    }
}
