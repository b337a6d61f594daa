//! `[data]`.

use super::define::{MANY, field, float, int, integer, list, optional, required, switch, variant};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};
use convsweep_spec::data::{Resize, Shapes};

pub(crate) static DATA: &[Field] = &[
    required(
        "source",
        ValueKind::Named(&SOURCES),
        "Where the images come from.",
    ),
    optional(
        "path",
        ValueKind::Text,
        "Folder or file with the images, relative to this file. By default, the data cache.",
    ),
    field(
        "split",
        ValueKind::Table(SPLIT),
        "{}",
        "How the training images are split. The test images stay sealed.",
    ),
    optional(
        "limit",
        integer(1, MANY),
        "Uses only a stratified subset of this many training images, for quick experiments.",
    ),
    optional(
        "size",
        ValueKind::Pair {
            min: *Resize::SIDES.start() as i64,
            max: *Resize::SIDES.end() as i64,
        },
        "Size in pixels to which every image is resized.",
    ),
    optional(
        "resize",
        ValueKind::OneOf(&["crop", "pad", "squash"]),
        "How an image is fitted to `size`: by default \"crop\".",
    ),
    optional(
        "channels",
        ValueKind::IntOneOf(&[1, 3]),
        "1 for grey images, 3 for colour images. By default, what the source has.",
    ),
    optional(
        "background",
        list(&COLOUR_VALUE, 3, 3),
        "Colour that is laid behind transparent pixels, as red, green and blue from 0 to 255: by \
         default white, as a viewer shows them.",
    ),
    field(
        "empty_classes",
        ValueKind::OneOf(&["error", "drop"]),
        "\"error\"",
        "Whether a class without training images is an error or is left out, with the images that \
         it has for validation and testing.",
    ),
    field(
        "duplicates",
        ValueKind::OneOf(&["warn", "error", "keep-in-training"]),
        "\"warn\"",
        "What to do with images of a folder or table that are in two parts of the split, or under \
         two labels: say so, refuse the set, or use such images for training only. Images count \
         as equal if their decoded pixels are.",
    ),
    field(
        "damaged",
        ValueKind::OneOf(&["refuse", "skip"]),
        "\"refuse\"",
        "Whether images that cannot be decoded, or that the system does not let the program read, \
         are an error or are left out.",
    ),
    int(
        "max_pixels",
        1,
        MANY,
        "100_000_000",
        "Most pixels of an image file, height × width. A larger image is an error: it is not \
         decoded, and not left out either. So is one whose decoder takes more than 400 MB, or more \
         than four bytes for each of so many pixels where that is more. No result depends on this \
         limit.",
    ),
    int(
        "max_file_bytes",
        1,
        1_000_000_000_000,
        "256_000_000",
        "Most bytes of an image file. A larger file is an error: it is not read, and not left \
         out either. No result depends on this limit.",
    ),
];

/// `data.split`
pub(crate) static SPLIT: &[Field] = &[
    float(
        "validation",
        Bounds::BELOW_ONE,
        "0.2",
        "Share of the training images that is used for validation, unless `folds` or `file` is \
         given or the set has validation images of its own.",
    ),
    optional(
        "folds",
        integer(2, 1000),
        "Number of folds for cross-validation. Each job validates on one of them.",
    ),
    optional(
        "file",
        ValueKind::Text,
        "A text file with the training images that are used for validation, one per line: their \
         numbers, counted from 0, their paths, or their file names. `convsweep data list` prints \
         all three.",
    ),
    int(
        "seed",
        0,
        i64::MAX,
        "42",
        "Seed of the split. It does not depend on the seed of a job.",
    ),
    switch(
        "stratify",
        "true",
        "Whether each part has the same proportions of classes as the whole.",
    ),
    optional(
        "test",
        ValueKind::Float(Bounds::BETWEEN_ZERO_AND_ONE),
        "Share of the images that is set aside for testing before the split, for folder and csv \
         sources without test images.",
    ),
];

/// `data.source`
pub(crate) static SOURCES: Variants = Variants {
    noun: "source",
    default: None,
    list: &[
        variant(
            "cifar10",
            &[],
            "CIFAR-10: 50,000 training and 10,000 test images of 3×32×32, ten classes.",
        ),
        variant(
            "cifar100",
            &[],
            "CIFAR-100 with its 100 fine labels: 50,000 training and 10,000 test images of \
             3×32×32.",
        ),
        variant(
            "mnist",
            &[],
            "MNIST: 60,000 training and 10,000 test images of 1×28×28.",
        ),
        variant(
            "fashion-mnist",
            &[],
            "Fashion-MNIST: 60,000 training and 10,000 test images of 1×28×28.",
        ),
        variant(
            "folder",
            FOLDER,
            "Images in one folder for each class, or in such folders for training, validation and \
             test images. Folders with the usual names (train, val, test and the like, in any \
             letter case) are recognised; other names are given here.",
        ),
        variant(
            "csv",
            CSV,
            "A table with a row for each image: its path, its label, and perhaps the part of the \
             split that it is in.",
        ),
        variant(
            "shapes",
            SHAPES,
            "Synthetic images of geometric shapes, drawn by the program.",
        ),
    ],
};

