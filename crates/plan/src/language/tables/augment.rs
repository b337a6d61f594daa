//! `[augment]`.

use super::define::{field, float, int, list, required, variant};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};

pub(crate) static AUGMENT: &[Field] = &[
    field(
        "normalize",
        NORMALIZE_KIND,
        "\"unit\"",
        "How the pixels of all images are scaled: \"unit\" to [0, 1], \"standard\" to mean 0 and \
         standard deviation 1 in each channel, or by the given means and standard deviations.",
    ),
    field(
        "steps",
        list(&ValueKind::Keyed(&STEPS), 0, 100),
        "[]",
        "Augmentation of the training images, in this order.",
    ),
];

const NORMALIZE_KIND: ValueKind = ValueKind::Either(&[
    ValueKind::OneOf(&["unit", "standard"]),
    ValueKind::Table(NORMALIZE),
]);

/// `augment.normalize` as a table
pub(crate) static NORMALIZE: &[Field] = &[
    required(
        "mean",
        list(&ValueKind::Float(Bounds::SHARE), 1, 3),
        "Mean of each channel, for pixels in [0, 1].",
    ),
    required(
        "std",
        list(&ValueKind::Float(Bounds::POSITIVE), 1, 3),
        "Standard deviation of each channel, for pixels in [0, 1].",
    ),
];

const TURN: ValueKind = ValueKind::Float(Bounds::closed(0.0, 180.0));
const SLANT: ValueKind = ValueKind::Float(Bounds::closed(0.0, 80.0));
const JITTER: ValueKind = ValueKind::Float(Bounds::above(0.0, 10.0));
const HUE_SHIFT: ValueKind = ValueKind::Float(Bounds::above(0.0, 0.5));
const SHARE_OF_AREA: ValueKind = list(&ValueKind::Float(Bounds::POSITIVE_SHARE), 2, 2);

pub(super) const FILL: Field = field(
    "fill",
    ValueKind::OneOf(&["zero", "reflect", "nearest"]),
    "\"zero\"",
    "What fills pixels from outside the image.",
);
const ALWAYS: Field = probability("1.0");
const HALF: Field = probability("0.5");

const fn probability(default: &'static str) -> Field {
    float(
        "p",
        Bounds::SHARE,
        default,
        "Probability with which an image is changed.",
    )
}

/// The strength of a colour change.
const fn jitter(key: &'static str) -> Field {
    required(
        key,
        JITTER,
        "Largest change of the factor in either direction.",
    )
}

/// The parameter of a Beta distribution.
const fn alpha(key: &'static str) -> Field {
    required(
        key,
        ValueKind::Float(Bounds::POSITIVE),
        "Parameter α of the Beta(α, α) distribution from which the mixing ratio is drawn.",
    )
}

