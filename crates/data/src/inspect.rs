//! What an image set looks like in numbers.

use crate::{DataError, ImageSet, Images, MeanStd, mean_std};
use serde::Serialize;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

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

/// Images with exactly the same pixels, as decoded.
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

/// Counts, class balance, pixel statistics and exact duplicates.
///
/// # Errors
/// As [`Images::read`].
pub fn inspect(set: &ImageSet) -> Result<Inspection, DataError> {
    let facts = set.facts();
    Ok(Inspection {
        hash: facts.hash.clone(),
        shape: set.train().shape(),
        classes: facts.classes.clone(),
        train: part(&set.train(), facts.classes.len())?,
        test: part(&set.test(), facts.classes.len())?,
        duplicates: duplicates(set)?,
        skipped: set.skipped().to_vec(),
    })
}

fn part(images: &Images<'_>, classes: usize) -> Result<PartInspection, DataError> {
    let mut per_class = vec![0; classes];
    images
        .labels()
        .iter()
        .for_each(|label| per_class[usize::from(*label)] += 1);
    let rows: Vec<u32> = (0..images.len() as u32).collect();
    Ok(PartInspection {
        images: images.len(),
        per_class,
        pixels: mean_std(images, &rows)?,
    })
}

/// At most so many pairs are named.
const EXAMPLES: usize = 10;

fn duplicates(set: &ImageSet) -> Result<Duplicates, DataError> {
    let mut found = Duplicates::default();
    let (train, test) = (
        Named {
            part: "train",
            images: set.train(),
        },
        Named {
            part: "test",
            images: set.test(),
        },
    );
    let mut first: HashMap<[u8; 32], (&Named, u32)> = HashMap::new();
    let mut seen_in_test = HashSet::new();
    for (here, row) in train.rows().chain(test.rows()) {
        let hash = *blake3::hash(&here.images.image(row)?).as_bytes();
        let in_test = here.part == "test";
        if in_test && !seen_in_test.insert(hash) {
            found.within_test += 1;
        }
        let (there, earlier) = match first.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert((here, row));
                continue;
            }
            Entry::Occupied(entry) => *entry.get(),
        };
        match (in_test, there.part) {
            (false, _) => found.within_train += 1,
            (true, "train") => found.between += 1,
            _ => {}
        }
        if here.label(row) != there.label(earlier) {
            found.other_label += 1;
        }
        if found.examples.len() < EXAMPLES {
            found.examples.push([here.name(row), there.name(earlier)]);
        }
    }
    Ok(found)
}

struct Named<'a> {
    part: &'static str,
    images: Images<'a>,
}

impl Named<'_> {
    fn rows(&self) -> impl Iterator<Item = (&Self, u32)> {
        (0..self.images.len() as u32).map(move |row| (self, row))
    }

    fn label(&self, row: u32) -> u16 {
        self.images.labels()[row as usize]
    }

    fn name(&self, row: u32) -> String {
        self.images
            .name(row)
            .map_or_else(|| format!("{} {row}", self.part), str::to_string)
    }
}
