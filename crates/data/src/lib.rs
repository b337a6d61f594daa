//! Image sets as bytes: fetch, verify, decode, split, augment, batch.
//!
//! The folders follow an image on its way into training:
//!
//! 1. [`fetch()`] brings the files of a published set into the data cache.
//! 2. [`facts()`] says what planning needs to know of a set; [`open()`] decodes it once into one
//!    file and reads that image by image. Sets come from three kinds of sources: `published` files,
//!    `image_files` in folders or tables, and drawn `shapes`.
//! 3. [`split()`] divides its rows into subsets.
//! 4. [`Batcher`] augments and normalises images into network inputs.
//!
//! What frozen layers make of the images is kept in the cache, too ([`FeatureFile`]).
//!
//! Everything random is a pure function of seed, epoch and row. Tensors are left to other crates.

mod augment;
mod batch;
mod cache_file;
mod checksum;
mod convert;
mod decoded;
mod error;
mod features;
mod fetch;
mod identity;
mod image_files;
mod inspect;
mod location;
mod lock;
mod memory;
mod parallel;
mod published;
mod shapes;
mod sink;
mod split;
mod statistics;

pub use batch::{Batcher, Normalizer};
pub use cache_file::{UnusedFile, remove_unused, unused_files};
pub use convert::picture;
pub use convsweep_kernels::{BatchChange, BatchMix};
pub use decoded::{
    CachedSet, ImageSet, LabelledImages, cached_sets, decoded_set, facts, image_names, open,
    open_whole,
};
pub use error::{DataError, DataErrorKind};
pub use features::{FeatureFile, FeatureWrite, StoredFeatures};
pub use fetch::{fetch, is_fetched};
pub use image_files::{
    FoundImages, TableImage, TableImages, TableReading, find_images, read_image, table_images,
};
pub use inspect::{
    Duplicates, Inspection, NearPair, PartInspection, inspect, near_duplicates, preview,
};
pub use location::{Location, LookProgress, Watch};
pub use split::{Subset, Subsets, epoch_order, split};
pub use statistics::mean_std;
