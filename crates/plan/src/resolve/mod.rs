//! From a section of the tree to the resolved type of `spec`, every default filled in.
//!
//! A function here answers `None` only after it has told the [`Sink`](crate::language::check::Sink) why.

pub(crate) mod augment;
pub(crate) mod data;
pub(crate) mod experiment;
mod layer;
pub(crate) mod lookup;
pub(crate) mod model;
pub(crate) mod patterns;
pub(crate) mod range;
pub(crate) mod resolver;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod sections;
pub(crate) mod stages;
mod structure;
pub(crate) mod train;
pub(crate) mod transfer;
