//! One tree from a file, what it includes, and the overrides of the command line.

pub(crate) mod files;
pub(crate) mod merge;
pub(crate) mod overrides;
