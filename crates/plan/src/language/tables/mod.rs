//! The language: every section, key, type, range and default, with what it means.

pub(crate) mod layers;
mod run;
mod train;

use self::layers::MODEL;
pub(crate) use self::run::{AFTER, RACE, RETRY, RUN, SEARCH, SLOTS, STOP};
pub(crate) use self::train::{
    BEST, EVALUATE, FROM, GROUP, LOSSES, OPTIMIZERS, PHASE, SCHEDULES, STOPPING, TRAIN,
};
use crate::language::field::{Bounds, Default, Family, Field, Kind, Variant};
use Default::{None, Required, Value};

pub(super) const POSITIVE: Bounds = Bounds {
    min: 0.0,
    max: f64::MAX,
    min_open: true,
    max_open: false,
};
pub(super) const NOT_NEGATIVE: Bounds = Bounds {
    min: 0.0,
    max: f64::MAX,
    min_open: false,
    max_open: false,
};
pub(super) const SHARE: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: false,
    max_open: false,
};
pub(super) const BELOW_ONE: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: false,
    max_open: true,
};
pub(super) const INSIDE: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: true,
    max_open: true,
};
const TURN: Bounds = Bounds {
    min: 0.0,
    max: 180.0,
    min_open: false,
    max_open: false,
};

/// Largest number of images, epochs, steps and the like.
pub(super) const MANY: i64 = u32::MAX as i64;

pub(super) const fn field(
    key: &'static str,
    kind: Kind,
    default: Default,
    doc: &'static str,
) -> Field {
    Field {
        key,
        kind,
        default,
        doc,
    }
}

pub(super) const fn int(
    key: &'static str,
    min: i64,
    max: i64,
    default: Default,
    doc: &'static str,
) -> Field {
    field(key, Kind::Int { min, max }, default, doc)
}

pub(super) const fn float(
    key: &'static str,
    bounds: Bounds,
    default: &'static str,
    doc: &'static str,
) -> Field {
    field(key, Kind::Float(bounds), Value(default), doc)
}

pub(super) const fn variant(
    key: &'static str,
    fields: &'static [Field],
    doc: &'static str,
) -> Variant {
    Variant {
        key,
        doc,
        fields,
        weak: false,
        free: false,
    }
}

pub(super) const fn weak(
    key: &'static str,
    fields: &'static [Field],
    doc: &'static str,
) -> Variant {
    Variant {
        key,
        doc,
        fields,
        weak: true,
        free: false,
    }
}

/// Keys of one table of which only one can stand.
pub(crate) const APART: &[[&str; 2]] = &[
    ["validation", "folds"],
    ["validation", "file"],
    ["folds", "file"],
    ["warmup_epochs", "warmup_steps"],
];

/// The whole file.
pub(crate) static FILE: &[Field] = &[
    field(
        "include",
        INCLUDE,
        None,
        "A file, or several, over which this one lies; relative to this file.",
    ),
    field(
        "experiment",
        Kind::Table(EXPERIMENT),
        Required,
        "The question, and what answers are compared by.",
    ),
    field(
        "data",
        Kind::Table(DATA),
        Required,
        "Which images, and how they are divided.",
    ),
    field(
        "augment",
        Kind::Table(AUGMENT),
        None,
        "What happens to an image on its way into a batch.",
    ),
    field(
        "augments",
        Kind::Any,
        None,
        "Named alternatives to [augment], chosen by an axis \"augment\".",
    ),
    field("model", Kind::Table(MODEL), Required, "The network."),
    field(
        "blocks",
        Kind::Any,
        None,
        "Blocks of layers with parameters, used as { block = \"NAME\", … }.",
    ),
    field(
        "models",
        Kind::Any,
        None,
        "Named alternatives to [model], chosen by an axis \"model\".",
    ),
    field(
        "train",
        Kind::Table(TRAIN),
        Required,
        "How the network is trained.",
    ),
    field(
        "optimizers",
        Kind::Any,
        None,
        "Named optimizers, chosen by name in [train] or by an axis \"train.optimizer\".",
    ),
    field(
        "sweep",
        Kind::Any,
        None,
        "Blocks of axes; the plan is the union of their points.",
    ),
    field(
        "stage",
        Kind::Any,
        None,
        "Sweeps one after another; each starts from the best configuration of the one before it.",
    ),
    field(
        "search",
        Kind::Table(SEARCH),
        None,
        "Which jobs are spared; nothing here enters a job's id.",
    ),
    field(
        "run",
        Kind::Table(RUN),
        None,
        "How jobs are run; nothing here enters a job's id.",
    ),
];

