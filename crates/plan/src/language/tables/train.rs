//! `[train]`, its loss, evaluation and phases.

use super::define::{
    LAYER_PATTERNS, MAX_EPOCHS, METRIC_NAME, field, float, int, integer, list, optional, required,
    switch, variant,
};
use super::optimizers::OPTIMIZERS;
use super::schedules::SCHEDULES;
use super::transfer::FROM;
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};

pub(crate) static TRAIN: &[Field] = &[
    required(
        "epochs",
        integer(1, MAX_EPOCHS),
        "Passes over the training images, before any further phases.",
    ),
    int(
        "batch_size",
        1,
        1 << 20,
        "32",
        "Images in a batch. The last batch of an epoch may be smaller.",
    ),
    int(
        "accumulate",
        1,
        10_000,
        "1",
        "Number of batches whose gradients are accumulated for one step.",
    ),
    field(
        "ema",
        ValueKind::Either(&[
            ValueKind::OneOf(&["none"]),
            ValueKind::Float(Bounds::BETWEEN_ZERO_AND_ONE),
        ]),
        "\"none\"",
        "Decay of an exponential moving average of the weights, such as 0.999. The averaged \
         weights are then the ones that are evaluated and kept.",
    ),
    field(
        "loss",
        ValueKind::Named(&LOSSES),
        "\"cross-entropy\"",
        "The loss that is minimised.",
    ),
    field(
        "early_stopping",
        ValueKind::Either(&[
            ValueKind::OneOf(&["none"]),
            ValueKind::Table(EARLY_STOPPING),
        ]),
        "\"none\"",
        "Stops training when a validation metric no longer improves.",
    ),
    optional(
        "checkpoint",
        ValueKind::Either(&[ValueKind::OneOf(&["last", "best"]), ValueKind::Table(BEST)]),
        "Which weights are evaluated and kept: those of the last or those of the best epoch. By \
         default the last, or what `early_stopping` restores.",
    ),
    field(
        "evaluate",
        ValueKind::Table(EVALUATE),
        "{}",
        "How images are evaluated.",
    ),
    field(
        "optimizer",
        ValueKind::Named(&OPTIMIZERS),
        "\"adam\"",
        "The optimizer.",
    ),
    field(
        "schedule",
        ValueKind::Named(&SCHEDULES),
        "\"constant\"",
        "How the learning rate changes during training.",
    ),
    optional(
        "from",
        ValueKind::Table(FROM),
        "Trained weights to start from instead of random ones.",
    ),
    optional(
        "freeze",
        LAYER_PATTERNS,
        "Layers that are not trained: \"backbone\" (all but the last), \"conv1\", \"residual*\".",
    ),
    field(
        "phases",
        list(&ValueKind::Table(PHASE), 0, 1000),
        "[]",
        "Further phases of training after `epochs`.",
    ),
    field(
        "kernels",
        ValueKind::OneOf(&["auto", "direct", "stock"]),
        "\"auto\"",
        "How layers are computed on a CPU: by the fastest method for each, by direct convolution, \
         or by the stock operations of the tensor library.",
    ),
    field(
        "precision",
        ValueKind::OneOf(&["f32", "tf32", "bf16"]),
        "\"f32\"",
        "The precision of convolutions, dense layers and what is between them, in training and \
         evaluation; weights, losses and the optimizer always have 32 bits. \"tf32\" needs an \
         NVIDIA GPU (`cuda`), \"bf16\" one or LibTorch (`libtorch`); the CPU's own kernels have \
         \"f32\" only.",
    ),
];

/// `train.early_stopping` as a table
pub(crate) static EARLY_STOPPING: &[Field] = &[
    field(
        "metric",
        METRIC_NAME,
        "\"val_loss\"",
        "The metric that must improve.",
    ),
    int(
        "patience",
        1,
        MAX_EPOCHS,
        "5",
        "Training stops after this many epochs in a row without an improvement.",
    ),
    float(
        "min_delta",
        Bounds::NOT_NEGATIVE,
        "0.0",
        "A change must exceed this to count as an improvement.",
    ),
    switch(
        "restore_best",
        "true",
        "Whether the weights of the best epoch are evaluated and kept instead of the weights of \
         the last.",
    ),
];

/// `train.checkpoint` as a table
pub(crate) static BEST: &[Field] = &[required(
    "best",
    METRIC_NAME,
    "The metric that decides which epoch is best.",
)];

/// `train.evaluate`
pub(crate) static EVALUATE: &[Field] = &[field(
    "tta",
    ValueKind::OneOf(&["none", "flip"]),
    "\"none\"",
    "Test-time augmentation: \"flip\" averages the probabilities of an image and its mirror image.",
)];

/// `train.loss`
pub(crate) static LOSSES: Variants = Variants {
    noun: "loss",
    default: Some("cross-entropy"),
    list: &[variant(
        "cross-entropy",
        &[
            float(
                "label_smoothing",
                Bounds::BELOW_ONE,
                "0.0",
                "Share of each target that is spread evenly over all classes.",
            ),
            float(
                "focal",
                Bounds::NOT_NEGATIVE,
                "0.0",
                "Exponent γ of the focal loss, which gives less weight to images that are already \
                 classified well. 0 is the plain cross-entropy.",
            ),
            field(
                "class_weights",
                ValueKind::Either(&[
                    ValueKind::OneOf(&["none", "balanced"]),
                    list(&ValueKind::Float(Bounds::NOT_NEGATIVE), 2, 65_536),
                ]),
                "\"none\"",
                "Weights of the classes: \"balanced\" for the inverse of their frequencies, or a \
                 list with one weight for each class.",
            ),
        ],
        "Cross-entropy of the softmax.",
    )],
};

/// A phase of `train.phases`
pub(crate) static PHASE: &[Field] = &[
    required(
        "epochs",
        integer(1, MAX_EPOCHS),
        "Passes over the training images in this phase.",
    ),
    optional(
        "optimizer",
        ValueKind::Part(&ValueKind::Named(&OPTIMIZERS)),
        "Changes to the optimizer of the phase before.",
    ),
    optional(
        "schedule",
        ValueKind::Part(&ValueKind::Named(&SCHEDULES)),
        "Changes to the schedule of the phase before.",
    ),
    optional(
        "freeze",
        LAYER_PATTERNS,
        "Layers that are not trained from this phase on, in addition to those of the phase before.",
    ),
    optional(
        "unfreeze",
        LAYER_PATTERNS,
        "Layers that are trained again from this phase on; \"*\" for all.",
    ),
];
