//! The language itself: every section and key with its type, range, default and meaning.

mod augment;
mod data;
mod define;
mod experiment;
mod file;
mod layers;
mod model;
mod norms;
mod optimizers;
mod run;
mod schedules;
mod search;
mod sweep;
mod train;
mod transfer;

pub(crate) use augment::{AUGMENT, NORMALIZE, STEPS};
pub(crate) use data::{DATA, SOURCES, SPLIT};
pub(crate) use experiment::{EXPERIMENT, KINDS};
pub(crate) use file::{AXIS_SECTIONS, EXCLUSIVE_KEYS, FILE};
pub(crate) use layers::LAYERS;
pub(crate) use model::{BLOCK, MODEL};
pub(crate) use norms::NORMS;
pub(crate) use optimizers::{GROUP, OPTIMIZERS};
pub(crate) use run::{AFTER_FAILURES, RETRY, RUN, SLOTS, SLURM};
pub(crate) use schedules::SCHEDULES;
pub(crate) use search::{RACE, SEARCH, STOP_RULE};
pub(crate) use sweep::{RANGE, SAMPLE, STAGE, STAGE_ONLY, SWEEP};
pub(crate) use train::{BEST, EARLY_STOPPING, EVALUATE, LOSSES, PHASE, TRAIN};
pub(crate) use transfer::FROM;
