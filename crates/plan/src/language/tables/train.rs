//! The language of `[train]`: optimizers, schedules, phases.

use super::*;
use crate::language::field::{Bounds, Default, Family, Field, Kind};
use Default::{None, Required, Value};

/// Most epochs.
const EPOCHS: i64 = 100_000;
const ANY_SHARE: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: true,
    max_open: false,
};
const FRACTION: Bounds = Bounds {
    min: 0.0,
    max: 1.0,
    min_open: true,
    max_open: true,
};

/// `[train]`
pub(crate) static TRAIN: &[Field] = &[
    int(
        "epochs",
        1,
        EPOCHS,
        Required,
        "Passes over the training images, before further phases.",
    ),
    int(
        "batch_size",
        1,
        1 << 20,
        Value("32"),
        "Images in a batch; the last batch of an epoch may have fewer.",
    ),
    int(
        "accumulate",
        1,
        10_000,
        Value("1"),
        "Batches whose gradients make one step.",
    ),
    field(
        "ema",
        Kind::Float(INSIDE),
        None,
        "Decay of the weights' moving average, which is then what is evaluated and kept, as 0.999.",
    ),
    field(
        "loss",
        Kind::Named(&LOSSES),
        Value("\"cross-entropy\""),
        "What is minimised.",
    ),
    field(
        "early_stopping",
        Kind::Table(STOPPING),
        None,
        "Ends training when a validation metric has stopped improving.",
    ),
    field(
        "checkpoint",
        Kind::Either(&[Kind::OneOf(&["last", "best"]), Kind::Table(BEST)]),
        None,
        "Which weights are evaluated and kept: those of the last epoch, or those of the best one.",
    ),
    field(
        "evaluate",
        Kind::Table(EVALUATE),
        Value("{}"),
        "How images are evaluated.",
    ),
    field(
        "optimizer",
        Kind::Named(&OPTIMIZERS),
        Value("\"adam\""),
        "The optimizer.",
    ),
    field(
        "schedule",
        Kind::Named(&SCHEDULES),
        Value("\"constant\""),
        "The learning rate's course.",
    ),
    field(
        "from",
        Kind::Table(FROM),
        None,
        "Weights to start from, in place of drawn ones.",
    ),
    field(
        "freeze",
        PATTERNS,
        None,
        "Layers that are not trained: \"backbone\" (all but the last), \"conv1\", \"residual*\".",
    ),
    field(
        "phases",
        Kind::List {
            of: &Kind::Table(PHASE),
            min: 0,
            max: 1000,
        },
        Value("[]"),
        "What follows after `epochs`.",
    ),
    field(
        "kernels",
        Kind::OneOf(&["auto", "direct", "stock"]),
        Value("\"auto\""),
        "What computes it on a CPU: the fastest kernels, convolutions by their definition, or the tensor library's operations.",
    ),
];

/// `train.early_stopping`
pub(crate) static STOPPING: &[Field] = &[
    field(
        "metric",
        METRICS,
        Value("\"val_loss\""),
        "What must become better.",
    ),
    int(
        "patience",
        1,
        EPOCHS,
        Value("5"),
        "So many epochs in a row without a better value end training.",
    ),
    float(
        "min_delta",
        NOT_NEGATIVE,
        "0.0",
        "What is better by no more than this is not better.",
    ),
    field(
        "restore_best",
        Kind::Bool,
        Value("true"),
        "Whether the best epoch's weights are what is evaluated and kept.",
    ),
];

/// `train.checkpoint` as a table
pub(crate) static BEST: &[Field] = &[field(
    "best",
    METRICS,
    Required,
    "The metric that says which epoch is the best.",
)];

/// `train.evaluate`
pub(crate) static EVALUATE: &[Field] = &[field(
    "tta",
    Kind::OneOf(&["none", "flip"]),
    Value("\"none\""),
    "\"flip\" takes the mean of an image's and its mirror image's probabilities.",
)];

