//! From a section of the tree to the resolved type of `spec`, every default filled in.
//!
//! A function here answers `None` only after it has told the [`Sink`](crate::check::Sink) why.

pub(crate) mod augment;
pub(crate) mod data;
pub(crate) mod experiment;
mod layer;
pub(crate) mod model;
pub(crate) mod patterns;
pub(crate) mod range;
pub(crate) mod run;
pub(crate) mod search;
mod structure;
pub(crate) mod train;
pub(crate) mod transfer;