const INCLUDE: Kind = Kind::Either(&[
    Kind::Text,
    Kind::List {
        of: &Kind::Text,
        min: 1,
        max: 32,
    },
]);

/// `[experiment]`
pub(crate) static EXPERIMENT: &[Field] = &[
    field(
        "name",
        Kind::Text,
        Required,
        "Name of the experiment, which is also the name of its folder in the results.",
    ),
    field(
        "question",
        Kind::Text,
        None,
        "The question, in words, as the report's title.",
    ),
    field(
        "kind",
        Kind::Named(&KINDS),
        Value("\"comparison\""),
        "What is asked of each configuration.",
    ),
    field(
        "seeds",
        SEEDS,
        Value("1"),
        "Number of seeds (3 means 0, 1, 2), or the seeds themselves.",
    ),
    field(
        "metric",
        METRIC,
        Value("\"val_accuracy\""),
        "What configurations are compared by.",
    ),
    field(
        "baseline",
        Kind::Any,
        None,
        "Axis values of the configuration that the others are compared with.",
    ),
    int(
        "limit",
        1,
        1_000_000,
        Value("10_000"),
        "Jobs at most, against a grid that was not meant.",
    ),
    field(
        "show_test",
        Kind::OneOf(&["chosen", "all"]),
        Value("\"chosen\""),
        "Whose test figures the report shows.",
    ),
];

/// `experiment.kind`
pub(crate) static KINDS: Family = Family {
    what: "kind of experiment",
    default: Some("comparison"),
    variants: &[
        variant("comparison", &[], "Trained to the end and compared."),
        variant(
            "lr-range-test",
            &[
                float("from", POSITIVE, "1e-7", "Learning rate of the first step."),
                float("to", POSITIVE, "10.0", "Learning rate of the last step."),
                int(
                    "steps",
                    20,
                    100_000,
                    Value("100"),
                    "Steps, if the loss does not explode before.",
                ),
            ],
            "The learning rate rises at every step until the loss explodes; epochs, phases and schedule do not count.",
        ),
    ],
};

pub(crate) const SEEDS: Kind = Kind::Either(&[
    Kind::Int {
        min: 1,
        max: 1_000_000,
    },
    Kind::List {
        of: &Kind::Int {
            min: 0,
            max: i64::MAX,
        },
        min: 1,
        max: 1_000_000,
    },
]);

pub(super) const METRICS: Kind = Kind::OneOf(&convsweep_spec::metric::CHOOSING);
pub(crate) const METRIC: Kind = Kind::Either(&[
    Kind::OneOf(&convsweep_spec::metric::CHOOSING),
    Kind::Table(METRIC_TABLE),
]);
static METRIC_TABLE: &[Field] = &[
    field(
        "name",
        Kind::Part(&METRICS),
        Required,
        "Name of the metric.",
    ),
    field(
        "direction",
        Kind::OneOf(&["max", "min"]),
        None,
        "Which way is better; by default what the metric is for.",
    ),
];

/// `[data]`
pub(crate) static DATA: &[Field] = &[
    field(
        "source",
        Kind::Named(&SOURCES),
        Required,
        "Where the images come from.",
    ),
    field(
        "path",
        Kind::Text,
        None,
        "Folder or file of the images, relative to this file; default: the data cache.",
    ),
    field(
        "split",
        Kind::Table(SPLIT),
        Value("{}"),
        "How the training images are divided; test images stay sealed.",
    ),
    int(
        "limit",
        1,
        MANY,
        None,
        "A stratified subset of the training images of this size, for quick looks.",
    ),
    field(
        "size",
        Kind::Pair { min: 1, max: 8192 },
        None,
        "Every image is brought to this size in pixels.",
    ),
    field(
        "resize",
        Kind::OneOf(&["crop", "pad", "squash"]),
        None,
        "How an image comes to `size`; default \"crop\".",
    ),
    field(
        "channels",
        Kind::Int { min: 1, max: 3 },
        None,
        "1 (grey) or 3 (colour); default: what the source has.",
    ),
    field(
        "damaged",
        Kind::OneOf(&["refuse", "skip"]),
        Value("\"refuse\""),
        "What to do with images that cannot be read.",
    ),
];

