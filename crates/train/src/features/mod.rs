//! What frozen first layers make of the images, computed once: it is kept in memory from epoch to
//! epoch, and in the data cache for other jobs.

mod cache;
mod images;
mod kept;
mod shared;

pub(crate) use cache::FeatureCache;
pub(crate) use images::FeatureImages;
