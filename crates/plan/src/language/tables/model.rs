//! `[model]` and `[blocks]`.

use super::define::{field, optional, required};
use super::layers::{INITS, layers};
use crate::language::field::{Field, ValueKind};
use crate::language::presets::NAMES;

/// `[model]` and `[models.NAME]`
pub(crate) static MODEL: &[Field] = &[
    optional(
        "parameters",
        ValueKind::Any,
        "Parameters of the model, used in its layers and in blocks as \"$name\".",
    ),
    optional("layers", layers(), "Layers from the image to the logits."),
    optional(
        "preset",
        ValueKind::OneOf(NAMES),
        "A published architecture instead of layers. Its parameters can be set.",
    ),
    field(
        "init",
        ValueKind::OneOf(INITS),
        "\"glorot-uniform\"",
        "How weights are initialised in layers that do not say.",
    ),
];

/// `[blocks.NAME]`
pub(crate) static BLOCK: &[Field] = &[
    optional(
        "parameters",
        ValueKind::Any,
        "Parameters of the block with their defaults, used in its layers as \"$name\". Other names \
         refer to parameters of the model.",
    ),
    required(
        "layers",
        layers(),
        "The layers that { block = \"NAME\" } expands to.",
    ),
];
