//! Published image sets: what is known of them without their files, and how their files are read.

mod catalogue;
mod names;
mod read;

pub(crate) use catalogue::{BuiltIn, Download, Format};
pub(crate) use read::{Sink, locate, read};

#[cfg(test)]
pub(crate) use read::tests;
