//! Decoded image sets: one file for each set in `<cache>/decoded`, written by the first process
//! that opens it and read by all.

mod by_hash;
mod cached_sets;
mod dataset;
mod format;
mod image_set;
mod open;
mod reader;
mod writer;

pub use by_hash::{decoded_set, image_names};
pub use cached_sets::{CachedSet, cached_sets};
pub use image_set::{ImageSet, LabelledImages};
pub use open::{facts, open, open_whole};
