//! Images with exactly the same pixels.

use crate::{DataError, ImageSet, LabelledImages};
use serde::Serialize;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Images with exactly the same pixels after decoding.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Duplicates {
    /// Training images that equal an earlier training image.
    pub within_train: usize,
    /// Test images that equal an earlier test image.
    pub within_test: usize,
    /// Test images that equal a training image: a leak.
    pub between: usize,
    /// Images that equal an earlier one with another label.
    pub other_label: usize,
    /// The first few, as pairs of names: the image and the earlier one that it equals.
    pub examples: Vec<[String; 2]>,
}

/// Maximum number of pairs that are named.
const MAX_EXAMPLES: usize = 10;

/// Compares every image with all before it, training images first.
pub(super) fn find_duplicates(set: &ImageSet) -> Result<Duplicates, DataError> {
    let (train, test) = (set.train(), set.test());
    let mut found = Duplicates::default();
    let mut first_with_hash: HashMap<[u8; 32], SetImage> = HashMap::new();
    let mut test_hashes = HashSet::new();
    for image in SetImage::all(&train, false).chain(SetImage::all(&test, true)) {
        let pixels = image.images.image(image.row)?;
        let hash = *blake3::hash(&pixels).as_bytes();
        if image.is_test && !test_hashes.insert(hash) {
            found.within_test += 1;
        }
        match first_with_hash.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert(image);
            }
            Entry::Occupied(entry) => found.add(image, *entry.get()),
        }
    }
    Ok(found)
}

impl Duplicates {
    /// Counts an image that equals an earlier one. Duplicates among test images are counted
    /// elsewhere: their first equal may be a training image.
    fn add(&mut self, image: SetImage, earlier: SetImage) {
        match (image.is_test, earlier.is_test) {
            (false, _) => self.within_train += 1,
            (true, false) => self.between += 1,
            (true, true) => {}
        }
        if image.label() != earlier.label() {
            self.other_label += 1;
        }
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push([image.name(), earlier.name()]);
        }
    }
}

/// One image of a set.
#[derive(Clone, Copy)]
pub(super) struct SetImage<'a> {
    pub(super) images: &'a LabelledImages<'a>,
    pub(super) is_test: bool,
    pub(super) row: u32,
}

impl<'a> SetImage<'a> {
    pub(super) fn all(
        images: &'a LabelledImages<'a>,
        is_test: bool,
    ) -> impl Iterator<Item = SetImage<'a>> {
        (0..images.len() as u32).map(move |row| SetImage {
            images,
            is_test,
            row,
        })
    }

    pub(super) fn label(&self) -> u16 {
        self.images.labels()[self.row as usize]
    }

    /// The image's path, or `train` or `test` with its row.
    pub(super) fn name(&self) -> String {
        if let Some(name) = self.images.name(self.row) {
            return name.to_string();
        }
        let part = if self.is_test { "test" } else { "train" };
        format!("{part} {}", self.row)
    }
}