/// `train.loss`
pub(crate) static LOSSES: Family = Family {
    what: "loss",
    default: Some("cross-entropy"),
    variants: &[variant(
        "cross-entropy",
        &[
            float(
                "label_smoothing",
                BELOW_ONE,
                "0.0",
                "Share of each target that is spread over all classes.",
            ),
            float(
                "focal",
                NOT_NEGATIVE,
                "0.0",
                "Exponent that lowers the weight of what is already right.",
            ),
            field(
                "class_weights",
                Kind::Either(&[
                    Kind::OneOf(&["none", "balanced"]),
                    Kind::List {
                        of: &Kind::Float(NOT_NEGATIVE),
                        min: 2,
                        max: 65_536,
                    },
                ]),
                Value("\"none\""),
                "Weights of the classes: \"balanced\" for the inverse of their share, or one for each.",
            ),
        ],
        "Cross-entropy of the softmax.",
    )],
};

/// A phase of `train.phases`
pub(crate) static PHASE: &[Field] = &[
    int(
        "epochs",
        1,
        EPOCHS,
        Required,
        "Passes over the training images in this phase.",
    ),
    field(
        "optimizer",
        Kind::Part(&Kind::Named(&OPTIMIZERS)),
        None,
        "Changes to the optimizer of the phase before.",
    ),
    field(
        "schedule",
        Kind::Part(&Kind::Named(&SCHEDULES)),
        None,
        "Changes to the schedule of the phase before.",
    ),
    field(
        "freeze",
        PATTERNS,
        None,
        "Layers that are not trained from this phase on, beside those of the phase before.",
    ),
    field(
        "unfreeze",
        PATTERNS,
        None,
        "Layers that are trained again from this phase on; \"*\" for all.",
    ),
];

/// `train.from`
pub(crate) static FROM: &[Field] = &[
    field(
        "weights",
        Kind::Text,
        None,
        "A safetensors file, relative to this one; of PyTorch or torchvision too.",
    ),
    field(
        "experiment",
        Kind::Text,
        None,
        "An experiment of these results: the best job of its best configuration.",
    ),
    field(
        "job",
        Kind::Text,
        None,
        "A job of these results, by the beginning of its id.",
    ),
    field(
        "map",
        Kind::Any,
        Value("{}"),
        "Names of layers in the file and what they are here: { \"stem.*\" = \"conv*\" }.",
    ),
    field(
        "head",
        Kind::Either(&[
            Kind::OneOf(&["new", "keep"]),
            Kind::List {
                of: &Kind::Text,
                min: 1,
                max: 1000,
            },
        ]),
        None,
        "The last layer starts anew or is kept, or which layers start anew; default: new where the classes differ.",
    ),
];

/// Names of layers.
const PATTERNS: Kind = Kind::Either(&[
    Kind::Text,
    Kind::List {
        of: &Kind::Text,
        min: 1,
        max: 1000,
    },
]);

/// A group of an optimizer's `groups`
pub(crate) static GROUP: &[Field] = &[
    field(
        "layers",
        PATTERNS,
        Required,
        "Which layers: \"backbone\" (all but the last), \"head\", \"conv1\", \"residual*\".",
    ),
    float(
        "lr_factor",
        NOT_NEGATIVE,
        "1.0",
        "Times the optimizer's rate.",
    ),
    field(
        "weight_decay",
        Kind::Float(NOT_NEGATIVE),
        None,
        "In place of the optimizer's weight decay.",
    ),
];

/// What every optimizer has, then its own.
macro_rules! optimizer {
    ($key:literal, lr = $lr:literal, weight_decay = $decay:literal, [$($field:expr),* $(,)?], $doc:literal) => {
        variant(
            $key,
            &[
                float("lr", POSITIVE, $lr, "Learning rate."),
                float("weight_decay", NOT_NEGATIVE, $decay, "Weight decay: an L2 term, or where decoupled a shrinking."),
                field(
                    "decay_norm_and_bias",
                    Kind::Bool,
                    Value("true"),
                    "Whether the parameters of norms and biases decay too.",
                ),
                field(
                    "clip_norm",
                    Kind::Float(POSITIVE),
                    None,
                    "Largest norm of all gradients together; larger ones are scaled down to it.",
                ),
                field(
                    "groups",
                    Kind::List { of: &Kind::Table(GROUP), min: 0, max: 1000 },
                    Value("[]"),
                    "Layers with a rate or weight decay of their own; the last group with a layer counts.",
                ),
                $($field),*
            ],
            $doc,
        )
    };
}

