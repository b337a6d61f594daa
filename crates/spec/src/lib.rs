//! What a job *is*: resolved types, identities, events and layer shapes.
//!
//! The types here are the only ones that cross a process or a disk boundary. The crate does no I/O
//! and knows neither TOML nor tensors: `plan` fills these types from a file, `train` obeys them,
//! `store` and `report` read them.

pub mod augment;
pub mod canonical;
pub mod checkpoint;
pub mod command;
pub mod configuration;
pub mod data;
pub mod device;
pub mod event;
pub mod figures;
pub mod id;
pub mod job;
pub mod layout;
pub mod log;
pub mod loss;
pub mod metric;
pub mod model;
pub mod optimizer;
pub mod outcome;
pub mod pattern;
pub mod random;
pub mod range;
pub mod run_settings;
pub mod schedule;
pub mod search;
pub mod shape;
pub mod stopping;
pub mod task;
pub mod train;
pub mod weights;
pub mod words;

/// Version of the JSON that crosses a process or disk boundary; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// Raised only when the meaning of an existing key changes: it enters every job's id.
pub const SEMANTICS: u32 = 1;