/// `data.split`
pub(crate) static SPLIT: &[Field] = &[
    float(
        "validation",
        BELOW_ONE,
        "0.2",
        "Share of the training images that validate, where neither `folds` nor `file` stands.",
    ),
    int(
        "folds",
        2,
        1000,
        None,
        "Number of folds; each job validates on one of them.",
    ),
    field(
        "file",
        Kind::Text,
        None,
        "A text file that names the training images that validate: a number from 0 on each line.",
    ),
    int(
        "seed",
        0,
        i64::MAX,
        Value("42"),
        "Seed of the division; a job's own seed never changes it.",
    ),
    field(
        "stratify",
        Kind::Bool,
        Value("true"),
        "Whether each part has the classes in the proportions of the whole.",
    ),
    field(
        "test",
        Kind::Float(INSIDE),
        None,
        "Share cut off first as test images, for folder and csv without any.",
    ),
];

/// `data.source`
pub(crate) static SOURCES: Family = Family {
    what: "source",
    default: Option::None,
    variants: &[
        variant(
            "cifar10",
            &[],
            "CIFAR-10, 50,000 + 10,000 images of 3×32×32, ten classes.",
        ),
        variant("cifar100", &[], "CIFAR-100, fine labels."),
        variant("mnist", &[], "MNIST, 60,000 + 10,000 images of 1×28×28."),
        variant(
            "fashion-mnist",
            &[],
            "Fashion-MNIST, 60,000 + 10,000 images of 1×28×28.",
        ),
        variant("folder", &[], "A folder for each class, JPEG or PNG."),
        variant("csv", CSV, "A CSV file with a path and a label column."),
        variant(
            "shapes",
            SHAPES,
            "Drawn shapes, made by the program itself.",
        ),
    ],
};

static CSV: &[Field] = &[
    field(
        "path_column",
        Kind::Text,
        Value("\"path\""),
        "Column with paths, relative to the CSV file.",
    ),
    field(
        "label_column",
        Kind::Text,
        Value("\"label\""),
        "Column with labels.",
    ),
];

static SHAPES: &[Field] = &[
    int(
        "train",
        1,
        10_000_000,
        Value("2000"),
        "Number of training images.",
    ),
    int(
        "test",
        1,
        10_000_000,
        Value("500"),
        "Number of test images.",
    ),
    int("size", 8, 1024, Value("32"), "Height and width in pixels."),
    int("classes", 2, 10, Value("10"), "Number of kinds of shapes."),
    float(
        "position",
        SHARE,
        "0.15",
        "Largest shift of the shape, as a share of the image size.",
    ),
    field(
        "scale",
        Kind::List {
            of: &Kind::Float(SCALE),
            min: 2,
            max: 2,
        },
        Value("[0.4, 0.8]"),
        "Smallest and largest diameter, as shares of the image size.",
    ),
    float(
        "rotation",
        TURN,
        "180",
        "Largest rotation in degrees, either way.",
    ),
    float("color", SHARE, "1.0", "0: white on black; 1: any colours."),
    float(
        "texture",
        SHARE,
        "0.5",
        "Strength of the background's texture.",
    ),
    float(
        "noise",
        SHARE,
        "0.05",
        "Standard deviation of the pixels' noise.",
    ),
    int("seed", 0, i64::MAX, Value("0"), "Seed of the set."),
];
const SCALE: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: true,
    max_open: false,
};

/// `[augment]`
pub(crate) static AUGMENT: &[Field] = &[
    field(
        "normalize",
        NORMALIZE,
        Value("\"unit\""),
        "How bytes become numbers, for all images.",
    ),
    field(
        "steps",
        Kind::List {
            of: &Kind::Keyed(&STEPS),
            min: 0,
            max: 100,
        },
        Value("[]"),
        "For training images only, in this order.",
    ),
];

const NORMALIZE: Kind = Kind::Either(&[
    Kind::OneOf(&["unit", "standard"]),
    Kind::Table(NORMALIZE_TABLE),
]);
static NORMALIZE_TABLE: &[Field] = &[
    field(
        "mean",
        Kind::List {
            of: &Kind::Float(SHARE),
            min: 1,
            max: 3,
        },
        Required,
        "Mean of each channel, in [0, 1].",
    ),
    field(
        "std",
        Kind::List {
            of: &Kind::Float(POSITIVE),
            min: 1,
            max: 3,
        },
        Required,
        "Standard deviation of each channel, in [0, 1].",
    ),
];

