//! A decoded image set.

use convsweep_kernels::Size;
use convsweep_spec::data::DataFacts;
use memmap2::Mmap;
use std::ops::Range;
use std::sync::Arc;

/// A decoded image set, shared between clones and, through the operating system, between processes.
#[derive(Clone, Debug)]
pub struct ImageSet(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) map: Mmap,
    pub(crate) facts: DataFacts,
    pub(crate) train: Range<usize>,
    pub(crate) test: Range<usize>,
    pub(crate) labels: Vec<u16>,
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
        self.images(0, self.0.train.clone())
    }

    /// The test images; none where the source has none and the split cuts none.
    pub fn test(&self) -> Images<'_> {
        self.images(self.0.facts.train_images as usize, self.0.test.clone())
    }

    /// Images that could not be decoded and were left out, each with the reason.
    pub fn skipped(&self) -> &[String] {
        &self.0.skipped
    }

    fn images(&self, first: usize, bytes: Range<usize>) -> Images<'_> {
        let size = self.size();
        let rows = first..first + bytes.len() / size.len();
        Images {
            bytes: &self.0.map[bytes],
            labels: &self.0.labels[rows.clone()],
            names: self.0.names.get(rows).unwrap_or_default(),
            size,
        }
    }

    pub(crate) fn size(&self) -> Size {
        let facts = &self.0.facts;
        Size { channels: facts.channels as usize, height: facts.height as usize, width: facts.width as usize }
    }
}

/// Images of one shape as bytes, and their labels.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) labels: &'a [u16],
    pub(crate) names: &'a [String],
    pub(crate) size: Size,
}

impl<'a> Images<'a> {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// `[channels, height, width]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        [self.size.channels, self.size.height, self.size.width]
    }

    /// All pixels, `[images, channels, height, width]`.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// All labels, by row.
    pub fn labels(&self) -> &'a [u16] {
        self.labels
    }

    /// Pixels of one image, `[channels, height, width]`.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn image(&self, row: u32) -> &'a [u8] {
        &self.bytes[row as usize * self.size.len()..][..self.size.len()]
    }

    /// Path of one image relative to the set, for sets of single files.
    pub fn name(&self, row: u32) -> Option<&'a str> {
        self.names.get(row as usize).map(String::as_str)
    }
}