const MOMENTUM: Field = float("momentum", BELOW_ONE, "0.0", "Momentum, 0 for none.");
const BETA1: Field = float("beta1", BELOW_ONE, "0.9", "Decay of the first moment.");
const BETA2: Field = float("beta2", BELOW_ONE, "0.999", "Decay of the second moment.");
const DECOUPLED: Field = field(
    "decoupled",
    Kind::Bool,
    Value("false"),
    "Weight decay as a shrinking by lr·decay, apart from the gradient.",
);

/// `train.optimizer`
pub(crate) static OPTIMIZERS: Family = Family {
    what: "optimizer",
    default: Some("adam"),
    variants: &[
        optimizer!(
            "sgd",
            lr = "0.01",
            weight_decay = "0.0",
            [
                MOMENTUM,
                field(
                    "nesterov",
                    Kind::Bool,
                    Value("false"),
                    "Nesterov's form of momentum."
                ),
                DECOUPLED
            ],
            "Stochastic gradient descent."
        ),
        optimizer!(
            "adam",
            lr = "0.001",
            weight_decay = "0.0",
            [
                BETA1,
                BETA2,
                float(
                    "epsilon",
                    POSITIVE,
                    "1e-7",
                    "Added to the root of the second moment, as in Keras."
                )
            ],
            "Adam."
        ),
        optimizer!(
            "adamw",
            lr = "0.001",
            weight_decay = "0.01",
            [
                BETA1,
                BETA2,
                float(
                    "epsilon",
                    POSITIVE,
                    "1e-8",
                    "Added to the root of the second moment."
                )
            ],
            "Adam with decoupled weight decay."
        ),
        optimizer!(
            "rmsprop",
            lr = "0.001",
            weight_decay = "0.0",
            [
                float("decay", BELOW_ONE, "0.99", "Decay of the mean square."),
                float(
                    "epsilon",
                    POSITIVE,
                    "1e-8",
                    "Added to the root of the mean square."
                ),
                MOMENTUM,
                field(
                    "centered",
                    Kind::Bool,
                    Value("false"),
                    "Whether the squared mean gradient is taken off."
                ),
                DECOUPLED,
            ],
            "RMSprop."
        ),
        optimizer!(
            "adagrad",
            lr = "0.01",
            weight_decay = "0.0",
            [
                float(
                    "epsilon",
                    POSITIVE,
                    "1e-10",
                    "Added to the root of the sum of squares."
                ),
                float(
                    "initial",
                    NOT_NEGATIVE,
                    "0.0",
                    "Where the sum of squares starts."
                ),
                DECOUPLED,
            ],
            "Adagrad."
        ),
        optimizer!(
            "lion",
            lr = "0.0001",
            weight_decay = "0.0",
            [
                BETA1,
                float("beta2", BELOW_ONE, "0.99", "Decay of the mean gradient.")
            ],
            "Lion: the sign of a mean gradient; decay decoupled."
        ),
        optimizer!(
            "muon",
            lr = "0.02",
            weight_decay = "0.0",
            [
                float("momentum", BELOW_ONE, "0.95", "Momentum."),
                field(
                    "nesterov",
                    Kind::Bool,
                    Value("true"),
                    "Nesterov's form of momentum."
                ),
                int("iterations", 1, 20, Value("5"), "Newton-Schulz iterations."),
                float(
                    "adam_lr",
                    POSITIVE,
                    "0.001",
                    "Learning rate of norms, biases and the last layer, by AdamW."
                ),
            ],
            "Muon: each weight matrix's momentum made orthogonal; decay decoupled."
        ),
    ],
};

/// What every schedule has, then its own.
macro_rules! schedule {
    ($key:literal, [$($field:expr),* $(,)?], $doc:literal) => {
        variant(
            $key,
            &[
                $($field,)*
                field("warmup_epochs", Kind::Float(NOT_NEGATIVE), None, "A linear rise over so many epochs before it."),
                int("warmup_steps", 1, u32::MAX as i64, None, "A linear rise over so many steps before it."),
                float("warmup_from", SHARE, "0.0", "Share of the rate at the first step of the rise."),
            ],
            $doc,
        )
    };
}