const SLANT: Bounds = Bounds {
    min: 0.0,
    max: 80.0,
    min_open: false,
    max_open: false,
};
const RATIO: Bounds = Bounds {
    min: 1.0,
    max: 100.0,
    min_open: false,
    max_open: false,
};
const JITTER: Bounds = Bounds {
    min: 0.0,
    max: 10.0,
    min_open: true,
    max_open: false,
};
const HALF_TURN: Bounds = Bounds {
    min: 0.0,
    max: 0.5,
    min_open: true,
    max_open: false,
};
const SIGMA: Bounds = Bounds {
    min: 0.0,
    max: 100.0,
    min_open: true,
    max_open: false,
};
const FILLS: Kind = Kind::OneOf(&["zero", "reflect", "nearest"]);
pub(super) const FILL: Field = field(
    "fill",
    FILLS,
    Value("\"zero\""),
    "What lies outside the image.",
);
const ALWAYS: Field = float("p", SHARE, "1.0", "Probability that an image is changed.");
const HALF: Field = float("p", SHARE, "0.5", "Probability that an image is changed.");

/// A step of `augment.steps`
pub(crate) static STEPS: Family = Family {
    what: "augmentation step",
    default: Option::None,
    variants: &[
        variant(
            "rotate",
            &[
                field(
                    "rotate",
                    Kind::Float(TURN),
                    Required,
                    "Largest angle in degrees, either way.",
                ),
                FILL,
                ALWAYS,
            ],
            "Rotation about the centre.",
        ),
        variant(
            "scale",
            &[
                field(
                    "scale",
                    Kind::List {
                        of: &Kind::Float(POSITIVE),
                        min: 2,
                        max: 2,
                    },
                    Required,
                    "Smallest and largest factor.",
                ),
                FILL,
                ALWAYS,
            ],
            "Scaling about the centre.",
        ),
        variant(
            "flip",
            &[
                field(
                    "flip",
                    Kind::OneOf(&["horizontal", "vertical", "alternating"]),
                    Required,
                    "Which way; \"alternating\": left to right in every other epoch, which needs no `p`.",
                ),
                HALF,
            ],
            "Mirror image.",
        ),
        variant(
            "crop",
            &[
                field(
                    "crop",
                    Kind::True,
                    Required,
                    "Cuts the image's own size out of the padded image.",
                ),
                int("pad", 1, 1024, Required, "Pixels added at every side."),
                FILL,
                ALWAYS,
            ],
            "Padding, then a cut at a random place.",
        ),
        variant(
            "translate",
            &[
                field(
                    "translate",
                    Kind::Float(SHARE),
                    Required,
                    "Largest shift, as a share of the side.",
                ),
                FILL,
                ALWAYS,
            ],
            "Translation.",
        ),
        variant(
            "shear",
            &[
                field(
                    "shear",
                    Kind::Float(SLANT),
                    Required,
                    "Largest angle in degrees, either way.",
                ),
                FILL,
                ALWAYS,
            ],
            "Horizontal shear.",
        ),
        variant(
            "random-resized-crop",
            &[
                field(
                    "random-resized-crop",
                    Kind::List {
                        of: &Kind::Float(SCALE),
                        min: 2,
                        max: 2,
                    },
                    Required,
                    "Smallest and largest share of the area.",
                ),
                field(
                    "ratio",
                    Kind::Float(RATIO),
                    Value("1.3333333333"),
                    "Largest aspect ratio, either way.",
                ),
                ALWAYS,
            ],
            "A random part, enlarged to the whole.",
        ),
        variant(
            "brightness",
            &[
                field(
                    "brightness",
                    Kind::Float(JITTER),
                    Required,
                    "Largest change of the factor, either way.",
                ),
                ALWAYS,
            ],
            "Brightness.",
        ),
        variant(
            "contrast",
            &[
                field(
                    "contrast",
                    Kind::Float(JITTER),
                    Required,
                    "Largest change of the factor, either way.",
                ),
                ALWAYS,
            ],
            "Contrast.",
        ),
        variant(
            "saturation",
            &[
                field(
                    "saturation",
                    Kind::Float(JITTER),
                    Required,
                    "Largest change of the factor, either way.",
                ),
                ALWAYS,
            ],
            "Saturation.",
        ),
        variant(
            "hue",
            &[
                field(
                    "hue",
                    Kind::Float(HALF_TURN),
                    Required,
                    "Largest turn, in parts of the colour circle, either way.",
                ),
                ALWAYS,
            ],
            "Hue.",
        ),
        variant(
            "grayscale",
            &[
                field("grayscale", Kind::True, Required, "Every pixel its grey."),
                float("p", SHARE, "0.1", "Probability that an image is changed."),
            ],
            "Colour taken away.",
        ),
        variant(
            "blur",
            &[
                field(
                    "blur",
                    Kind::List {
                        of: &Kind::Float(SIGMA),
                        min: 2,
                        max: 2,
                    },
                    Required,
                    "Smallest and largest standard deviation in pixels.",
                ),
                HALF,
            ],
            "Gaussian blur.",
        ),
        variant(
            "noise",
            &[
                field(
                    "noise",
                    Kind::Float(SHARE),
                    Required,
                    "Standard deviation, as a share of the full range.",
                ),
                ALWAYS,
            ],
            "Gaussian noise.",
        ),
        variant(
            "erase",
            &[
                field(
                    "erase",
                    Kind::List {
                        of: &Kind::Float(SCALE),
                        min: 2,
                        max: 2,
                    },
                    Required,
                    "Smallest and largest share of the area.",
                ),
                HALF,
            ],
            "A rectangle of the mean colour.",
        ),
        variant(
            "rand-augment",
            &[
                int(
                    "rand-augment",
                    1,
                    14,
                    Required,
                    "Number of drawn operations.",
                ),
                int("magnitude", 0, 30, Value("9"), "Their strength."),
                ALWAYS,
            ],
            "RandAugment: drawn operations of one strength.",
        ),
        variant(
            "trivial-augment",
            &[
                field(
                    "trivial-augment",
                    Kind::True,
                    Required,
                    "One drawn operation of a drawn strength.",
                ),
                ALWAYS,
            ],
            "TrivialAugment.",
        ),
        variant(
            "auto-augment",
            &[
                field(
                    "auto-augment",
                    Kind::OneOf(&["cifar10"]),
                    Required,
                    "The policy.",
                ),
                ALWAYS,
            ],
            "AutoAugment: a drawn pair of operations of a policy.",
        ),
        variant(
            "mixup",
            &[
                field(
                    "mixup",
                    Kind::Float(POSITIVE),
                    Required,
                    "Alpha of the shares' Beta distribution.",
                ),
                ALWAYS,
            ],
            "Over the batch: each image mixed with another.",
        ),
        variant(
            "cutmix",
            &[
                field(
                    "cutmix",
                    Kind::Float(POSITIVE),
                    Required,
                    "Alpha of the shares' Beta distribution.",
                ),
                ALWAYS,
            ],
            "Over the batch: each image gets a rectangle of another.",
        ),
    ],
};

