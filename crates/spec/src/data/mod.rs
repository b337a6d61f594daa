//! The image set of a job and how it is split.

mod choices;
mod preparation;
mod reading;
mod source;

use crate::hex;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

pub use choices::{Copies, EmptyClasses, Luma};
pub use preparation::ImagePreparation;
pub use reading::{LeftOut, ReadPlace, SetReading};
pub use source::{Column, ImageTable, PartNames, SetPart, Shapes, Source};

/// Resolved `[data]`: the images, their size and their split. The folder that holds them is not
/// part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSpec {
    /// Where the images come from.
    pub source: Source,
    /// How the training images are divided.
    pub split: Split,
    /// Stratified subset of the training images, taken before the split; all of them if `None`.
    pub limit: Option<u32>,
    /// Size of every image; `None` keeps the source's own.
    pub resize: Option<Resize>,
    /// 1 (grey) or 3 (RGB); `None` keeps the source's own.
    pub channels: Option<u8>,
    /// What to do with an image of a folder that cannot be decoded.
    pub damaged: Damaged,
    /// How colours become grey, where `channels` asks for it.
    #[serde(default, skip_serializing_if = "Luma::is_neutral")]
    pub luma: Luma,
    /// Colour behind transparent pixels, as red, green and blue; white if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<[u8; 3]>,
    /// What to do with a class without images.
    #[serde(default, skip_serializing_if = "EmptyClasses::is_neutral")]
    pub empty_classes: EmptyClasses,
    /// What to do with an image that is in two parts of the split, or under two labels.
    #[serde(default, skip_serializing_if = "Copies::is_neutral")]
    pub duplicates: Copies,
}

impl DataSpec {
    /// All images of `source` in their own size and channels; damaged ones are refused.
    pub fn new(source: Source, split: Split) -> Self {
        DataSpec {
            source,
            split,
            limit: None,
            resize: None,
            channels: None,
            damaged: Damaged::Refuse,
            luma: Luma::default(),
            background: None,
            empty_classes: EmptyClasses::default(),
            duplicates: Copies::default(),
        }
    }
}

/// How the training images are divided. The test images are not affected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// One validation part, or folds.
    pub scheme: SplitScheme,
    /// Seed of the shuffle before the division. A job's own seed does not affect the split.
    pub seed: u64,
    /// Whether every part has the same class proportions as the whole.
    pub stratify: bool,
    /// Share of images set aside as test images before the split, for sources without test images;
    /// chosen by content hash.
    pub test: Option<f64>,
    /// Whether a class keeps at least one training image, whatever its share. It is set where that
    /// makes a difference; older versions of the program did not see to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_classes: bool,
}

/// One validation part, or folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitScheme {
    /// Share of the training images used for validation, from 0 (none) to below 1.
    Validation(f64),
    /// Number of folds, at least 2; each job has one fold as its validation part.
    Folds(u32),
    /// A given list of training images used for validation, as hexadecimal text: bit i (lowest bit
    /// of the first byte first) is row i.
    Listed(String),
    /// The images that the set itself gives for validation.
    Given,
}

impl SplitScheme {
    /// A validation part of these rows.
    pub fn listed(rows: &[u32]) -> Self {
        let mut bytes = vec![0u8; rows.iter().max().map_or(0, |last| *last as usize / 8 + 1)];
        rows.iter()
            .for_each(|row| bytes[*row as usize / 8] |= 1 << (row % 8));
        SplitScheme::Listed(hex::encode(&bytes))
    }

    /// Decodes the rows of [`SplitScheme::Listed`], ascending; `None` if the text is not
    /// hexadecimal.
    pub fn rows(text: &str) -> Option<Vec<u32>> {
        let bits = |(i, byte): (usize, u8)| {
            (0..8)
                .filter(move |b| byte >> b & 1 == 1)
                .map(move |b| i as u32 * 8 + b)
        };
        let bytes = hex::decode(text)?.into_iter();
        Some(bytes.enumerate().flat_map(bits).collect())
    }
}

impl Split {
    /// A stratified split that sets no test images aside.
    pub fn new(scheme: SplitScheme, seed: u64) -> Self {
        Split {
            scheme,
            seed,
            stratify: true,
            test: None,
            keeps_classes: false,
        }
    }

    /// The number of folds of a k-fold split; `None` for other splits.
    pub fn folds(&self) -> Option<u32> {
        match self.scheme {
            SplitScheme::Folds(k) => Some(k),
            SplitScheme::Validation(_) | SplitScheme::Listed(_) | SplitScheme::Given => None,
        }
    }
}

/// The size of every image and how it is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resize {
    /// Height in pixels.
    pub height: u32,
    /// Width in pixels.
    pub width: u32,
    /// What happens to the aspect ratio.
    pub method: ResizeMethod,
}

impl Resize {
    /// Smallest and largest height and width, in pixels.
    pub const SIDES: RangeInclusive<u32> = 1..=8192;
}

/// What happens to the aspect ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResizeMethod {
    /// Scale until the shorter side fits, then crop the centre.
    Crop,
    /// Scale until the longer side fits, then pad with black.
    Pad,
    /// Scale both sides independently.
    Squash,
}

/// What to do with an image that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damaged {
    /// Refuse the whole set, naming the file.
    Refuse,
    /// Skip the image and report how many were skipped.
    Skip,
}

/// The largest image file that is read. Larger ones are refused before anything of them is decoded,
/// so that an absurd file cannot fill the memory.
///
/// No image is left out because of it: it decides whether a set is used, never what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLimits {
    /// Most pixels of an image, height × width.
    pub pixels: u64,
    /// Most bytes of an image file.
    pub bytes: u64,
}

impl ImageLimits {
    /// Whether these are the default limits.
    pub fn is_default(&self) -> bool {
        *self == ImageLimits::default()
    }
}

impl Default for ImageLimits {
    fn default() -> Self {
        ImageLimits {
            pixels: 100_000_000,
            bytes: 256_000_000,
        }
    }
}

/// Names of the images of a set that consists of single files, as paths relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageNames {
    /// Those that training and validation images are taken from, by position.
    pub training: Vec<String>,
    /// The test images, by position.
    pub test: Vec<String>,
}

impl ImageNames {
    /// Name of the image at `index` of those that validation or else test images are taken from.
    pub fn name(&self, is_test: bool, index: u32) -> Option<&str> {
        let names = if is_test { &self.test } else { &self.training };
        names.get(index as usize).map(String::as_str)
    }
}

/// What planning needs to know about an image set, without its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// Content hash of the source (for published sets, of the archive); part of a job's identity.
    pub hash: String,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// Number of training images before `limit` and the split, with those that the set gives for
    /// validation.
    pub train_images: u32,
    /// Number of images that the set gives for validation: the last ones of the training images.
    pub validation_images: u32,
    /// Number of test images; 0 if the source has none and the split sets none aside.
    pub test_images: u32,
    /// Channels of every image.
    pub channels: u32,
    /// Height of every image in pixels, after resizing.
    pub height: u32,
    /// Width of every image in pixels, after resizing.
    pub width: u32,
    /// Whether `channels` takes colours away from some image.
    pub loses_colour: bool,
    /// What was found in the set's folder or table; `None` for other sources.
    pub reading: Option<Arc<SetReading>>,
}
