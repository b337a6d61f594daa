//! Many images in one picture.

use crate::convert::from_planes;
use crate::{DataError, ImageSet};
use image::imageops::{FilterType, overlay, resize};
use image::{ImageError, ImageFormat, Rgb, RgbImage};
use std::path::Path;

/// Pixels between images.
const GAP: u32 = 4;
/// Pixels between groups of images.
const WIDE_GAP: u32 = 16;
/// Smaller images are enlarged to at least this side.
const MIN_SIDE: u32 = 64;

/// An image, `[channels, height, width]`, and its place on a sheet.
pub(super) struct SheetCell {
    pub(super) line: u32,
    pub(super) column: u32,
    /// Number of wide gaps to its left.
    pub(super) wide_gaps: u32,
    pub(super) image: Vec<u8>,
}

/// Writes the images of a set as a PNG.
pub(super) fn write_sheet(
    set: &ImageSet,
    cells: &[SheetCell],
    path: &Path,
) -> Result<(), DataError> {
    let [channels, height, width] = set.train().shape().map(|n| n as u32);
    let factor = MIN_SIDE.div_ceil(height.min(width));
    let (cell_width, cell_height) = (width * factor, height * factor);
    let place = |cell: &SheetCell| {
        let left = GAP + cell.column * (cell_width + GAP) + cell.wide_gaps * (WIDE_GAP - GAP);
        (left, GAP + cell.line * (cell_height + GAP))
    };
    let right = cells.iter().map(|cell| place(cell).0).max().unwrap_or(0) + cell_width + GAP;
    let bottom = cells.iter().map(|cell| place(cell).1).max().unwrap_or(0) + cell_height + GAP;
    let mut sheet = RgbImage::from_pixel(right, bottom, Rgb([255; 3]));
    for cell in cells {
        let (left, top) = place(cell);
        let image = from_planes(&cell.image, channels as usize, height, width).into_rgb8();
        let image = resize(&image, cell_width, cell_height, FilterType::Nearest);
        overlay(&mut sheet, &image, i64::from(left), i64::from(top));
    }
    sheet
        .save_with_format(path, ImageFormat::Png)
        .map_err(|error| match error {
            ImageError::IoError(e) => DataError::io("write", path)(e),
            e => DataError::Invalid(format!("cannot draw {}: {e}", path.display())),
        })
}
