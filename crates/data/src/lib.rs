//! Image sets as bytes: fetch, verify, decode, split, augment, batch.
//!
//! [`fetch()`] brings a published set into the data cache, [`facts()`] says what planning needs of
//! a set, [`open()`] decodes it once into one file and reads that image by image, [`split()`]
//! divides its rows, [`Batcher`] makes network inputs of them. Everything random here is a pure
//! function of seed, epoch and row. Tensors are left to others.

mod augment;
mod batch;
mod builtin;
mod change;
mod decoded;
mod error;
mod fetch;
mod files;
mod fit;
mod inspect;
mod listing;
mod mix;
mod open;
mod policy;
mod preview;
mod set;
mod shapes;
mod split;
mod statistics;

pub use batch::{Batcher, Normalization};
pub use error::{DataError, Kind};
pub use fetch::{fetch, is_fetched};
pub use inspect::{Duplicates, Inspection, PartInspection, inspect};
pub use open::{Location, facts, open};
pub use preview::{picture, preview};
pub use set::{ImageSet, Images};
pub use split::{Subset, Subsets, epoch_order, split};
pub use statistics::{MeanStd, mean_std};