/// One of the three values of a colour.
static COLOUR_VALUE: ValueKind = integer(0, 255);

/// One folder or value of a table's column, or several.
const NAMES: ValueKind = ValueKind::Either(&[ValueKind::Text, list(&ValueKind::Text, 1, 1000)]);

/// A column of a table.
const COLUMN: ValueKind = ValueKind::Either(&[ValueKind::Text, integer(1, 100_000)]);

static FOLDER: &[Field] = &[
    optional(
        "train",
        NAMES,
        "Folder or folders with training images, relative to `path`; \".\" is `path` itself. If \
         any of these three keys is given, other folders are not read.",
    ),
    optional(
        "validation",
        NAMES,
        "Folder or folders with the validation images.",
    ),
    optional(
        "test",
        NAMES,
        "Folder or folders with the sealed test images.",
    ),
];

static CSV: &[Field] = &[
    field(
        "path_column",
        COLUMN,
        "\"path\"",
        "Column with the paths of the images, relative to the table: its name, or its number from \
         1.",
    ),
    field(
        "label_column",
        COLUMN,
        "\"label\"",
        "Column with the labels: its name, or its number from 1.",
    ),
    optional(
        "split_column",
        COLUMN,
        "Column that says of each image whether it is for training, validation or the sealed \
         test. Values such as train, val and test are recognised.",
    ),
    optional(
        "split_values",
        ValueKind::Table(SPLIT_VALUES),
        "What the values of `split_column` mean, if they are others.",
    ),
    switch(
        "header",
        "true",
        "Whether the first row names the columns. Without names, columns are given by number.",
    ),
    optional(
        "separator",
        ValueKind::OneOf(&[",", ";", "\t", "|", " "]),
        "Character between columns. By default it is found in the first row.",
    ),
    optional(
        "extension",
        ValueKind::Text,
        "Extension that is added to paths without one, such as \".png\".",
    ),
    optional(
        "root",
        ValueKind::Text,
        "Folder that the paths are relative to, itself relative to the table's.",
    ),
    optional(
        "classes",
        ValueKind::Any,
        "Names of classes by the labels in the table: { 0 = \"cat\", 1 = \"dog\" }. Two labels \
         with one name become one class.",
    ),
];

static SPLIT_VALUES: &[Field] = &[
    optional("train", NAMES, "Values of training images."),
    optional("validation", NAMES, "Values of validation images."),
    optional("test", NAMES, "Values of sealed test images."),
];

static SHAPES: &[Field] = &[
    int("train", 1, 10_000_000, "2000", "Number of training images."),
    int("test", 1, 10_000_000, "500", "Number of test images."),
    int(
        "size",
        *Shapes::SIZES.start() as i64,
        *Shapes::SIZES.end() as i64,
        "32",
        "Height and width in pixels.",
    ),
    int(
        "classes",
        *Shapes::CLASSES.start() as i64,
        *Shapes::CLASSES.end() as i64,
        "10",
        "Number of different shapes.",
    ),
    float(
        "position",
        Bounds::SHARE,
        "0.15",
        "Largest shift of a shape from the centre, as a share of the image size.",
    ),
    field(
        "scale",
        list(&ValueKind::Float(Bounds::POSITIVE_SHARE), 2, 2),
        "[0.4, 0.8]",
        "Smallest and largest diameter of a shape, as shares of the image size.",
    ),
    float(
        "rotation",
        Bounds::closed(0.0, 180.0),
        "180",
        "Largest rotation in degrees, in either direction.",
    ),
    float(
        "color",
        Bounds::SHARE,
        "1.0",
        "Variety of colours, from 0 (white on black) to 1 (any colours).",
    ),
    float(
        "texture",
        Bounds::SHARE,
        "0.5",
        "Strength of the texture in the background.",
    ),
    float(
        "noise",
        Bounds::SHARE,
        "0.05",
        "Standard deviation of the pixel noise.",
    ),
    int("seed", 0, i64::MAX, "0", "Seed of the images."),
];
