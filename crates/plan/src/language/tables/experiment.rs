//! `[experiment]`.

use super::define::{field, float, int, integer, list, optional, required, variant};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};
use convsweep_spec::metric::CHOOSING;

pub(crate) static EXPERIMENT: &[Field] = &[
    required(
        "name",
        ValueKind::Text,
        "Name of the experiment and of its folder in the results.",
    ),
    optional(
        "question",
        ValueKind::Text,
        "The question that the experiment answers; the title of the report.",
    ),
    field(
        "kind",
        ValueKind::Named(&KINDS),
        "\"comparison\"",
        "What is done with each configuration.",
    ),
    field(
        "seeds",
        SEEDS,
        "1",
        "Number of seeds (3 means 0, 1 and 2), or a list of seeds.",
    ),
    field(
        "metric",
        METRIC,
        "\"val_accuracy\"",
        "The metric by which configurations are compared.",
    ),
    optional(
        "margin",
        ValueKind::Float(Bounds::POSITIVE),
        "Differences of the metric up to this count as practically equal, in the metric's own unit: \
         0.005 is half a percentage point of an accuracy. By default, none do.",
    ),
    optional(
        "baseline",
        ValueKind::Any,
        "Axis values of the configuration that all others are compared with.",
    ),
    int(
        "limit",
        1,
        1_000_000,
        "10_000",
        "Largest number of jobs, as a guard against a grid that is larger than intended.",
    ),
    field(
        "show_test",
        ValueKind::OneOf(&["chosen", "all"]),
        "\"chosen\"",
        "Whether the report shows test results of the chosen configuration and the baseline only, \
         or of all configurations.",
    ),
];

/// `experiment.kind`
pub(crate) static KINDS: Variants = Variants {
    noun: "kind of experiment",
    default: Some("comparison"),
    list: &[
        variant(
            "comparison",
            &[],
            "Trains every configuration and compares them.",
        ),
        variant(
            "lr-range-test",
            &[
                float(
                    "from",
                    Bounds::POSITIVE,
                    "1e-7",
                    "Learning rate of the first step.",
                ),
                float(
                    "to",
                    Bounds::POSITIVE,
                    "10.0",
                    "Learning rate of the last step.",
                ),
                int(
                    "steps",
                    20,
                    100_000,
                    "100",
                    "Number of steps, unless the loss explodes earlier.",
                ),
            ],
            "Raises the learning rate at every step until the loss explodes. Epochs, phases and \
             the schedule are ignored.",
        ),
    ],
};

const SEEDS: ValueKind = ValueKind::Either(&[
    integer(1, 1_000_000),
    list(&integer(0, i64::MAX), 1, 1_000_000),
]);

const METRIC: ValueKind =
    ValueKind::Either(&[ValueKind::OneOf(&CHOOSING), ValueKind::Table(METRIC_TABLE)]);

static METRIC_TABLE: &[Field] = &[
    required("name", ValueKind::OneOf(&CHOOSING), "Name of the metric."),
    optional(
        "direction",
        ValueKind::OneOf(&["max", "min"]),
        "Whether larger or smaller values are better. By default, what suits the metric.",
    ),
];
