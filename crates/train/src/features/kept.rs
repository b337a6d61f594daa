//! Features in memory.

use convsweep_data::StoredFeatures;
use convsweep_nn::Features;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Features of some images, one after the other.
#[derive(Debug, Default)]
pub(super) struct KeptFeatures {
    /// The features of a batch without its images, once some are known.
    empty: Option<Features>,
    /// Which of the kept images a row is, from 0.
    places: HashMap<u32, usize>,
    stored: StoredFeatures,
    /// Whether all of them are in the data cache, or are not to be put there.
    pub is_settled: bool,
}

impl KeptFeatures {
    /// The features of these rows, whose images follow each other in `stored`. `first` are those of
    /// any batch.
    pub(super) fn of(rows: &[u32], stored: StoredFeatures, first: &Features) -> KeptFeatures {
        KeptFeatures {
            empty: Some(first.of_others(Vec::new())),
            places: rows.iter().zip(0..).map(|(&row, i)| (row, i)).collect(),
            stored,
            is_settled: true,
        }
    }

    /// The features of these rows, if all of them are kept.
    pub(super) fn get(&self, rows: &[u32]) -> Option<Features> {
        let empty = self.empty.as_ref()?;
        Some(empty.of_others(self.by_image(rows)?.concat()))
    }

    /// Keeps the features of these rows. There will be those of `images` in all.
    pub(super) fn insert(&mut self, rows: &[u32], features: &Features, images: usize) {
        if self.empty.is_none() {
            let count = features.values_per_image();
            self.empty = Some(features.of_others(Vec::new()));
            self.stored.values_per_image = count;
            self.stored.values.reserve_exact(count * images);
        }
        for (&row, image) in rows.iter().zip(features.images()) {
            let place = self.places.len();
            if let Entry::Vacant(vacant) = self.places.entry(row) {
                vacant.insert(place);
                self.stored.values.extend_from_slice(image);
            }
        }
    }

    /// Bytes that their values take.
    pub(super) fn bytes(&self) -> u64 {
        size_of_val(self.stored.values.as_slice()) as u64
    }

    /// Whether none are kept.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The values of each of these rows, if all of them are kept.
    pub(super) fn by_image(&self, rows: &[u32]) -> Option<Vec<&[f32]>> {
        let count = self.stored.values_per_image;
        let mut images = Vec::with_capacity(rows.len());
        for row in rows {
            let start = self.places.get(row)? * count;
            images.push(&self.stored.values[start..start + count]);
        }
        Some(images)
    }
}
