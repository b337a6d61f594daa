//! A decoded image set.

use super::format::DELETE_REMEDY;
use crate::DataError;
use crate::convert::picture;
use crate::parallel::in_parallel;
use convsweep_kernels::Size;
use convsweep_spec::data::DataFacts;
use image::RgbImage;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Images that a thread verifies at a time.
const IMAGES_PER_PART: usize = 1024;

/// A decoded image set. Clones share one open file, and processes share its pages in the operating
/// system's cache.
#[derive(Clone, Debug)]
pub struct ImageSet(pub(super) Arc<DecodedFile>);

/// An open decoded file.
#[derive(Debug)]
pub(super) struct DecodedFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Offset of the first pixel in the file.
    pub(super) pixels_start: u64,
    pub(super) facts: DataFacts,
    pub(super) labels: Vec<u16>,
    /// CRC-32 of each image.
    pub(super) image_checksums: Vec<u32>,
    pub(super) names: Vec<String>,
    pub(super) skipped: Vec<String>,
    pub(super) training_only: Vec<u32>,
}

impl ImageSet {
    /// Counts, classes, shape and hash.
    pub fn facts(&self) -> &DataFacts {
        &self.0.facts
    }

    /// The training images, in the source's order.
    pub fn train(&self) -> LabelledImages<'_> {
        self.images(0..self.0.facts.train_images as usize)
    }

    /// The test images; empty if the source has none and the split cuts none.
    pub fn test(&self) -> LabelledImages<'_> {
        self.images(self.0.facts.train_images as usize..self.0.labels.len())
    }

    /// Images that could not be decoded and were left out, each with the reason.
    pub fn skipped(&self) -> &[String] {
        &self.0.skipped
    }

    /// Rows of training images that never validate, ascending.
    pub fn training_only(&self) -> &[u32] {
        &self.0.training_only
    }

    /// Reads all pixels and compares them with their checksums.
    ///
    /// # Errors
    /// As [`LabelledImages::read`].
    pub(super) fn verify(&self) -> Result<(), DataError> {
        let images = self.images(0..self.0.labels.len());
        let parts = images.len().div_ceil(IMAGES_PER_PART);
        let results = in_parallel(parts, |part| {
            let first = part * IMAGES_PER_PART;
            let end = (first + IMAGES_PER_PART).min(images.len());
            let mut pixels = Vec::new();
            (first..end).try_for_each(|row| images.read(row as u32, &mut pixels))
        });
        results.into_iter().collect()
    }

    fn images(&self, rows: Range<usize>) -> LabelledImages<'_> {
        LabelledImages {
            set: &self.0,
            rows,
            size: self.size(),
        }
    }

    /// Size of every image.
    pub(crate) fn size(&self) -> Size {
        let facts = &self.0.facts;
        Size {
            channels: facts.channels as usize,
            height: facts.height as usize,
            width: facts.width as usize,
        }
    }
}

/// The training or the test images of a set, as bytes with their labels. Rows count from 0.
#[derive(Clone, Debug)]
pub struct LabelledImages<'a> {
    set: &'a DecodedFile,
    /// Which images of the set these are.
    rows: Range<usize>,
    size: Size,
}

impl<'a> LabelledImages<'a> {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// `[channels, height, width]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        [self.size.channels, self.size.height, self.size.width]
    }

    /// All labels, by row.
    pub fn labels(&self) -> &'a [u16] {
        &self.set.labels[self.rows.clone()]
    }

    /// Replaces `pixels` by those of one image, `[channels, height, width]`.
    ///
    /// # Errors
    /// `Io` if the file cannot be read, `Damaged` if the pixels have changed since they were
    /// decoded.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn read(&self, row: u32, pixels: &mut Vec<u8>) -> Result<(), DataError> {
        let row = row as usize;
        assert!(row < self.len(), "row {row} of {} images", self.len());
        let image = self.rows.start + row;
        // Old pixels are overwritten: clearing them first would cost time.
        pixels.resize(self.size.len(), 0);
        let start = self.set.pixels_start + (image * self.size.len()) as u64;
        self.set
            .file
            .read_exact_at(pixels, start)
            .map_err(DataError::io("read", &self.set.path))?;
        if crc32fast::hash(pixels) != self.set.image_checksums[image] {
            return Err(DataError::damaged(
                &self.set.path,
                format!("image {image} has changed since it was decoded{DELETE_REMEDY}"),
            ));
        }
        Ok(())
    }

    /// Pixels of one image, `[channels, height, width]`.
    ///
    /// # Errors
    /// As [`LabelledImages::read`].
    ///
    /// # Panics
    /// As [`LabelledImages::read`].
    pub fn image(&self, row: u32) -> Result<Vec<u8>, DataError> {
        let mut pixels = Vec::new();
        self.read(row, &mut pixels)?;
        Ok(pixels)
    }

    /// One image as a picture; grey becomes three equal channels.
    ///
    /// # Errors
    /// As [`LabelledImages::read`].
    ///
    /// # Panics
    /// As [`LabelledImages::read`].
    pub fn picture(&self, row: u32) -> Result<RgbImage, DataError> {
        Ok(picture(&self.image(row)?, self.shape()))
    }

    /// CRC-32 of the pixels of one image.
    pub(crate) fn checksum(&self, row: u32) -> u32 {
        self.set.image_checksums[self.rows.start + row as usize]
    }

    /// Path of one image relative to the set, if the set consists of single files.
    pub fn name(&self, row: u32) -> Option<&'a str> {
        let image = self.rows.start + row as usize;
        self.set.names.get(image).map(String::as_str)
    }
}
