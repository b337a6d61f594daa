//! From sections of the tree to the resolved types of `spec`, with every default filled in.
//!
//! A function here answers `None` only after it has reported why.

mod as_written;
mod augment;
mod block_call;
mod checked_file;
mod checked_item;
mod composite;
mod data;
mod experiment;
mod image_set;
mod internal;
mod kind;
mod layer;
mod layer_lists;
mod layer_patterns;
mod layer_place;
mod layer_scope;
mod loss;
mod model;
mod norm;
mod occurrences;
mod optimizer;
mod padding;
mod pool;
mod quantities;
mod range_test;
mod run;
mod schedule;
mod section_cache;
mod set_notes;
mod split;
mod structure;
mod train;
mod transfer;
mod unused_parameters;

pub(crate) mod lookup;
pub(crate) mod resolver;
pub(crate) mod search;
pub(crate) mod section_values;
pub(crate) mod settings;
mod slurm;
pub(crate) mod stages;

pub(crate) use checked_file::CheckedFile;
