//! What a job *is*: resolved configurations, identities, events, and the shapes of networks.
//!
//! Only types of this crate cross a process or a disk boundary. The crate does no I/O and knows
//! neither TOML nor tensors: `plan` creates its types from an experiment file, `train` carries them
//! out, `store` and `report` read them.

pub mod augment;
pub mod canonical;
pub mod checkpoint;
pub mod command;
pub mod configuration;
pub mod data;
pub mod device;
pub mod event;
pub mod figures;
mod hex;
pub mod id;
pub mod inference;
pub mod job;
pub mod layer_names;
pub mod layout;
pub mod log;
pub mod log_line;
pub mod log_value;
pub mod loss;
pub mod metric;
pub mod model;
pub mod node;
pub mod optimizer;
pub mod outcome;
pub mod pattern;
pub mod plausible;
pub mod precision;
pub mod random;
pub mod range;
pub mod run_settings;
pub mod schedule;
pub mod seal;
pub mod search;
pub mod shape;
pub mod split;
pub mod stopping;
pub mod task;
pub mod train;
pub mod weights;
pub mod words;

/// Version of the JSON formats; readers refuse newer ones.
pub const FORMAT: u32 = 1;

/// Part of every job's id; raised only when the meaning of an existing key changes.
pub const SEMANTICS: u32 = 1;
