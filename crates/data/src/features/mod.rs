//! Files of features: what frozen first layers of networks make of images, kept for other jobs.

mod feature_file;
mod space;

pub use feature_file::{FeatureFile, FeatureWrite, StoredFeatures};
