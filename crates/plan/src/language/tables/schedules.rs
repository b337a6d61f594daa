//! `train.schedule`.

use super::define::{
    MANY, MAX_EPOCHS, METRIC_NAME, field, float, int, integer, list, optional, required, variant,
};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};

/// The options of a schedule, then those of every schedule.
macro_rules! schedule {
    ($key:literal, [$($own:expr),* $(,)?], $doc:literal) => {
        variant(
            $key,
            &[
                $($own,)*
                optional(
                    "warmup_epochs",
                    ValueKind::Float(Bounds::NOT_NEGATIVE),
                    "Length in epochs of a linear warm-up before the schedule.",
                ),
                optional(
                    "warmup_steps",
                    integer(1, MANY),
                    "Length in steps of a linear warm-up before the schedule.",
                ),
                float(
                    "warmup_from",
                    Bounds::SHARE,
                    "0.0",
                    "Learning rate at the first step of the warm-up, as a share of the rate at its \
                     end.",
                ),
            ],
            $doc,
        )
    };
}

const FACTOR: Field = required(
    "factor",
    ValueKind::Float(Bounds::POSITIVE),
    "Factor by which the learning rate is multiplied.",
);
const SPAN: Field = optional(
    "epochs",
    integer(1, MAX_EPOCHS),
    "Length of the schedule. By default, the epochs of the phase.",
);
const MIN_LR: Field = float(
    "min_lr",
    Bounds::NOT_NEGATIVE,
    "0.0",
    "Lowest learning rate.",
);

/// `train.schedule`
pub(crate) static SCHEDULES: Variants = Variants {
    noun: "schedule",
    default: Some("constant"),
    list: &[
        schedule!("constant", [], "Keeps the learning rate of the optimizer."),
        schedule!(
            "step",
            [
                required(
                    "every_epochs",
                    integer(1, MAX_EPOCHS),
                    "Number of epochs between two changes."
                ),
                FACTOR
            ],
            "Multiplies the learning rate by a factor at regular intervals."
        ),
        schedule!(
            "multi-step",
            [
                required(
                    "after_epochs",
                    list(&integer(1, MAX_EPOCHS), 1, 1000),
                    "Numbers of completed epochs after which the learning rate changes.",
                ),
                FACTOR,
            ],
            "Multiplies the learning rate by a factor after each of the given epochs."
        ),
        schedule!(
            "exponential",
            [required(
                "factor",
                ValueKind::Float(Bounds::POSITIVE),
                "Factor by which the learning rate changes over one epoch."
            )],
            "Changes the learning rate by the same factor over every epoch, a little at each step."
        ),
        schedule!(
            "polynomial",
            [
                SPAN,
                float(
                    "power",
                    Bounds::POSITIVE,
                    "1.0",
                    "Exponent; 1 for a straight line."
                ),
                MIN_LR
            ],
            "Decreases the learning rate as a power of the remaining share of the schedule."
        ),
        schedule!(
            "cosine",
            [SPAN, MIN_LR],
            "Decreases the learning rate along half a cosine."
        ),
        schedule!(
            "cosine-restarts",
            [
                required(
                    "every_epochs",
                    integer(1, MAX_EPOCHS),
                    "Length of the first cycle."
                ),
                int(
                    "growth",
                    1,
                    100,
                    "1",
                    "Length of each cycle, as a multiple of the one before."
                ),
                MIN_LR,
            ],
            "Decreases the learning rate along half a cosine, again in every cycle."
        ),
        schedule!(
            "one-cycle",
            [
                SPAN,
                field(
                    "pct_start",
                    ValueKind::Float(Bounds::BETWEEN_ZERO_AND_ONE),
                    "0.3",
                    "Share of the schedule during which the learning rate rises."
                ),
                float(
                    "div_factor",
                    Bounds::POSITIVE,
                    "25",
                    "The first learning rate is lr / div_factor."
                ),
                float(
                    "final_div_factor",
                    Bounds::POSITIVE,
                    "1e4",
                    "The last learning rate is the first one / final_div_factor."
                ),
                field(
                    "anneal",
                    ValueKind::OneOf(&["cosine", "linear"]),
                    "\"cosine\"",
                    "Shape of the rise and of the fall."
                ),
            ],
            "Raises the learning rate to that of the optimizer, then lowers it far below the start."
        ),
        schedule!(
            "triangular",
            [
                required(
                    "cycle_epochs",
                    ValueKind::Float(Bounds::POSITIVE),
                    "Length of a cycle, that is, of one rise and one fall together."
                ),
                MIN_LR,
                field(
                    "shrink",
                    ValueKind::Float(Bounds::POSITIVE_SHARE),
                    "1.0",
                    "Height of each peak, as a multiple of the one before."
                ),
            ],
            "Raises and lowers the learning rate in straight lines, again in every cycle."
        ),
        schedule!(
            "plateau",
            [
                field(
                    "metric",
                    METRIC_NAME,
                    "\"val_loss\"",
                    "The metric that must improve."
                ),
                field(
                    "factor",
                    ValueKind::Float(Bounds::BETWEEN_ZERO_AND_ONE),
                    "0.1",
                    "Factor by which the learning rate is multiplied."
                ),
                int(
                    "patience",
                    0,
                    MAX_EPOCHS,
                    "10",
                    "Number of epochs without an improvement that are tolerated."
                ),
                float(
                    "min_delta",
                    Bounds::NOT_NEGATIVE,
                    "1e-4",
                    "A change must exceed this to count as an improvement."
                ),
                int(
                    "cooldown_epochs",
                    0,
                    MAX_EPOCHS,
                    "0",
                    "Number of epochs after a change that do not count towards the patience."
                ),
                MIN_LR,
            ],
            "Lowers the learning rate when a validation metric no longer improves."
        ),
    ],
};
