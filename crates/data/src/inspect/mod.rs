//! Image sets in numbers and pictures.

mod duplicates;
mod inspection;
mod pictures;
mod sheet;

pub use duplicates::Duplicates;
pub use inspection::{Inspection, PartInspection, inspect};
pub use pictures::{picture, preview};
