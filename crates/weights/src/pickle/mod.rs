//! Judging pickles before they are read: what they would call, and how much memory they can need.
//!
//! Nothing is executed here or by the reader. A pickle is a program for a stack machine; [`check`]
//! follows it with symbols in place of objects, so that each name that it would call is known.

mod bytes;
mod calls;
mod machine;
mod symbol;

pub(crate) use machine::{Checked, check};
pub(crate) use symbol::Symbol;

/// Most operations in all pickles of a file; the names of a network of a thousand layers need about
/// fifty thousand. The reader needs up to a few hundred bytes for each.
pub(crate) const MOST_OPERATIONS: u32 = 1_000_000;
