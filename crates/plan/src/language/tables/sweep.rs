//! `[[sweep]]` and `[[stage]]`.

use super::define::{field, int, integer, optional, required};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind};

const GRID: Field = optional(
    "grid",
    ValueKind::Any,
    "Axes whose values are combined in every possible way.",
);
const ZIP: Field = optional(
    "zip",
    ValueKind::Any,
    "Axes that change together: first values with first values, and so on.",
);
const EXCLUDE: Field = optional(
    "exclude",
    ValueKind::Any,
    "Combinations of axis values that are left out.",
);
const SAMPLE_FIELD: Field = optional(
    "sample",
    ValueKind::Any,
    "Draws points instead of taking every combination. Ranges then need no `steps`.",
);
const LABELS: Field = optional(
    "labels",
    ValueKind::Any,
    "Short names for the values of an axis, in the order of the values.",
);

/// A block of `[[sweep]]`
pub(crate) static SWEEP: &[Field] = &[GRID, ZIP, EXCLUDE, SAMPLE_FIELD, LABELS];

const STAGE_NAME: Field = optional(
    "name",
    ValueKind::Text,
    "Name of the stage. By default, its number.",
);
const STAGE_BLOCKS: Field = optional(
    "sweep",
    ValueKind::Any,
    "Blocks of axes, where one block is not enough.",
);

/// The keys of a stage that a block of `[[sweep]]` does not have
pub(crate) static STAGE_ONLY: &[Field] = &[STAGE_NAME, STAGE_BLOCKS];

/// A stage of `[[stage]]`
pub(crate) static STAGE: &[Field] = &[
    STAGE_NAME,
    STAGE_BLOCKS,
    GRID,
    ZIP,
    EXCLUDE,
    SAMPLE_FIELD,
    LABELS,
];

/// `sample` of a block
pub(crate) static SAMPLE: &[Field] = &[
    field(
        "method",
        ValueKind::OneOf(&["random", "sobol", "latin-hypercube"]),
        "\"random\"",
        "How points are drawn: \"random\" draws each independently; \"sobol\" and \
         \"latin-hypercube\" spread them evenly over all axes.",
    ),
    required("count", integer(1, 1 << 16), "Number of points."),
    int("seed", 0, i64::MAX, "0", "Seed of the draws."),
];

/// A range as the values of an axis
pub(crate) static RANGE: &[Field] = &[
    required("from", ValueKind::Float(Bounds::FINITE), "First value."),
    required("to", ValueKind::Float(Bounds::FINITE), "Last value."),
    optional(
        "steps",
        integer(2, 10_000),
        "Number of values, including both ends. Required except in a block with `sample`. Where \
         both ends are written as integers, the values of a key that takes integers are rounded to \
         integers, each of which is taken once.",
    ),
    field(
        "scale",
        ValueKind::OneOf(&["linear", "log"]),
        "\"linear\"",
        "Whether neighbouring values have equal differences or equal ratios.",
    ),
];
