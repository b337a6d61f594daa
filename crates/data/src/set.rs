//! A decoded image set.

use crate::DataError;
use convsweep_kernels::Size;
use convsweep_spec::data::DataFacts;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// A decoded image set, shared between clones and, through the operating system's cache of its
/// file, between processes.
#[derive(Clone, Debug)]
pub struct ImageSet(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// Where the pixels begin in the file.
    pub(crate) pixels: u64,
    pub(crate) facts: DataFacts,
    pub(crate) labels: Vec<u16>,
    /// CRC-32 of each image.
    pub(crate) sums: Vec<u32>,
    pub(crate) names: Vec<String>,
    pub(crate) skipped: Vec<String>,
}

impl ImageSet {
    /// Counts, classes, shape and hash.
    pub fn facts(&self) -> &DataFacts {
        &self.0.facts
    }

    /// The training images, in the source's order.
    pub fn train(&self) -> Images<'_> {
        self.images(0..self.0.facts.train_images as usize)
    }

    /// The test images; none where the source has none and the split cuts none.
    pub fn test(&self) -> Images<'_> {
        self.images(self.0.facts.train_images as usize..self.0.labels.len())
    }

    /// Images that could not be decoded and were left out, each with the reason.
    pub fn skipped(&self) -> &[String] {
        &self.0.skipped
    }

    fn images(&self, rows: Range<usize>) -> Images<'_> {
        Images {
            set: &self.0,
            rows,
            size: self.size(),
        }
    }

    pub(crate) fn size(&self) -> Size {
        let facts = &self.0.facts;
        Size {
            channels: facts.channels as usize,
            height: facts.height as usize,
            width: facts.width as usize,
        }
    }
}

/// Images of one shape as bytes, and their labels.
#[derive(Clone, Debug)]
pub struct Images<'a> {
    set: &'a Inner,
    rows: Range<usize>,
    size: Size,
}

impl<'a> Images<'a> {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
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
    /// `Io` where the file cannot be read, `Damaged` where the image is not what was decoded.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn read(&self, row: u32, pixels: &mut Vec<u8>) -> Result<(), DataError> {
        let (row, path) = (row as usize, &self.set.path);
        assert!(row < self.len(), "row {row} of {} images", self.len());
        let image = self.rows.start + row;
        // Read into what is there: zeros would be written for nothing.
        pixels.resize(self.size.len(), 0);
        let from = self.set.pixels + (image * self.size.len()) as u64;
        self.set
            .file
            .read_exact_at(pixels, from)
            .map_err(DataError::io("read", path))?;
        if crc32fast::hash(pixels) != self.set.sums[image] {
            let what = format!(
                "image {image} has not the bytes that were decoded; delete the file, it is made anew"
            );
            return Err(DataError::damaged(path, what));
        }
        Ok(())
    }

    /// Pixels of one image, `[channels, height, width]`.
    ///
    /// # Errors
    /// As [`Images::read`].
    ///
    /// # Panics
    /// As [`Images::read`].
    pub fn image(&self, row: u32) -> Result<Vec<u8>, DataError> {
        let mut pixels = Vec::new();
        self.read(row, &mut pixels)?;
        Ok(pixels)
    }

    /// Path of one image relative to the set, for sets of single files.
    pub fn name(&self, row: u32) -> Option<&'a str> {
        self.set
            .names
            .get(self.rows.start + row as usize)
            .map(String::as_str)
    }
}
