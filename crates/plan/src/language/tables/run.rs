//! `[run]`.

use super::define::{MANY, field, int, integer, list, optional, required};
use crate::language::field::{Field, ValueKind};

pub(crate) static RUN: &[Field] = &[
    field(
        "devices",
        DEVICES,
        "\"auto\"",
        "Devices to train on: \"auto\", or a list such as [\"cuda:0\", \"cpu\"].",
    ),
    field(
        "slots",
        ValueKind::Table(SLOTS),
        "{}",
        "Number of jobs that run on a device at the same time.",
    ),
    int(
        "threads",
        1,
        64,
        "1",
        "Threads that share the work of a job on the CPU, each on its own core. Results do not \
         depend on them. Several jobs at the same time use the cores better.",
    ),
    optional(
        "memory",
        ValueKind::Text,
        "Memory that a job may use, such as \"2 GiB\", at least 256 MiB. No more slots are used \
         than fit, and a job on the CPU that needs more runs out of memory. Without it, no more \
         slots are used than fit by the estimate that `convsweep plan` shows.",
    ),
    field(
        "order",
        ValueKind::OneOf(&["short-first", "file"]),
        "\"short-first\"",
        "Which configurations start first: those with the least work, which gives an early \
         picture, or those that come first in the file. All seeds of a configuration start \
         together.",
    ),
    optional(
        "priority",
        list(&ValueKind::Any, 1, 1000),
        "Axis values of configurations that start before all others, most urgent first: \
         [{ \"model.parameters.width\" = 64 }].",
    ),
    field(
        "retry",
        ValueKind::Table(RETRY),
        "{}",
        "Number of retries after each kind of failure.",
    ),
    field(
        "on_failure",
        ON_FAILURE,
        "\"continue\"",
        "What happens to the other jobs when one fails: \"continue\", \"stop\", or \
         { after = 5 } to stop after that many failures. A diverged job is a result, not a \
         failure.",
    ),
    optional(
        "time_limit",
        ValueKind::Text,
        "How long a job may train within one run, such as \"2 h\", at least 1 s. The job keeps a \
         checkpoint, from which the next run continues.",
    ),
    optional(
        "sweep_time_limit",
        ValueKind::Text,
        "How long a run may take, such as \"12 h\", at least 1 s. Running jobs then write a \
         checkpoint, from which the next run continues.",
    ),
    field(
        "checkpoint_every",
        ValueKind::Text,
        "\"1 epoch\"",
        "How often a running job writes a checkpoint: \"5 epochs\" or \"30 s\", at least 0.1 s.",
    ),
    field(
        "lost_after",
        ValueKind::Text,
        "\"60 s\"",
        "A worker sends a heartbeat every second. After this time without one, at least 3 s, it \
         counts as lost and is killed.",
    ),
    int(
        "breaker",
        1,
        1000,
        "5",
        "A device gets no more jobs after this many consecutive jobs ended on it with the same \
         error.",
    ),
    field(
        "slurm",
        ValueKind::Table(SLURM),
        "{}",
        "What `convsweep run FILE --slurm` asks a cluster for.",
    ),
];

/// `run.slurm`
pub(crate) static SLURM: &[Field] = &[
    optional(
        "partition",
        ValueKind::Text,
        "Partition, such as \"gpu\". Without it, the cluster's default one.",
    ),
    optional(
        "account",
        ValueKind::Text,
        "Account that the computing time is taken from. Without it, your default one.",
    ),
    optional(
        "qos",
        ValueKind::Text,
        "Quality of service. Without it, your default one.",
    ),
    optional(
        "constraint",
        ValueKind::Text,
        "Features that nodes must have, as `sbatch --constraint` takes them, such as \"avx512\". \
         Nodes of one kind give results that are equal to the bit.",
    ),
    optional(
        "time",
        ValueKind::Text,
        "Time limit of the allocation, such as \"4 h\", in whole minutes. What is not trained by then \
         continues in the next one (`requeue`). Without it, the partition's default.",
    ),
    int("nodes", 1, 4096, "1", "Number of nodes."),
    optional(
        "cpus",
        integer(1, 4096),
        "Cores of each node. Without it, what the cluster gives.",
    ),
    int("gpus", 0, 64, "0", "GPUs of each node."),
    optional(
        "memory",
        ValueKind::Text,
        "Memory of each node, such as \"32 GiB\". Without it, what the cluster gives.",
    ),
    int(
        "requeue",
        0,
        1000,
        "20",
        "How often the allocation goes back to the queue and continues there, after its time limit \
         or a preemption, while jobs are left and the last time trained something.",
    ),
    field(
        "grace",
        ValueKind::Text,
        "\"3 min\"",
        "How long before the time limit jobs are told to write checkpoints, at least 10 s. Slurm may \
         be up to a minute early.",
    ),
    field(
        "setup",
        list(&ValueKind::Text, 0, 100),
        "[]",
        "Lines of the batch script before the program, such as [\"module load cuda/12\"]. They are \
         kept with the results: no secrets.",
    ),
    field(
        "options",
        list(&ValueKind::Text, 0, 100),
        "[]",
        "Further options of `sbatch`, such as [\"--exclusive\"].",
    ),
];

const DEVICES: ValueKind =
    ValueKind::Either(&[ValueKind::OneOf(&["auto"]), list(&ValueKind::Text, 1, 1000)]);

const ON_FAILURE: ValueKind = ValueKind::Either(&[
    ValueKind::OneOf(&["continue", "stop"]),
    ValueKind::Table(AFTER_FAILURES),
]);

/// `run.on_failure` as a table
pub(crate) static AFTER_FAILURES: &[Field] = &[required(
    "after",
    integer(1, MANY),
    "Number of failed jobs after which no more are started.",
)];

/// `run.slots`
pub(crate) static SLOTS: &[Field] = &[
    field(
        "cpu",
        ValueKind::Either(&[integer(1, 4096), ValueKind::OneOf(&["cores"])]),
        "\"cores\"",
        "On the CPU; \"cores\" for as many jobs as there are cores for their threads.",
    ),
    int("cuda", 1, 64, "1", "On each CUDA device."),
];

/// `run.retry`
pub(crate) static RETRY: &[Field] = &[
    int("crashed", 0, 100, "2", "After a worker crashed."),
    int(
        "lost",
        0,
        100,
        "2",
        "After a worker was lost because it sent no heartbeat.",
    ),
    int(
        "failed",
        0,
        100,
        "0",
        "After an error that the worker reported.",
    ),
    int(
        "timed-out",
        0,
        100,
        "0",
        "After the time limit, from the checkpoint.",
    ),
    int(
        "out-of-memory",
        0,
        0,
        "0",
        "Always 0, since the same job needs the same memory. Use fewer slots or a smaller batch.",
    ),
    int(
        "diverged",
        0,
        0,
        "0",
        "Always 0, since the same job diverges again. Use a lower learning rate.",
    ),
];
