//! The features that a job keeps.
//!
//! Features are kept where they are the same in every epoch: no step augments or mixes images, and
//! the first operations of the network are frozen ([`Network::frozen_operations`]). Later epochs,
//! and other jobs with the same frozen operations, then compute the other layers only, to the same
//! bits.

use super::images::FeatureImages;
use super::kept::KeptFeatures;
use super::shared::SharedFeatures;
use crate::job_data::JobData;
use crate::process::memory_share;
use convsweep_data::DataError;
use convsweep_nn::{Features, Network};
use convsweep_spec::job::Job;
use std::collections::BTreeMap;

/// Most memory that features may take, in bytes: those of 65,536 images with 2048 values each.
const LARGEST: u64 = 512 << 20;

/// Limits the memory in bytes for tests and measurements; 0 computes everything in every epoch.
const VARIABLE: &str = "CONVSWEEP_FEATURE_MEMORY";

/// The features that are kept.
#[derive(Debug, Default)]
pub(crate) struct FeatureCache {
    /// Number of the network's operations that made them; 0 if none are kept.
    operations: usize,
    /// Their [`Network::frozen_digest`].
    digest: String,
    /// Bytes that further features may take.
    memory: u64,
    /// Whether those of the training images do not fit into the memory. None are kept then.
    is_too_large: bool,
    kept: BTreeMap<FeatureImages, KeptFeatures>,
    warnings: Vec<String>,
}

impl FeatureCache {
    /// Keeps features from here on if `network`, with which an epoch begins, has frozen operations
    /// and `repeats` says that each epoch has the same images. Features that other operations made
    /// are dropped.
    pub(crate) fn enter_epoch(&mut self, network: &Network, repeats: bool) {
        let operations = match repeats {
            true => network.frozen_operations(),
            false => 0,
        };
        if operations != self.operations {
            *self = FeatureCache {
                operations,
                digest: network.frozen_digest(operations),
                memory: limit(),
                ..FeatureCache::default()
            };
        }
    }

    /// Number of the operations whose features are kept; `None` if none are.
    pub(crate) fn operations(&self) -> Option<usize> {
        (self.operations > 0 && !self.is_too_large).then_some(self.operations)
    }

    /// Whether the features that are kept are those that this network makes.
    pub(crate) fn are_of(&self, network: &Network) -> bool {
        self.operations().is_some()
            && network.frozen_operations() == self.operations
            && network.frozen_digest(self.operations) == self.digest
    }

    /// Takes the features of these images from the data cache, if they are there and the job has
    /// none of its own.
    ///
    /// # Errors
    /// If the images cannot be read.
    pub(crate) fn open(
        &mut self,
        network: &Network,
        (job, data): (&Job, &JobData),
        images: FeatureImages,
    ) -> Result<(), DataError> {
        if self.memory == 0 || self.kept.contains_key(&images) {
            return Ok(());
        }
        let mut kept = KeptFeatures::default();
        if let Some(shared) = SharedFeatures::of(job, data, images, &self.digest) {
            let network = (network, self.operations);
            if let Some(found) = shared.read(network, self.memory, &mut self.warnings)? {
                self.memory -= found.bytes();
                kept = found;
            }
        }
        self.kept.insert(images, kept);
        Ok(())
    }

    /// The features of these rows, if all of them are kept.
    pub(crate) fn kept(&self, images: FeatureImages, rows: &[u32]) -> Option<Features> {
        self.kept.get(&images)?.get(rows)
    }

    /// Computes the features of these rows, and keeps them if those of all images fit into the
    /// memory.
    ///
    /// # Errors
    /// If the images cannot be read.
    pub(crate) fn compute(
        &mut self,
        network: &Network,
        data: &JobData,
        images: FeatureImages,
        rows: &[u32],
    ) -> Result<Features, DataError> {
        let features = images.compute((network, self.operations), data, rows)?;
        let count = images.rows(data).len();
        let kept = self.kept.entry(images).or_default();
        if kept.is_empty() {
            let values = features.values_per_image().saturating_mul(count);
            let bytes = (values as u64).saturating_mul(size_of::<f32>() as u64);
            if bytes > self.memory {
                self.is_too_large |= images == FeatureImages::Training;
                return Ok(features);
            }
            self.memory -= bytes;
        }
        kept.insert(rows, &features, count);
        Ok(features)
    }

    /// Puts the features of these images into the data cache once all of them are kept.
    pub(crate) fn share(&mut self, job: &Job, data: &JobData, images: FeatureImages) {
        let Some(kept) = self.kept.get_mut(&images) else {
            return;
        };
        if kept.is_settled || kept.is_empty() {
            return;
        }
        if let Some(shared) = SharedFeatures::of(job, data, images, &self.digest) {
            shared.write(kept, &mut self.warnings);
        }
    }

    /// What is to be said of features in the data cache, once.
    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

/// Bytes that features may take.
fn limit() -> u64 {
    let asked = std::env::var(VARIABLE).ok();
    let asked = asked.and_then(|bytes| bytes.parse().ok());
    asked.unwrap_or_else(|| memory_share().min(LARGEST))
}