const FACTOR: Field = field(
    "factor",
    Kind::Float(POSITIVE),
    Required,
    "What the rate is multiplied by.",
);
const SPAN: Field = int(
    "epochs",
    1,
    EPOCHS,
    None,
    "Length of the course; default: the phase's epochs.",
);
const MIN_LR: Field = float(
    "min_lr",
    NOT_NEGATIVE,
    "0.0",
    "The rate at the lowest point.",
);

/// `train.schedule`
pub(crate) static SCHEDULES: Family = Family {
    what: "schedule",
    default: Some("constant"),
    variants: &[
        schedule!("constant", [], "The optimizer's rate throughout."),
        schedule!(
            "step",
            [
                int(
                    "every_epochs",
                    1,
                    EPOCHS,
                    Required,
                    "Epochs between two changes."
                ),
                FACTOR
            ],
            "Changed by a factor after every so many epochs."
        ),
        schedule!(
            "multi-step",
            [
                field(
                    "after_epochs",
                    Kind::List {
                        of: &Kind::Int {
                            min: 1,
                            max: EPOCHS
                        },
                        min: 1,
                        max: 1000
                    },
                    Required,
                    "Numbers of completed epochs after which the rate changes.",
                ),
                FACTOR,
            ],
            "Changed by a factor after each of some epochs."
        ),
        schedule!(
            "exponential",
            [field(
                "factor",
                Kind::Float(POSITIVE),
                Required,
                "What the rate is multiplied by over an epoch."
            )],
            "Changed by a factor over every epoch, a little at every step."
        ),
        schedule!(
            "polynomial",
            [
                SPAN,
                float("power", POSITIVE, "1.0", "1 for a straight line."),
                MIN_LR
            ],
            "Falls as a power of what is left."
        ),
        schedule!("cosine", [SPAN, MIN_LR], "Falls as half a cosine."),
        schedule!(
            "cosine-restarts",
            [
                int(
                    "every_epochs",
                    1,
                    EPOCHS,
                    Required,
                    "Length of the first fall."
                ),
                int(
                    "growth",
                    1,
                    100,
                    Value("1"),
                    "Each fall is so many times as long as the one before."
                ),
                MIN_LR,
            ],
            "Falls as half a cosine again and again."
        ),
        schedule!(
            "one-cycle",
            [
                SPAN,
                field(
                    "pct_start",
                    Kind::Float(FRACTION),
                    Value("0.3"),
                    "Share of the cycle in which the rate rises."
                ),
                float(
                    "div_factor",
                    POSITIVE,
                    "25",
                    "The first rate is lr / div_factor."
                ),
                float(
                    "final_div_factor",
                    POSITIVE,
                    "1e4",
                    "The last rate is the first one / final_div_factor."
                ),
                field(
                    "anneal",
                    Kind::OneOf(&["cosine", "linear"]),
                    Value("\"cosine\""),
                    "Shape of both slopes."
                ),
            ],
            "Up to the optimizer's rate and far down, once."
        ),
        schedule!(
            "triangular",
            [
                field(
                    "cycle_epochs",
                    Kind::Float(POSITIVE),
                    Required,
                    "Length of up and down together."
                ),
                MIN_LR,
                field(
                    "shrink",
                    Kind::Float(ANY_SHARE),
                    Value("1.0"),
                    "Each peak is so many times as high as the last."
                ),
            ],
            "Up and down in straight lines, again and again."
        ),
        schedule!(
            "plateau",
            [
                field(
                    "metric",
                    METRICS,
                    Value("\"val_loss\""),
                    "What must become better."
                ),
                field(
                    "factor",
                    Kind::Float(FRACTION),
                    Value("0.1"),
                    "What the rate is multiplied by."
                ),
                int(
                    "patience",
                    0,
                    EPOCHS,
                    Value("10"),
                    "Epochs without a better value that are borne."
                ),
                float(
                    "min_delta",
                    NOT_NEGATIVE,
                    "1e-4",
                    "What is better by no more than this is not better."
                ),
                int(
                    "cooldown_epochs",
                    0,
                    EPOCHS,
                    Value("0"),
                    "Epochs after a change in which none is counted."
                ),
                MIN_LR,
            ],
            "Changed by a factor when a validation metric has stopped becoming better."
        ),
    ],
};
