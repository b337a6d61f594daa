//! Where images come from.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

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
    /// A folder of images with a folder for each class, or with such folders for training,
    /// validation and testing. Without names, folders with the usual names are recognised.
    Folder(PartNames),
    /// A table with a row for each image.
    Csv(ImageTable),
    /// Shapes drawn by the program itself.
    Shapes(Shapes),
}

impl Source {
    /// A folder whose parts have the usual names.
    pub fn folder() -> Source {
        Source::Folder(PartNames::default())
    }

    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self {
            Source::Cifar10 => "cifar10",
            Source::Cifar100 => "cifar100",
            Source::Mnist => "mnist",
            Source::FashionMnist => "fashion-mnist",
            Source::Folder(_) => "folder",
            Source::Csv(_) => "csv",
            Source::Shapes(_) => "shapes",
        }
    }

    /// Whether it consists of files of the user's.
    pub fn is_of_the_user(&self) -> bool {
        matches!(self, Source::Folder(_) | Source::Csv(_))
    }
}

/// What images of a set are for, by the set itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetPart {
    /// Training, and validation as far as the split takes images for it.
    Training,
    /// Validation.
    Validation,
    /// The sealed test.
    Test,
}

impl SetPart {
    /// All parts, in the order in which their images are numbered.
    pub const ALL: [SetPart; 3] = [SetPart::Training, SetPart::Validation, SetPart::Test];

    /// Its name, as the language has it.
    pub fn name(self) -> &'static str {
        match self {
            SetPart::Training => "train",
            SetPart::Validation => "validation",
            SetPart::Test => "test",
        }
    }
}

/// Names of a set's parts: folders relative to the set's, or values of a table's column. If all are
/// empty, the usual names are recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartNames {
    /// Those with training images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub train: Vec<String>,
    /// Those with validation images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<String>,
    /// Those with test images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
}

impl PartNames {
    /// The names of a part.
    pub fn of(&self, part: SetPart) -> &[String] {
        match part {
            SetPart::Training => &self.train,
            SetPart::Validation => &self.validation,
            SetPart::Test => &self.test,
        }
    }

    /// A name that is given twice, in one part or in two.
    pub fn repeated(&self) -> Option<&str> {
        let mut known = Vec::new();
        for name in SetPart::ALL.iter().flat_map(|part| self.of(*part)) {
            if known.contains(&name) {
                return Some(name);
            }
            known.push(name);
        }
        None
    }

    /// Whether no names are given.
    pub fn is_empty(&self) -> bool {
        SetPart::ALL.iter().all(|part| self.of(*part).is_empty())
    }
}

/// A table of images and how it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageTable {
    /// The column with paths, relative to the table or to `root`.
    pub path_column: Column,
    /// The column with labels.
    pub label_column: Column,
    /// The column that says what an image is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_column: Option<Column>,
    /// What the values of that column mean.
    #[serde(default, skip_serializing_if = "PartNames::is_empty")]
    pub split_values: PartNames,
    /// Whether the first row names the columns.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub header: bool,
    /// The character between columns; found if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// What is appended to paths that have no extension, with its dot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The folder that paths are relative to, itself relative to the table's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Names of classes by their labels in the table; other labels are names already.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, String>,
}

impl ImageTable {
    /// A table with a header whose columns have these names.
    pub fn new(path_column: &str, label_column: &str) -> ImageTable {
        ImageTable {
            path_column: Column::Name(path_column.into()),
            label_column: Column::Name(label_column.into()),
            split_column: None,
            split_values: PartNames::default(),
            header: true,
            separator: None,
            extension: None,
            root: None,
            classes: BTreeMap::new(),
        }
    }
}

fn yes() -> bool {
    true
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// By its number, from 1.
    Number(u32),
    /// By its name in the header.
    Name(String),
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
