//! An image with its predicted and true class.

use super::chart::{ChartData, WIDTH};
use crate::draw::color::{CORRECT, INK, MISTAKE};
use crate::draw::font;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, Text};
use crate::job_files::KeptImage;
use crate::ranking::class_name;
use convsweep_spec::event::Part;
use image::RgbImage;

/// Images in a row.
pub(super) const COLUMNS: usize = 8;
/// Distance from one image to the next.
pub(super) const COLUMN_WIDTH: f64 = (WIDTH - 24.0) / COLUMNS as f64;
/// Width that a tile's image may take.
const SIDE: f64 = COLUMN_WIDTH - 14.0;
/// Height of the words below an image.
pub(super) const WORDS: f64 = 48.0;

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageTile {
    /// The image.
    pub image: RgbImage,
    /// Name of the predicted class.
    pub predicted: String,
    /// Its probability, 0 to 1.
    pub probability: f64,
    /// Name of the true class; empty if it is not known.
    pub truth: String,
    /// Whether the prediction is right; `None` if the true class is not known.
    pub is_right: Option<bool>,
    /// Name or number of the image.
    pub name: String,
}

impl ImageTile {
    /// An image of this part with the names of its classes and its own.
    pub fn new(kept: &KeptImage, part: Part, data: &ChartData) -> ImageTile {
        let classes = &data.ranking.revision.classes;
        ImageTile {
            image: kept.image.clone(),
            predicted: class_name(classes, kept.predicted.into()),
            probability: kept.probability,
            is_right: Some(kept.is_correct()),
            truth: class_name(classes, kept.label.into()),
            name: data.files.image_name(part, kept.index),
        }
    }

    /// Height that the tallest image of `tiles` needs, up to one and a half times the width.
    pub(super) fn tallest(tiles: &[ImageTile]) -> f64 {
        let mut tallest = 0.1f64;
        for tile in tiles {
            let (width, height) = tile.image.dimensions();
            tallest = tallest.max(f64::from(height) / f64::from(width.max(1)));
        }
        SIDE * tallest.min(1.5)
    }

    /// Draws the image within `height` pixels, with its classes below.
    pub(super) fn draw(&self, scene: &mut Scene, at: (f64, f64), height: f64) {
        let (mark, color) = match self.is_right {
            Some(true) => ("", CORRECT),
            Some(false) => ("✗ ", MISTAKE),
            None => ("", INK),
        };
        let size = self.image_size(height);
        scene.pixels(at, size, self.image.clone());
        let frame = (at.0 - 1.0, at.1 - 1.0);
        scene.outline(frame, (size.0 + 2.0, size.1 + 2.0), color, 1.6);
        let number = format!(" {:.0} %", self.probability * 100.0);
        let taken = font::width(mark, SMALL, false) + font::width(&number, SMALL, false);
        let name = font::fit(&self.predicted, SIDE + 8.0 - taken, SMALL, false);
        let words = format!("{mark}{name}{number}");
        let text = Text::new((at.0, at.1 + height + 13.0), words, Anchor::Start);
        scene.text(text.size(SMALL).color(color));
        let mut y = at.1 + height + 25.0;
        if self.is_right == Some(false) {
            let truth = format!("is {}", self.truth);
            let truth = font::fit(&truth, SIDE + 8.0, SMALL, false);
            scene.text(small((at.0, y), truth, Anchor::Start));
            y += 12.0;
        }
        let name = font::fit(&self.name, SIDE + 8.0, SMALL, false);
        scene.text(small((at.0, y), name, Anchor::Start));
    }

    /// Size of the image, as large as the tile allows.
    pub(super) fn image_size(&self, height: f64) -> (f64, f64) {
        let (w, h) = self.image.dimensions();
        let by_width = SIDE / f64::from(w.max(1));
        let by_height = height / f64::from(h.max(1));
        let zoom = by_width.min(by_height);
        (f64::from(w) * zoom, f64::from(h) * zoom)
    }
}