const GRID: Field = field(
    "grid",
    Kind::Any,
    None,
    "Axes of which every combination is taken.",
);
const ZIP: Field = field("zip", Kind::Any, None, "Axes that walk in step.");
const EXCLUDE: Field = field(
    "exclude",
    Kind::Any,
    None,
    "Combinations that are left out.",
);
const SAMPLED: Field = field(
    "sample",
    Kind::Any,
    None,
    "Points drawn instead of all combinations; ranges then need no `steps`.",
);
const LABELS: Field = field(
    "labels",
    Kind::Any,
    None,
    "Short names for an axis's values, in their order.",
);

/// A block of `[[sweep]]`
pub(crate) static SWEEP: &[Field] = &[GRID, ZIP, EXCLUDE, SAMPLED, LABELS];

/// A stage of `[[stage]]`
pub(crate) static STAGE: &[Field] = &[
    field(
        "name",
        Kind::Text,
        None,
        "Name of the stage; by default its number.",
    ),
    field(
        "sweep",
        Kind::Any,
        None,
        "Blocks of axes, where one is not enough.",
    ),
    GRID,
    ZIP,
    EXCLUDE,
    SAMPLED,
    LABELS,
];

/// `sample` of a block
pub(crate) static SAMPLE: &[Field] = &[
    field(
        "method",
        Kind::OneOf(&["random", "sobol", "latin-hypercube"]),
        Value("\"random\""),
        "How points are drawn: each by itself, or spread evenly over all axes.",
    ),
    int("count", 1, 1 << 16, Required, "Number of points."),
    int("seed", 0, i64::MAX, Value("0"), "Seed of the draws."),
];

/// A range as an axis's values.
pub(crate) static RANGE: &[Field] = &[
    field("from", Kind::Float(ANY), Required, "First value."),
    field("to", Kind::Float(ANY), Required, "Last value."),
    int(
        "steps",
        2,
        10_000,
        None,
        "Number of values, both ends counted; only a block with `sample` needs none.",
    ),
    field(
        "scale",
        Kind::OneOf(&["linear", "log"]),
        Value("\"linear\""),
        "Equal differences or equal ratios.",
    ),
];
const ANY: Bounds = Bounds {
    min: f64::MIN,
    max: f64::MAX,
    min_open: false,
    max_open: false,
};
