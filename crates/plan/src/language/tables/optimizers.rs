//! `train.optimizer` and `[optimizers]`.

use super::define::{LAYER_PATTERNS, field, float, int, list, optional, required, switch, variant};
use crate::language::bounds::Bounds;
use crate::language::field::{Field, ValueKind, Variants};

/// A group of `groups`
pub(crate) static GROUP: &[Field] = &[
    required(
        "layers",
        LAYER_PATTERNS,
        "The layers: \"backbone\" (all but the last), \"head\", \"conv1\", \"residual*\".",
    ),
    float(
        "lr_factor",
        Bounds::NOT_NEGATIVE,
        "1.0",
        "Learning rate of these layers, as a multiple of the optimizer's.",
    ),
    optional(
        "weight_decay",
        ValueKind::Float(Bounds::NOT_NEGATIVE),
        "Weight decay of these layers, instead of the optimizer's.",
    ),
];

/// The options of every optimizer, then its own.
macro_rules! optimizer {
    (
        $key:literal,
        lr = $lr:literal,
        weight_decay = $decay:literal,
        [$($own:expr),* $(,)?],
        $doc:literal
    ) => {
        variant(
            $key,
            &[
                float("lr", Bounds::POSITIVE, $lr, "Learning rate."),
                float(
                    "weight_decay",
                    Bounds::NOT_NEGATIVE,
                    $decay,
                    "Weight decay: an L2 term in the gradient or, if decoupled, a direct shrinkage \
                     of the weights.",
                ),
                switch(
                    "decay_norm_and_bias",
                    "true",
                    "Whether weight decay also applies to biases and to the parameters of norms.",
                ),
                field(
                    "clip_norm",
                    ValueKind::Either(&[
                        ValueKind::OneOf(&["none"]),
                        ValueKind::Float(Bounds::POSITIVE),
                    ]),
                    "\"none\"",
                    "Largest norm of all gradients taken together. Gradients with a larger norm \
                     are scaled down to it.",
                ),
                float(
                    "layer_decay",
                    Bounds::POSITIVE_SHARE,
                    "1.0",
                    "Factor on the learning rate from each layer to the one before it, of the \
                     model's own list of layers with parameters: 0.75 lets the first of many \
                     layers hardly change when trained weights are fine-tuned. The rates of \
                     `groups` come on top.",
                ),
                field(
                    "groups",
                    list(&ValueKind::Table(GROUP), 0, 1000),
                    "[]",
                    "Layers with their own learning rate or weight decay. A layer in several \
                     groups follows the last of them.",
                ),
                $($own),*
            ],
            $doc,
        )
    };
}

const fn momentum(default: &'static str) -> Field {
    float(
        "momentum",
        Bounds::BELOW_ONE,
        default,
        "Momentum; 0 for none.",
    )
}

const fn nesterov(default: &'static str) -> Field {
    switch("nesterov", default, "Whether to use Nesterov momentum.")
}

const fn beta2(default: &'static str, doc: &'static str) -> Field {
    float("beta2", Bounds::BELOW_ONE, default, doc)
}

const fn epsilon(default: &'static str, doc: &'static str) -> Field {
    float("epsilon", Bounds::POSITIVE, default, doc)
}

const BETA1: Field = float(
    "beta1",
    Bounds::BELOW_ONE,
    "0.9",
    "Decay of the first moment.",
);
const SECOND_MOMENT: &str = "Decay of the second moment.";
const DECOUPLED: Field = switch(
    "decoupled",
    "false",
    "Whether weight decay shrinks the weights by lr·weight_decay instead of changing the gradient.",
);

/// `train.optimizer`
pub(crate) static OPTIMIZERS: Variants = Variants {
    noun: "optimizer",
    default: Some("adam"),
    list: &[
        optimizer!(
            "sgd",
            lr = "0.01",
            weight_decay = "0.0",
            [momentum("0.0"), nesterov("false"), DECOUPLED],
            "Stochastic gradient descent."
        ),
        optimizer!(
            "adam",
            lr = "0.001",
            weight_decay = "0.0",
            [
                BETA1,
                beta2("0.999", SECOND_MOMENT),
                epsilon(
                    "1e-7",
                    "Added to the square root of the second moment; the default is that of Keras."
                ),
            ],
            "Adam."
        ),
        optimizer!(
            "adamw",
            lr = "0.001",
            weight_decay = "0.01",
            [
                BETA1,
                beta2("0.999", SECOND_MOMENT),
                epsilon("1e-8", "Added to the square root of the second moment."),
            ],
            "Adam with decoupled weight decay."
        ),
        optimizer!(
            "rmsprop",
            lr = "0.001",
            weight_decay = "0.0",
            [
                float(
                    "decay",
                    Bounds::BELOW_ONE,
                    "0.99",
                    "Decay of the mean squared gradient."
                ),
                epsilon(
                    "1e-8",
                    "Added to the square root of the mean squared gradient."
                ),
                momentum("0.0"),
                switch(
                    "centered",
                    "false",
                    "Whether the squared mean gradient is subtracted, so that the gradient is \
                     divided by its standard deviation."
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
                epsilon(
                    "1e-10",
                    "Added to the square root of the sum of squared gradients."
                ),
                float(
                    "initial",
                    Bounds::NOT_NEGATIVE,
                    "0.0",
                    "Initial value of the sum of squared gradients."
                ),
                DECOUPLED,
            ],
            "Adagrad."
        ),
        optimizer!(
            "lion",
            lr = "0.0001",
            weight_decay = "0.0",
            [BETA1, beta2("0.99", "Decay of the mean gradient.")],
            "Lion: steps along the sign of a mean gradient, with decoupled weight decay."
        ),
        optimizer!(
            "muon",
            lr = "0.02",
            weight_decay = "0.0",
            [
                momentum("0.95"),
                nesterov("true"),
                int(
                    "iterations",
                    1,
                    20,
                    "5",
                    "Number of Newton-Schulz iterations."
                ),
                float(
                    "adam_lr",
                    Bounds::POSITIVE,
                    "0.001",
                    "Learning rate of AdamW, which trains norms, biases and the last layer."
                ),
            ],
            "Muon: orthogonalises the momentum of each weight matrix, with decoupled weight decay."
        ),
    ],
};
