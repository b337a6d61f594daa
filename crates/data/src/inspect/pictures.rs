//! Pictures of an image set and of its augmentation.

use super::sheet::{SheetCell, write_sheet};
use crate::{Batcher, DataError, ImageSet, Subsets};
use convsweep_spec::augment::AugmentSpec;
use convsweep_spec::random::{Purpose, shuffled};
use std::path::Path;

/// Images of a preview.
const PREVIEW_IMAGES: usize = 16;
/// Augmented versions of each.
const PREVIEW_EPOCHS: u32 = 6;

/// Writes a PNG of sixteen training images, each followed by its augmented versions in six epochs.
///
/// # Errors
/// As [`Batcher::new`] and [`LabelledImages::read`](crate::LabelledImages::read); `Io` if the file
/// cannot be written.
pub fn preview(
    set: &ImageSet,
    augment: &AugmentSpec,
    subsets: &Subsets,
    seed: u64,
    path: &Path,
) -> Result<(), DataError> {
    let batcher = Batcher::new(set, augment, subsets)?;
    let mut rows = shuffled(Purpose::Preview, &[seed], subsets.train.iter().copied());
    rows.truncate(PREVIEW_IMAGES);
    let mut cells = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        // Two images to a line, each with its versions to the right.
        let (line, half) = (i as u32 / 2, i as u32 % 2);
        let column = half * (PREVIEW_EPOCHS + 1);
        cells.push(SheetCell {
            line,
            column,
            wide_gaps: 2 * half,
            image: set.train().image(row)?,
        });
        for epoch in 0..PREVIEW_EPOCHS {
            cells.push(SheetCell {
                line,
                column: column + 1 + epoch,
                wide_gaps: 2 * half + 1,
                image: batcher.augmented(seed, epoch, row)?,
            });
        }
    }
    write_sheet(set, &cells, path)
}
