//! Pictures of an image set, and of what augmentation makes of it.

use crate::{Batcher, DataError, ImageSet, Subsets, fit};
use convsweep_spec::augment::AugmentSpec;
use convsweep_spec::random::{Purpose, shuffled};
use image::imageops::{FilterType, overlay, resize};
use image::{Rgb, RgbImage};
use std::path::Path;

/// Images of a preview.
const IMAGES: usize = 16;
/// Draws of each.
const DRAWS: u32 = 6;
/// Images of each class in a picture of a set.
const PER_CLASS: usize = 10;
/// Pixels between images, and between groups of them.
const GAP: u32 = 4;
const WIDE_GAP: u32 = 16;
/// Small images are shown at least this large.
const LEAST_SIDE: u32 = 64;

/// Writes a PNG with sixteen training images and, right of each, what the augmentation makes of it
/// in six epochs.
///
/// # Errors
/// As [`Batcher::new`] and [`Images::read`](crate::Images::read); `Io` where the file cannot be
/// written.
pub fn preview(
    set: &ImageSet,
    augment: &AugmentSpec,
    parts: &Subsets,
    seed: u64,
    path: &Path,
) -> Result<(), DataError> {
    let batcher = Batcher::new(set, augment, parts)?;
    let mut rows = shuffled(Purpose::Preview, &[seed], parts.train.iter().copied());
    rows.truncate(IMAGES);
    let mut cells = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        let (line, half) = (i as u32 / 2, i as u32 % 2);
        let column = half * (DRAWS + 1);
        cells.push(Cell {
            line,
            column,
            wide_gaps: 2 * half,
            image: set.train().image(row)?,
        });
        for epoch in 0..DRAWS {
            let image = batcher.augmented(seed, epoch, row)?;
            cells.push(Cell {
                line,
                column: column + 1 + epoch,
                wide_gaps: 2 * half + 1,
                image,
            });
        }
    }
    sheet(set, &cells, path)
}

/// Writes a PNG with the first ten training images of every class, a line for each class.
///
/// # Errors
/// As [`Images::read`](crate::Images::read); `Io` where the file cannot be written.
pub fn picture(set: &ImageSet, path: &Path) -> Result<(), DataError> {
    let images = set.train();
    let mut shown = vec![0; set.facts().classes.len()];
    let mut cells = Vec::new();
    for (row, &label) in images.labels().iter().enumerate() {
        let column = &mut shown[usize::from(label)];
        if *column < PER_CLASS {
            let image = images.image(row as u32)?;
            cells.push(Cell {
                line: u32::from(label),
                column: *column as u32,
                wide_gaps: 0,
                image,
            });
            *column += 1;
        }
    }
    sheet(set, &cells, path)
}

/// An image, `[channels, height, width]`, at its place in a picture.
struct Cell {
    line: u32,
    column: u32,
    /// Wide gaps left of it.
    wide_gaps: u32,
    image: Vec<u8>,
}

fn sheet(set: &ImageSet, cells: &[Cell], path: &Path) -> Result<(), DataError> {
    let [channels, height, width] = set.train().shape().map(|n| n as u32);
    let factor = LEAST_SIDE.div_ceil(height.min(width));
    let (cell_width, cell_height) = (width * factor, height * factor);
    let place = |cell: &Cell| {
        let left = GAP + cell.column * (cell_width + GAP) + cell.wide_gaps * (WIDE_GAP - GAP);
        (left, GAP + cell.line * (cell_height + GAP))
    };
    let right = cells.iter().map(|cell| place(cell).0).max().unwrap_or(0) + cell_width + GAP;
    let bottom = cells.iter().map(|cell| place(cell).1).max().unwrap_or(0) + cell_height + GAP;
    let mut sheet = RgbImage::from_pixel(right, bottom, Rgb([255; 3]));
    for cell in cells {
        let (left, top) = place(cell);
        let image = fit::from_planes(&cell.image, channels as usize, height, width).into_rgb8();
        let image = resize(&image, cell_width, cell_height, FilterType::Nearest);
        overlay(&mut sheet, &image, i64::from(left), i64::from(top));
    }
    sheet
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|e| match e {
            image::ImageError::IoError(e) => DataError::io("write", path)(e),
            e => DataError::Invalid(format!("cannot draw {}: {e}", path.display())),
        })
}