/// A step of `augment.steps`
pub(crate) static STEPS: Variants = Variants {
    noun: "augmentation step",
    default: None,
    list: &[
        variant(
            "rotate",
            &[
                required(
                    "rotate",
                    TURN,
                    "Largest angle in degrees, in either direction.",
                ),
                FILL,
                ALWAYS,
            ],
            "Rotates about the centre.",
        ),
        variant(
            "scale",
            &[
                required(
                    "scale",
                    list(&ValueKind::Float(Bounds::POSITIVE), 2, 2),
                    "Smallest and largest factor.",
                ),
                FILL,
                ALWAYS,
            ],
            "Scales about the centre.",
        ),
        variant(
            "flip",
            &[
                required(
                    "flip",
                    ValueKind::OneOf(&["horizontal", "vertical", "alternating"]),
                    "Direction; \"alternating\" flips every image horizontally in every other \
                     epoch and takes no `p`.",
                ),
                HALF,
            ],
            "Flips the image.",
        ),
        variant(
            "crop",
            &[
                required(
                    "crop",
                    ValueKind::True,
                    "Cuts an area of the original size out of the padded image.",
                ),
                required(
                    "pad",
                    ValueKind::Int { min: 1, max: 1024 },
                    "Pixels added at every side.",
                ),
                FILL,
                ALWAYS,
            ],
            "Pads the image and crops it at a random position.",
        ),
        variant(
            "translate",
            &[
                required(
                    "translate",
                    ValueKind::Float(Bounds::SHARE),
                    "Largest shift, as a share of the height and width.",
                ),
                FILL,
                ALWAYS,
            ],
            "Shifts the image.",
        ),
        variant(
            "shear",
            &[
                required(
                    "shear",
                    SLANT,
                    "Largest angle in degrees, in either direction.",
                ),
                FILL,
                ALWAYS,
            ],
            "Shears the image horizontally.",
        ),
        variant(
            "random-resized-crop",
            &[
                required(
                    "random-resized-crop",
                    SHARE_OF_AREA,
                    "Smallest and largest share of the image's area.",
                ),
                float(
                    "ratio",
                    Bounds::closed(1.0, 100.0),
                    "1.3333333333",
                    "Largest aspect ratio, of width to height or height to width.",
                ),
                ALWAYS,
            ],
            "Enlarges a random part to the size of the image.",
        ),
        variant(
            "brightness",
            &[jitter("brightness"), ALWAYS],
            "Multiplies the pixels by a random factor.",
        ),
        variant(
            "contrast",
            &[jitter("contrast"), ALWAYS],
            "Changes the contrast by a random factor.",
        ),
        variant(
            "saturation",
            &[jitter("saturation"), ALWAYS],
            "Changes the saturation by a random factor.",
        ),
        variant(
            "hue",
            &[
                required(
                    "hue",
                    HUE_SHIFT,
                    "Largest shift in either direction, as a share of the colour circle.",
                ),
                ALWAYS,
            ],
            "Shifts the hue.",
        ),
        variant(
            "grayscale",
            &[
                required(
                    "grayscale",
                    ValueKind::True,
                    "Replaces every pixel with its grey value.",
                ),
                probability("0.1"),
            ],
            "Removes the colours.",
        ),
        variant(
            "blur",
            &[
                required(
                    "blur",
                    list(&ValueKind::Float(Bounds::above(0.0, 100.0)), 2, 2),
                    "Smallest and largest standard deviation in pixels.",
                ),
                HALF,
            ],
            "Blurs with a Gaussian.",
        ),
        variant(
            "noise",
            &[
                required(
                    "noise",
                    ValueKind::Float(Bounds::SHARE),
                    "Standard deviation, as a share of the full range of pixels.",
                ),
                ALWAYS,
            ],
            "Adds Gaussian noise.",
        ),
        variant(
            "erase",
            &[
                required(
                    "erase",
                    SHARE_OF_AREA,
                    "Smallest and largest share of the image's area.",
                ),
                HALF,
            ],
            "Fills a random rectangle with the mean colour.",
        ),
        variant(
            "rand-augment",
            &[
                required(
                    "rand-augment",
                    ValueKind::Int { min: 1, max: 14 },
                    "Number of random operations.",
                ),
                int("magnitude", 0, 30, "9", "Strength of the operations."),
                ALWAYS,
            ],
            "RandAugment: random operations of equal strength.",
        ),
        variant(
            "trivial-augment",
            &[
                required(
                    "trivial-augment",
                    ValueKind::True,
                    "Applies one random operation of random strength.",
                ),
                ALWAYS,
            ],
            "TrivialAugment.",
        ),
        variant(
            "auto-augment",
            &[
                required(
                    "auto-augment",
                    ValueKind::OneOf(&["cifar10"]),
                    "The policy.",
                ),
                ALWAYS,
            ],
            "AutoAugment: a random pair of operations from a learned policy.",
        ),
        variant(
            "mixup",
            &[alpha("mixup"), ALWAYS],
            "Blends each image of a batch with another one.",
        ),
        variant(
            "cutmix",
            &[alpha("cutmix"), ALWAYS],
            "Replaces a rectangle of each image of a batch with that of another one.",
        ),
    ],
};
