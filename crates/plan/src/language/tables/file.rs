//! The sections of a file.

use super::augment::AUGMENT;
use super::data::DATA;
use super::define::{list, optional, required};
use super::experiment::EXPERIMENT;
use super::model::MODEL;
use super::run::RUN;
use super::search::SEARCH;
use super::train::TRAIN;
use crate::language::field::{Field, ValueKind};

/// The whole file.
pub(crate) static FILE: &[Field] = &[
    optional(
        "include",
        INCLUDE,
        "One or more files that this file builds on, relative to this file. What this file says \
         overrides what they say.",
    ),
    required(
        "experiment",
        ValueKind::Table(EXPERIMENT),
        "The question, and how configurations are compared.",
    ),
    required(
        "data",
        ValueKind::Table(DATA),
        "The images, and how they are split.",
    ),
    optional(
        "augment",
        ValueKind::Table(AUGMENT),
        "How images are normalized and augmented.",
    ),
    optional(
        "augments",
        ValueKind::Any,
        "Named alternatives to [augment], chosen by an axis \"augment\".",
    ),
    required("model", ValueKind::Table(MODEL), "The network."),
    optional(
        "blocks",
        ValueKind::Any,
        "Reusable blocks of layers with parameters, used as { block = \"NAME\", … }.",
    ),
    optional(
        "models",
        ValueKind::Any,
        "Named alternatives to [model], chosen by an axis \"model\".",
    ),
    required(
        "train",
        ValueKind::Table(TRAIN),
        "How the network is trained.",
    ),
    optional(
        "optimizers",
        ValueKind::Any,
        "Named optimizers, chosen by name in [train] or by an axis \"train.optimizer\".",
    ),
    optional(
        "sweep",
        ValueKind::Any,
        "Blocks of axes. The plan contains the configurations of all blocks.",
    ),
    optional(
        "stage",
        ValueKind::Any,
        "Sweeps that run one after another, each from the best configuration of the stage before.",
    ),
    optional(
        "search",
        ValueKind::Table(SEARCH),
        "Which jobs may be skipped or stopped early. Nothing here is part of a job's id.",
    ),
    optional(
        "run",
        ValueKind::Table(RUN),
        "How jobs are run. Nothing here is part of a job's id.",
    ),
];

const INCLUDE: ValueKind = ValueKind::Either(&[ValueKind::Text, list(&ValueKind::Text, 1, 32)]);

/// Sections that an axis can change.
pub(crate) const AXIS_SECTIONS: [&str; 5] = ["data", "augment", "model", "blocks", "train"];

/// Pairs of keys of one table that exclude each other.
pub(crate) const EXCLUSIVE_KEYS: &[[&str; 2]] = &[
    ["validation", "folds"],
    ["validation", "file"],
    ["folds", "file"],
    ["warmup_epochs", "warmup_steps"],
];
