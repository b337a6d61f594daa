//! What stands in a text, without knowing the language: trees whose values know their place, and
//! problems shown at such places.

pub(crate) mod parse;
pub(crate) mod problem;
pub(crate) mod report;
pub(crate) mod span;
pub(crate) mod text;
pub(crate) mod tree;
