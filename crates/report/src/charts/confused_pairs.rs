//! The pairs of classes that the chosen configuration confuses most, with pictures.

use super::chart::{Chart, ChartData, WIDTH};
use super::image_tile::{COLUMN_WIDTH, COLUMNS, ImageTile, WORDS};
use crate::draw::font;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, HEADING, Text};
use crate::job_files::KeptImage;
use crate::ranking::{ConfusedPair, ConfusionMatrix};
use convsweep_spec::event::Part;
use std::collections::BTreeSet;

/// Pairs that are shown.
const PAIRS: usize = 6;
/// Width of a class' name in a heading.
const NAME: f64 = 100.0;
/// Height of a pair's heading.
const HEAD: f64 = 30.0;

/// The pairs, the most confused first.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusedPairs {
    /// The pairs with their pictures.
    pub pairs: Vec<PairRow>,
}

/// Two classes with images of one that were taken for the other.
#[derive(Clone, Debug, PartialEq)]
pub struct PairRow {
    /// The two classes and how many images of each were taken for the other.
    pub heading: String,
    /// Images, the surest mistakes first.
    pub tiles: Vec<ImageTile>,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let (Some(best), Some(matrix)) = (data.ranking.best(), &data.confusion) else {
        return Vec::new();
    };
    let Some(pairs) = ConfusedPairs::new(data, matrix) else {
        return Vec::new();
    };
    let caption = format!(
        "Pairs of classes ordered by the number of {} images of one that were taken for the other, \
         over {}. Pictures: such mistakes, the surest first. Only some pictures are kept: of each \
         run a sample of the images and its surest mistakes, and of at most eight runs.",
        matrix.part.name(),
        data.ranking.unit.count(matrix.runs)
    );
    let title = format!(
        "What do the classes look like that {} confuses most?",
        best.label()
    );
    let chart = Chart::new("confused-pairs", title, caption, pairs.scene());
    vec![chart.saying(pairs.figures())]
}

impl ConfusedPairs {
    /// The most confused pairs; `None` if no picture of any was kept.
    pub fn new(data: &ChartData, matrix: &ConfusionMatrix) -> Option<ConfusedPairs> {
        let mut mistakes = Vec::new();
        for run in &data.files.predictions {
            if run.predictions.part == matrix.part {
                let images = run.predictions.images.iter();
                mistakes.extend(images.filter(|kept| !kept.is_correct()));
            }
        }
        mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let mut pairs = Vec::new();
        for pair in matrix.pairs(PAIRS) {
            pairs.push(PairRow {
                heading: heading(&pair, matrix),
                tiles: tiles(&pair, &mistakes, matrix.part, data),
            });
        }
        let has_pictures = pairs.iter().any(|pair| !pair.tiles.is_empty());
        has_pictures.then_some(ConfusedPairs { pairs })
    }

    fn figures(&self) -> String {
        let pairs = self.pairs.iter().map(|pair| {
            let count = pair.tiles.len();
            format!("{}, {count} pictures.", pair.heading)
        });
        pairs.collect::<Vec<String>>().join(" ")
    }

    /// Draws a row for each pair.
    pub fn scene(&self) -> Scene {
        let heights = self.pairs.iter().map(PairRow::height);
        let mut scene = Scene::new(WIDTH, heights.sum::<f64>() + 8.0, "Most confused pairs");
        let mut top = 2.0;
        for pair in &self.pairs {
            let at = (12.0, top + 18.0);
            let heading = Text::new(at, &pair.heading, Anchor::Start);
            scene.text(heading.size(HEADING).bold());
            for (i, tile) in pair.tiles.iter().enumerate() {
                let at = (12.0 + COLUMN_WIDTH * i as f64, top + HEAD);
                tile.draw(&mut scene, at, ImageTile::tallest(&pair.tiles));
            }
            if pair.tiles.is_empty() {
                let at = (12.0, top + HEAD + 6.0);
                scene.text(small(
                    at,
                    "no picture of such a mistake was kept",
                    Anchor::Start,
                ));
            }
            top += pair.height();
        }
        scene
    }
}

impl PairRow {
    fn height(&self) -> f64 {
        if self.tiles.is_empty() {
            HEAD + 14.0
        } else {
            HEAD + ImageTile::tallest(&self.tiles) + WORDS
        }
    }
}

/// `121 of 600 cat → dog, 99 of 600 dog → cat`.
fn heading(pair: &ConfusedPair, matrix: &ConfusionMatrix) -> String {
    let [a, b] = pair.classes;
    let direction = |from: usize, to: usize| {
        let (count, images) = (
            matrix.counts[from][to],
            matrix.counts[from].iter().sum::<u64>(),
        );
        let name = |class: usize| font::fit(&matrix.classes[class], NAME, HEADING, true);
        let (from, to) = (name(from), name(to));
        format!("{count} of {images} {from} → {to}")
    };
    format!("{}, {}", direction(a, b), direction(b, a))
}

/// Pictures of mistakes between the two classes, each image once.
fn tiles(
    pair: &ConfusedPair,
    mistakes: &[&KeptImage],
    part: Part,
    data: &ChartData,
) -> Vec<ImageTile> {
    let mut seen = BTreeSet::new();
    let mut tiles = Vec::new();
    for kept in mistakes {
        let (label, predicted) = (usize::from(kept.label), usize::from(kept.predicted));
        let is_pair = pair.classes == [label, predicted] || pair.classes == [predicted, label];
        if is_pair && tiles.len() < COLUMNS && seen.insert(kept.index) {
            tiles.push(ImageTile::new(kept, part, data));
        }
    }
    tiles
}
