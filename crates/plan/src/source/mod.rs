//! Source texts, independent of the language: trees whose values know their location, and problems
//! that are shown at such locations.

pub(crate) mod parse;
pub(crate) mod problem;
pub(crate) mod report;
pub(crate) mod span;
pub(crate) mod text;
pub(crate) mod tree;
