//! What frozen first layers make of the images, computed once and kept from epoch to epoch.
//!
//! Features are kept where they are the same in every epoch: no step augments or mixes images, and
//! the first operations of the network are frozen ([`Network::frozen_operations`]). A later epoch
//! then computes the other layers only, to the same bits.

use crate::job_data::JobData;
use crate::process::memory_share;
use convsweep_data::{DataError, Subset};
use convsweep_nn::{Features, Network};
use std::collections::HashMap;

/// Most memory that features may take, in bytes: those of 65,536 images with 2048 values each.
const LARGEST: u64 = 512 << 20;

/// Limits the memory in bytes for tests and measurements; 0 computes everything in every epoch.
const VARIABLE: &str = "CONVSWEEP_FEATURE_MEMORY";

/// The features that are kept.
#[derive(Debug, Default)]
pub(crate) struct FeatureCache {
    /// Number of the network's operations that made them; 0 if none are kept.
    operations: usize,
    /// Bytes that they may take.
    limit: u64,
    /// Images whose features are kept, with two views of an image counted twice.
    images: usize,
    is_too_large: bool,
    /// Values of each training image, by its row, as training computes them.
    training: HashMap<u32, Vec<f32>>,
    /// The features of a batch without its images.
    empty: Option<Features>,
    /// Views of each batch of validation images, by the first row, as evaluation computes them.
    validation: HashMap<u32, Vec<Features>>,
}

impl FeatureCache {
    /// Keeps the features of `images` from here on if `network`, with which an epoch begins, has
    /// frozen operations and `repeats` says that each epoch has the same images. Features that
    /// other operations made are dropped.
    pub(crate) fn enter_epoch(&mut self, network: &Network, repeats: bool, images: usize) {
        let operations = match repeats {
            true => network.frozen_operations(),
            false => 0,
        };
        if operations != self.operations {
            *self = FeatureCache {
                operations,
                images,
                limit: limit(),
                ..FeatureCache::default()
            };
        }
    }

    /// Number of the operations whose features are kept; `None` if none are.
    pub(crate) fn operations(&self) -> Option<usize> {
        (self.operations > 0 && !self.is_too_large).then_some(self.operations)
    }

    /// The features of these rows for training, if all of them are kept.
    pub(crate) fn kept(&self, rows: &[u32]) -> Option<Features> {
        let empty = self.empty.as_ref()?;
        let mut values = Vec::with_capacity(rows.len() * empty.values_per_image());
        for row in rows {
            values.extend_from_slice(self.training.get(row)?);
        }
        Some(empty.of_others(values))
    }

    /// Computes the features of these rows for training, and keeps them.
    ///
    /// # Errors
    /// As [`convsweep_data::Batcher::evaluation`].
    pub(crate) fn compute(
        &mut self,
        network: &Network,
        data: &JobData,
        rows: &[u32],
    ) -> Result<Features, DataError> {
        let mut pixels = Vec::new();
        data.batcher
            .evaluation(Subset::Training, rows, &mut pixels)?;
        let shape = data.batch_shape(rows.len());
        let features = network.training_features(self.operations, pixels, shape);
        if self.has_room_for(&features) {
            for (&row, image) in rows.iter().zip(features.images()) {
                self.training.insert(row, image.to_vec());
            }
            self.empty = Some(features.of_others(Vec::new()));
        }
        Ok(features)
    }

    /// The logits of the views of a batch of validation images, whose first row is `first`, by the
    /// network that is trained. `views` makes the images.
    pub(crate) fn classify(
        &mut self,
        network: &Network,
        first: u32,
        shape: [usize; 4],
        views: impl FnOnce() -> Result<Vec<Vec<f32>>, DataError>,
    ) -> Result<Vec<Vec<f32>>, DataError> {
        let operations = self.operations;
        let logits = |kept: &Vec<Features>| {
            let kept = kept.iter();
            kept.map(|features| network.classify_from(operations, features))
                .collect()
        };
        if let Some(kept) = self.validation.get(&first) {
            return Ok(logits(kept));
        }
        let mut computed = Vec::new();
        for images in views()? {
            computed.push(network.evaluation_features(operations, images, shape));
        }
        let found = logits(&computed);
        if computed.iter().all(|features| self.has_room_for(features)) {
            self.validation.insert(first, computed);
        }
        Ok(found)
    }

    /// Whether such features of all images fit into the memory. If not, none are kept.
    fn has_room_for(&mut self, features: &Features) -> bool {
        let values = features.values_per_image().saturating_mul(self.images);
        let bytes = (values as u64).saturating_mul(size_of::<f32>() as u64);
        if bytes > self.limit {
            self.is_too_large = true;
            (self.training, self.validation) = (HashMap::new(), HashMap::new());
        }
        !self.is_too_large
    }
}

/// Bytes that features may take.
fn limit() -> u64 {
    let asked = std::env::var(VARIABLE).ok();
    let asked = asked.and_then(|bytes| bytes.parse().ok());
    asked.unwrap_or_else(|| memory_share().min(LARGEST))
}
