//! The image set of a job and how it is split.

use crate::hex;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

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
        }
    }
}

/// An image set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Source {
    /// CIFAR-10, binary version (Krizhevsky 2009): 50,000 + 10,000 images of 3×32×32, ten classes.
    Cifar10,
    /// CIFAR-100, binary version, fine labels.
    Cifar100,
    /// MNIST, IDX files: 60,000 + 10,000 images of 1×28×28.
    Mnist,
    /// Fashion-MNIST, IDX files: 60,000 + 10,000 images of 1×28×28.
    FashionMnist,
    /// A folder of JPEG or PNG images with a subfolder for each class, optionally below `train/`,
    /// and `test/` or `val/`.
    Folder,
    /// A CSV file with a path column and a label column.
    Csv {
        /// Name of the column with paths, relative to the CSV file.
        path_column: String,
        /// Name of the column with labels.
        label_column: String,
    },
    /// Shapes drawn by the program itself.
    Shapes(Shapes),
}

impl Source {
    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self {
            Source::Cifar10 => "cifar10",
            Source::Cifar100 => "cifar100",
            Source::Mnist => "mnist",
            Source::FashionMnist => "fashion-mnist",
            Source::Folder => "folder",
            Source::Csv { .. } => "csv",
            Source::Shapes(_) => "shapes",
        }
    }
}

/// The built-in set of drawn shapes, a pure function of these numbers.
///
/// Every random quantity is uniform and independent for each image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shapes {
    /// Number of training images.
    pub train: u32,
    /// Number of test images.
    pub test: u32,
    /// Height and width in pixels.
    pub size: u32,
    /// Number of classes, 2 to 10: circle, square, triangle, pentagon, star, ring, cross, crescent,
    /// heart, arrow.
    pub classes: u32,
    /// Largest shift of the shape's centre, as a share of the image size.
    pub position: f64,
    /// Smallest and largest diameter of the shape, as a share of the image size.
    pub scale: [f64; 2],
    /// Largest rotation in degrees, in either direction.
    pub rotation: f64,
    /// 0: all shapes are white on black; 1: shape and background have any colours of sufficient
    /// contrast.
    pub color: f64,
    /// Strength of the background's texture, 0 to 1.
    pub texture: f64,
    /// Standard deviation of Gaussian pixel noise, as a share of the full range.
    pub noise: f64,
    /// Seed of the set.
    pub seed: u64,
}

impl Shapes {
    /// Smallest and largest height and width, in pixels.
    pub const SIZES: RangeInclusive<u32> = 8..=512;
    /// Fewest and most classes.
    pub const CLASSES: RangeInclusive<u32> = 2..=10;
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes {
            train: 2000,
            test: 500,
            size: 32,
            classes: 10,
            position: 0.15,
            scale: [0.4, 0.8],
            rotation: 180.0,
            color: 1.0,
            texture: 0.5,
            noise: 0.05,
            seed: 0,
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
        }
    }

    /// The number of folds of a k-fold split; `None` for other splits.
    pub fn folds(&self) -> Option<u32> {
        match self.scheme {
            SplitScheme::Folds(k) => Some(k),
            SplitScheme::Validation(_) | SplitScheme::Listed(_) => None,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// Content hash of the source (for published sets, of the archive); part of a job's identity.
    pub hash: String,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// Number of training images before `limit` and the split.
    pub train_images: u32,
    /// Number of test images; 0 if the source has none and the split sets none aside.
    pub test_images: u32,
    /// Channels of every image.
    pub channels: u32,
    /// Height of every image in pixels, after resizing.
    pub height: u32,
    /// Width of every image in pixels, after resizing.
    pub width: u32,
}
