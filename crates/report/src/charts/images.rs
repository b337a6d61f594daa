//! Images with their predicted and true classes: a sample, and the most confident mistakes.

use super::chart::{Chart, ChartData, WIDTH};
use super::image_tile::{COLUMN_WIDTH, COLUMNS, ImageTile, WORDS};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, HEADING, Text};
use crate::job_files::{KeptImage, Predictions};
use convsweep_spec::event::Part;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Height of a block's heading.
const HEAD: f64 = 30.0;
/// Tiles of each block: as many as workers keep of each kind.
const MAX_TILES: usize = 24;

/// A grid of images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGrid {
    /// Blocks with their headings.
    pub blocks: Vec<(String, Vec<ImageTile>)>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    chart(data).into_iter().collect()
}

fn chart(data: &ChartData) -> Option<Chart> {
    let best = data.ranking.best()?;
    let run = data.ranking.shown_run()?;
    let predictions = data.files.predictions_of(run)?;
    let seed = run.job.seed;
    let grid = ImageGrid::new(data, predictions)?;
    let part = predictions.part.name();
    let title = format!("How does {} see {part} images?", best.label());
    let caption = format!(
        "Network of seed {seed}. Below each image: the predicted class and its probability; for a \
         mistake (✗) also the true class; then the image's file, or its number in the set."
    );
    let chart = Chart::new("images", title, caption, grid.scene());
    Some(chart.saying(grid.figures()))
}

impl ImageGrid {
    /// A sample in the worker's order, and the mistakes with the highest probability; `None`
    /// without images.
    pub fn new(data: &ChartData, predictions: &Predictions) -> Option<ImageGrid> {
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
                tiles(predictions.images.iter(), predictions.part, data),
            ),
            (
                "Most confident mistakes".to_string(),
                tiles(mistakes.into_iter(), predictions.part, data),
            ),
        ];
        blocks.retain(|(_, tiles)| !tiles.is_empty());
        (!blocks.is_empty()).then_some(ImageGrid { blocks })
    }

    /// How many images of each block are right, in words.
    fn figures(&self) -> String {
        let mut sentences = Vec::with_capacity(self.blocks.len());
        for (heading, tiles) in &self.blocks {
            let right = tiles
                .iter()
                .filter(|tile| tile.is_right == Some(true))
                .count();
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
            let height = ImageTile::tallest(tiles);
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
fn tiles<'a>(
    images: impl Iterator<Item = &'a KeptImage>,
    part: Part,
    data: &ChartData,
) -> Vec<ImageTile> {
    let mut seen = BTreeSet::new();
    let distinct = images.filter(|kept| seen.insert(kept.index));
    let mut tiles = Vec::new();
    for kept in distinct.take(MAX_TILES) {
        tiles.push(ImageTile::new(kept, part, data));
    }
    tiles
}

fn block_height(tiles: &[ImageTile]) -> f64 {
    let rows = tiles.len().div_ceil(COLUMNS) as f64;
    HEAD + rows * (ImageTile::tallest(tiles) + WORDS)
}
