//! The language of `[search]` and `[run]`: which jobs are spared, and how the others are run.

use super::{MANY, field, int};
use crate::language::field::{Default, Field, Kind};
use Default::{None, Required, Value};

/// `[search]`
pub(crate) static SEARCH: &[Field] = &[
    field(
        "stop",
        Kind::Table(STOP),
        None,
        "The rule that stops jobs which will not win; the baseline never is.",
    ),
    field(
        "race",
        Kind::Table(RACE),
        None,
        "Further seeds only for configurations that may still be the best.",
    ),
];
pub(crate) static STOP: &[Field] = &[
    field(
        "rule",
        Kind::OneOf(&["successive-halving", "asha", "median"]),
        Value("\"successive-halving\""),
        "How it is decided. Asha and median depend on the order in which results arrive.",
    ),
    int(
        "eta",
        2,
        100,
        Value("3"),
        "Of so many configurations one goes on, for so many times as long.",
    ),
    int(
        "first",
        1,
        MANY,
        Value("1"),
        "Epochs before the first decision.",
    ),
];
pub(crate) static RACE: &[Field] = &[
    int(
        "start_seeds",
        2,
        10_000,
        Required,
        "So many seeds are trained for all.",
    ),
    int(
        "max_seeds",
        3,
        10_000,
        None,
        "So many seeds at most, more than experiment.seeds: further ones are numbered on. Without it the race ends at experiment.seeds.",
    ),
];

/// `[run]`
pub(crate) static RUN: &[Field] = &[
    field(
        "devices",
        DEVICES,
        Value("\"auto\""),
        "Devices to train on, as \"auto\" or a list like [\"cuda:0\", \"cpu\"].",
    ),
    field(
        "slots",
        Kind::Table(SLOTS),
        Value("{}"),
        "Jobs at once on a device.",
    ),
    int(
        "threads",
        1,
        64,
        Value("1"),
        "Threads that share a job's work on the CPU, each on a core; no result depends on them. Jobs at once use the cores better.",
    ),
    field(
        "memory",
        Kind::Text,
        None,
        "Memory that a job may take, like \"2 GiB\": no more slots than fit, and a job on the CPU that wants more runs out of memory.",
    ),
    field(
        "order",
        Kind::OneOf(&["short-first", "file"]),
        Value("\"short-first\""),
        "Which configurations start first: those of the least work, for an early picture, or those that the file names first. All seeds of a configuration stand together.",
    ),
    field(
        "priority",
        Kind::List {
            of: &Kind::Any,
            min: 1,
            max: 1000,
        },
        None,
        "Axis values of configurations that start before all others, the first of the list first: [{ \"model.parameters.width\" = 64 }].",
    ),
    field(
        "retry",
        Kind::Table(RETRY),
        Value("{}"),
        "Further attempts after an outcome.",
    ),
    field(
        "on_failure",
        ON_FAILURE,
        Value("\"continue\""),
        "What a failed job means for the others: \"continue\", \"stop\", or { after = 5 } to stop after so many. A diverged job is an answer, no failure.",
    ),
    field(
        "time_limit",
        Kind::Text,
        None,
        "How long a job may train in a run, like \"2 h\"; it keeps a checkpoint and goes on in the next run.",
    ),
    field(
        "sweep_time_limit",
        Kind::Text,
        None,
        "How long a run may last, like \"12 h\"; running jobs then write a checkpoint, and the next run goes on.",
    ),
    field(
        "checkpoint_every",
        Kind::Text,
        Value("\"1 epoch\""),
        "How often a running job is made safe: \"5 epochs\", or \"30 s\".",
    ),
    field(
        "lost_after",
        Kind::Text,
        Value("\"60 s\""),
        "Silence after which a worker counts as lost and is killed; it says every second that it lives.",
    ),
    int(
        "breaker",
        1,
        1000,
        Value("5"),
        "Jobs in succession that end in the same error on a device, after which the device gets no more.",
    ),
];
const ON_FAILURE: Kind = Kind::Either(&[Kind::OneOf(&["continue", "stop"]), Kind::Table(AFTER)]);
pub(crate) static AFTER: &[Field] = &[int(
    "after",
    1,
    MANY,
    Required,
    "Failed jobs after which no more are started.",
)];
const DEVICES: Kind = Kind::Either(&[
    Kind::OneOf(&["auto"]),
    Kind::List {
        of: &Kind::Text,
        min: 1,
        max: 1000,
    },
]);
pub(crate) static SLOTS: &[Field] = &[
    field(
        "cpu",
        Kind::Either(&[Kind::Int { min: 1, max: 4096 }, Kind::OneOf(&["cores"])]),
        Value("\"cores\""),
        "On the CPU; \"cores\" for as many as there are cores for their threads.",
    ),
    int("cuda", 1, 64, Value("1"), "On each CUDA device."),
];
pub(crate) static RETRY: &[Field] = &[
    int("crashed", 0, 100, Value("2"), "After a worker that died."),
    int(
        "lost",
        0,
        100,
        Value("2"),
        "After a worker that was silent for too long.",
    ),
    int(
        "failed",
        0,
        100,
        Value("0"),
        "After an error that the worker could name.",
    ),
    int(
        "timed-out",
        0,
        100,
        Value("0"),
        "After the time limit, from the checkpoint.",
    ),
    int(
        "out-of-memory",
        0,
        0,
        Value("0"),
        "Never: the same job needs the same memory. Fewer slots or a smaller batch are another try.",
    ),
    int(
        "diverged",
        0,
        0,
        Value("0"),
        "Never: the same job diverges again. A lower learning rate is another job.",
    ),
];
