//! `[search]`.

use super::define::{MANY, field, int, integer, optional, required};
use crate::language::field::{Field, ValueKind};

pub(crate) static SEARCH: &[Field] = &[
    optional(
        "stop",
        ValueKind::Table(STOP_RULE),
        "The rule by which unpromising jobs are stopped early. The baseline is never stopped. \
         Decisions are recorded and hold as long as the rule and its numbers stay the same.",
    ),
    optional(
        "race",
        ValueKind::Table(RACE),
        "Trains further seeds only for configurations that may still turn out best.",
    ),
];

/// `search.stop`
pub(crate) static STOP_RULE: &[Field] = &[
    field(
        "rule",
        ValueKind::OneOf(&["successive-halving", "asha", "median"]),
        "\"successive-halving\"",
        "The rule. \"asha\" and \"median\" depend on the order in which results arrive, which is \
         recorded. Jobs are judged by the epoch whose weights they would keep.",
    ),
    int(
        "eta",
        2,
        100,
        "3",
        "At each decision the best 1/eta of the configurations continue, for eta times as many \
         epochs.",
    ),
    int(
        "first",
        1,
        MANY,
        "1",
        "Number of epochs before the first decision.",
    ),
];

/// `search.race`
pub(crate) static RACE: &[Field] = &[
    required(
        "start_seeds",
        integer(2, 10_000),
        "Number of seeds that are trained for every configuration.",
    ),
    optional(
        "max_seeds",
        integer(3, 10_000),
        "Largest number of seeds of a configuration, greater than experiment.seeds; the additional \
         seeds are the smallest unused numbers. By default, the race ends at experiment.seeds.",
    ),
];
