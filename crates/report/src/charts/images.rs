//! Images with their predicted and true classes: a sample, and the most confident mistakes.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::{CORRECT, MISTAKE};
use crate::draw::font;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, HEADING, SMALL, Text};
use crate::job_files::{KeptImage, Predictions};
use crate::ranking::class_name;
use std::cmp::Ordering;
use std::collections::BTreeSet;

const COLUMNS: usize = 8;
const COLUMN_WIDTH: f64 = (WIDTH - 24.0) / COLUMNS as f64;
/// Width that a tile's image may take.
const SIDE: f64 = COLUMN_WIDTH - 14.0;
/// Height of a block's heading.
const HEAD: f64 = 30.0;
/// Height of the words below an image.
const WORDS: f64 = 36.0;
/// Tiles of each block: as many as workers keep of each kind.
const MAX_TILES: usize = 24;

/// A grid of images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGrid {
    /// Blocks with their headings.
    pub blocks: Vec<(String, Vec<ImageTile>)>,
}

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageTile {
    /// The image with its prediction.
    pub kept: KeptImage,
    /// Name of the predicted class.
    pub predicted: String,
    /// Name of the true class.
    pub truth: String,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    chart(data).into_iter().collect()
}

fn chart(data: &ChartData) -> Option<Chart> {
    let predictions = data.predictions?;
    let best = data.ranking.best()?;
    let seed = data.ranking.shown_run()?.job.seed;
    let grid = ImageGrid::new(&data.ranking.revision.classes, predictions)?;
    let part = predictions.part.name();
    let title = format!("How does {} see {part} images?", best.label());
    let caption = format!(
        "Network of seed {seed}. Below each image: the predicted class and its probability; for a \
         mistake (✗) also the true class."
    );
    let chart = Chart::new("images", title, caption, grid.scene());
    Some(chart.saying(grid.figures()))
}

impl ImageGrid {
    /// A sample in the worker's order, and the mistakes with the highest probability; `None`
    /// without images.
    pub fn new(classes: &[String], predictions: &Predictions) -> Option<ImageGrid> {
        let mut mistakes: Vec<&KeptImage> = predictions
            .images
            .iter()
            .filter(|kept| !kept.is_correct())
            .collect();
        mistakes.sort_by(by_confidence);
        let part = predictions.part.name();
        let mut blocks = vec![
            (
                format!("A sample of the {part} images"),
                tiles(predictions.images.iter(), classes),
            ),
            (
                "Most confident mistakes".to_string(),
                tiles(mistakes.into_iter(), classes),
            ),
        ];
        blocks.retain(|(_, tiles)| !tiles.is_empty());
        (!blocks.is_empty()).then_some(ImageGrid { blocks })
    }

    /// How many images of each block are right, in words.
    fn figures(&self) -> String {
        let mut sentences = Vec::with_capacity(self.blocks.len());
        for (heading, tiles) in &self.blocks {
            let right = tiles.iter().filter(|tile| tile.kept.is_correct()).count();
            sentences.push(format!("{heading}: {right} of {} are right.", tiles.len()));
        }
        sentences.join(" ")
    }

    /// Draws the blocks below each other.
    pub fn scene(&self) -> Scene {
        let blocks = self.blocks.iter();
        let heights = blocks.map(|(_, tiles)| block_height(tiles) + 6.0);
        let height = heights.sum::<f64>() + 6.0;
        let mut scene = Scene::new(WIDTH, height, "Images with predicted and true classes");
        let mut top = 4.0;
        for (heading, tiles) in &self.blocks {
            let text = Text::new((12.0, top + 18.0), heading, Anchor::Start);
            scene.text(text.size(HEADING).bold());
            let height = image_height(tiles);
            for (i, tile) in tiles.iter().enumerate() {
                let x = 12.0 + COLUMN_WIDTH * (i % COLUMNS) as f64;
                let y = top + HEAD + (height + WORDS) * (i / COLUMNS) as f64;
                tile.draw(&mut scene, (x, y), height);
            }
            top += block_height(tiles) + 6.0;
        }
        scene
    }
}

/// The highest probability first; equal ones in the order of the image set.
fn by_confidence(a: &&KeptImage, b: &&KeptImage) -> Ordering {
    let by_index = a.index.cmp(&b.index);
    b.probability.total_cmp(&a.probability).then(by_index)
}

/// The first few images, each once.
fn tiles<'a>(images: impl Iterator<Item = &'a KeptImage>, classes: &[String]) -> Vec<ImageTile> {
    let mut seen = BTreeSet::new();
    let distinct = images.filter(|kept| seen.insert(kept.index));
    let mut tiles = Vec::new();
    for kept in distinct.take(MAX_TILES) {
        tiles.push(ImageTile {
            kept: kept.clone(),
            predicted: class_name(classes, kept.predicted.into()),
            truth: class_name(classes, kept.label.into()),
        });
    }
    tiles
}

/// Height that the tallest image of a block needs, up to one and a half times the width.
fn image_height(tiles: &[ImageTile]) -> f64 {
    let mut tallest = 0.1f64;
    for tile in tiles {
        let (width, height) = tile.kept.image.dimensions();
        tallest = tallest.max(f64::from(height) / f64::from(width.max(1)));
    }
    SIDE * tallest.min(1.5)
}

fn block_height(tiles: &[ImageTile]) -> f64 {
    let rows = tiles.len().div_ceil(COLUMNS) as f64;
    HEAD + rows * (image_height(tiles) + WORDS)
}

impl ImageTile {
    fn draw(&self, scene: &mut Scene, at: (f64, f64), height: f64) {
        let (mark, color) = if self.kept.is_correct() {
            ("", CORRECT)
        } else {
            ("✗ ", MISTAKE)
        };
        let size = self.image_size(height);
        scene.pixels(at, size, self.kept.image.clone());
        let frame = (at.0 - 1.0, at.1 - 1.0);
        scene.outline(frame, (size.0 + 2.0, size.1 + 2.0), color, 1.6);
        let number = format!(" {:.0} %", self.kept.probability * 100.0);
        let taken = font::width(mark, SMALL, false) + font::width(&number, SMALL, false);
        let name = font::fit(&self.predicted, SIDE + 8.0 - taken, SMALL, false);
        let words = format!("{mark}{name}{number}");
        let text = Text::new((at.0, at.1 + height + 13.0), words, Anchor::Start);
        scene.text(text.size(SMALL).color(color));
        if !self.kept.is_correct() {
            let truth = format!("is {}", self.truth);
            let truth = font::fit(&truth, SIDE + 8.0, SMALL, false);
            let below = (at.0, at.1 + height + 25.0);
            scene.text(small(below, truth, Anchor::Start));
        }
    }

    /// Size of the image, as large as the tile allows.
    fn image_size(&self, height: f64) -> (f64, f64) {
        let (w, h) = self.kept.image.dimensions();
        let by_width = SIDE / f64::from(w.max(1));
        let by_height = height / f64::from(h.max(1));
        let zoom = by_width.min(by_height);
        (f64::from(w) * zoom, f64::from(h) * zoom)
    }
}
