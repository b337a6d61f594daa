//! One tree from a file, what it includes, and the overrides of the command line.
//!
//! This comes after `language`, since how a table is laid over another depends on whether the
//! language gives it a name.

pub(crate) mod alternatives;
pub(crate) mod documents;
pub(crate) mod include;
pub(crate) mod no_effect;
pub(crate) mod overlay;
pub(crate) mod overrides;
pub(crate) mod parameters;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod seeds;
pub(crate) mod set_value;
