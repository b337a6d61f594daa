//! Compares values with what the language allows; every difference is a problem.

mod checker;
mod fits;
mod keyed;
mod named;
mod table;
mod value;

pub(crate) use checker::Checker;
pub(crate) use fits::fits;
pub(crate) use keyed::named_variants;
pub(crate) use table::{MAX_UNKNOWN, is_misspelt, unknown_key};
