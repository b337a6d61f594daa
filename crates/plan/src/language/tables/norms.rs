//! Normalisation, as an option of a layer and as a layer.

use super::define::{float, int, variant};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, Variants};

/// Largest number of channels, units or groups.
pub(super) const MAX_CHANNELS: i64 = 1 << 20;

/// `norm`
pub(crate) static NORMS: Variants = Variants {
    noun: "normalisation",
    default: None,
    list: &[
        variant("none", &[], "No normalisation."),
        variant(
            "batch",
            &[
                float(
                    "momentum",
                    Bounds::SHARE,
                    "0.1",
                    "Weight of the newest batch in the running statistics.",
                ),
                EPSILON,
            ],
            "Batch normalisation: each channel over the batch.",
        ),
        variant(
            "layer",
            &[EPSILON],
            "Layer normalisation: each image over all its elements.",
        ),
        variant(
            "group",
            &[
                int(
                    "groups",
                    1,
                    MAX_CHANNELS,
                    "32",
                    "Number of groups, which must divide the number of channels.",
                ),
                EPSILON,
            ],
            "Group normalisation: each image over groups of channels.",
        ),
        variant(
            "instance",
            &[EPSILON],
            "Instance normalisation: each channel of each image separately.",
        ),
    ],
};
const EPSILON: Field = float(
    "epsilon",
    Bounds::POSITIVE,
    "1e-5",
    "Added to the variance.",
);
