//! `train.from`.

use super::define::{field, list, optional};
use crate::language::field::{Field, ValueKind};

pub(crate) static FROM: &[Field] = &[
    optional(
        "weights",
        ValueKind::Text,
        "A file of weights, relative to this file: safetensors, or .pt and .pth of PyTorch; layers of \
         torchvision are recognised. convsweep weights inspect FILE says what is in it.",
    ),
    optional(
        "experiment",
        ValueKind::Text,
        "An experiment in the same results: the best job of its best configuration.",
    ),
    optional(
        "job",
        ValueKind::Text,
        "A job in the same results, by the first characters of its id.",
    ),
    field(
        "map",
        ValueKind::Any,
        "{}",
        "Names of layers in the file, as weights inspect lists them, and their names here: \
         { \"stem.*\" = \"conv*\" }.",
    ),
    optional(
        "head",
        ValueKind::Either(&[
            ValueKind::OneOf(&["new", "keep"]),
            list(&ValueKind::Text, 1, 1000),
        ]),
        "Whether the last layer is reinitialised or keeps the weights of the file, or a list of \
         the layers to reinitialise. By default, the last layer is new if the numbers of \
         classes differ.",
    ),
];
