//! Image sets in numbers and pictures.

mod duplicates;
mod inspection;
mod near;
mod pictures;
mod sheet;

pub use duplicates::Duplicates;
pub use inspection::{Inspection, PartInspection, inspect};
pub use near::{NearPair, near_duplicates};
pub use pictures::preview;
