//! An image set in numbers.

use super::duplicates::{Duplicates, find_duplicates};
use crate::{DataError, ImageSet, LabelledImages, mean_std};
use convsweep_spec::augment::MeanStd;
use serde::Serialize;

/// An image set in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Content hash of the source.
    pub hash: String,
    /// `[channels, height, width]` of every image.
    pub shape: [usize; 3],
    /// Class names, by label.
    pub classes: Vec<String>,
    /// The training images, before `limit` and the split.
    pub train: PartInspection,
    /// The test images.
    pub test: PartInspection,
    /// Images with exactly the same pixels as another one.
    pub duplicates: Duplicates,
    /// Images that could not be decoded and were left out, each with the reason.
    pub skipped: Vec<String>,
}

/// Training or test images in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartInspection {
    /// Number of images.
    pub images: usize,
    /// Number of images by label.
    pub per_class: Vec<usize>,
    /// Mean and standard deviation of each channel.
    pub pixels: MeanStd,
}

/// Counts, class balance, pixel statistics and exact duplicates.
///
/// # Errors
/// As [`LabelledImages::read`].
pub fn inspect(set: &ImageSet) -> Result<Inspection, DataError> {
    let facts = set.facts();
    let classes = facts.classes.len();
    Ok(Inspection {
        hash: facts.hash.clone(),
        shape: set.train().shape(),
        classes: facts.classes.clone(),
        train: inspect_part(&set.train(), classes)?,
        test: inspect_part(&set.test(), classes)?,
        duplicates: find_duplicates(set)?,
        skipped: set.skipped().to_vec(),
    })
}

fn inspect_part(images: &LabelledImages<'_>, classes: usize) -> Result<PartInspection, DataError> {
    let mut per_class = vec![0; classes];
    for label in images.labels() {
        per_class[usize::from(*label)] += 1;
    }
    let rows: Vec<u32> = (0..images.len() as u32).collect();
    Ok(PartInspection {
        images: images.len(),
        per_class,
        pixels: mean_std(images, &rows)?,
    })
}
