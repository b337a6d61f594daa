//! Network inputs from rows.

use crate::augment::{Augmentation, Scratch};
use crate::mix::Mixing;
use crate::{DataError, ImageSet, Images, Subset, Subsets, mean_std};
use convsweep_kernels::{normalize, parallel_chunks};
use convsweep_spec::augment::{AugmentSpec, Normalize};
use std::sync::{Mutex, PoisonError};

/// Makes network inputs of an image set's rows.
#[derive(Clone, Debug)]
pub struct Batcher {
    set: ImageSet,
    augmentation: Augmentation,
    mixing: Mixing,
    normalization: Normalization,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

/// What is taken off and divided by, channel by channel, in [0, 1] units: mean 0 and standard
/// deviation 1 for `unit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// Mean by channel.
    pub mean: Vec<f64>,
    /// Standard deviation by channel.
    pub std: Vec<f64>,
}

impl Batcher {
    /// A batcher for a job: `standard` normalisation uses the images of `subsets.train`, and only
    /// those.
    ///
    /// # Errors
    /// `Invalid` where a number of `augment` is out of range, or the normalisation does not fit the
    /// channels; as [`Images::read`].
    pub fn new(
        set: &ImageSet,
        augment: &AugmentSpec,
        subsets: &Subsets,
    ) -> Result<Batcher, DataError> {
        let channels = set.facts().channels as usize;
        let normalization = match &augment.normalize {
            Normalize::Unit => Normalization {
                mean: vec![0.0; channels],
                std: vec![1.0; channels],
            },
            Normalize::Standard => {
                let found = mean_std(&set.train(), &subsets.train)?;
                Normalization {
                    mean: found.mean,
                    std: found.std,
                }
            }
            Normalize::Given { mean, std } => Normalization {
                mean: mean.clone(),
                std: std.clone(),
            },
        };
        let Normalization { mean, std } = &normalization;
        if mean.len() != channels || std.len() != channels {
            let (means, stds) = (mean.len(), std.len());
            return Err(DataError::Invalid(format!(
                "augment.normalize has {means} means and {stds} standard deviations for {channels} channels"
            )));
        }
        if let Some(c) =
            (0..channels).find(|&c| !(mean[c].is_finite() && std[c].is_finite() && std[c] > 0.0))
        {
            return Err(DataError::Invalid(format!(
                "augment.normalize: channel {c} has mean {} and standard deviation {}; it cannot be divided by that",
                mean[c], std[c]
            )));
        }
        let scale = std.iter().map(|std| (1.0 / (255.0 * std)) as f32).collect();
        let shift = mean
            .iter()
            .zip(std)
            .map(|(mean, std)| (-mean / std) as f32)
            .collect();
        let (augmentation, mixing) = (Augmentation::new(augment)?, Mixing::new(augment)?);
        Ok(Batcher {
            set: set.clone(),
            augmentation,
            mixing,
            normalization,
            scale,
            shift,
        })
    }

    /// The image set.
    pub fn set(&self) -> &ImageSet {
        &self.set
    }

    /// What images are normalised by.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// Replaces `out` by the augmented and normalised training images of these rows,
    /// `[rows, channels, height, width]`.
    ///
    /// What an image becomes is a pure function of (seed, epoch, row): the other rows of the batch
    /// have no part in it.
    ///
    /// # Errors
    /// As [`Images::read`].
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn training(
        &self,
        seed: u64,
        epoch: u32,
        rows: &[u32],
        out: &mut Vec<f32>,
    ) -> Result<(), DataError> {
        let size = self.set.size();
        self.read(
            self.set.train(),
            rows,
            out,
            |row, image, scratch, out| match self.augmentation.apply(
                image,
                size,
                [seed, u64::from(epoch), u64::from(row)],
                scratch,
            ) {
                Some(augmented) => normalize(augmented, size, &self.scale, &self.shift, out),
                None => normalize(image, size, &self.scale, &self.shift, out),
            },
        )
    }

    /// Replaces `out` by what `make` makes of the images of these rows. The threads that there are
    /// share the work.
    fn read(
        &self,
        images: Images,
        rows: &[u32],
        out: &mut Vec<f32>,
        make: impl Fn(u32, &[u8], &mut Scratch, &mut [f32]) + Sync,
    ) -> Result<(), DataError> {
        let size = self.set.size().len();
        // What is there is written over: zeros would be written for nothing.
        out.resize(rows.len() * size, 0.0);
        // Of several errors the first row's is told, whichever thread met it first.
        let failed: Mutex<Option<(usize, DataError)>> = Mutex::new(None);
        let scratch = || (Vec::new(), Scratch::default());
        parallel_chunks(out, size, scratch, |(image, scratch), i, out| {
            let Err(error) = images.read(rows[i], image) else {
                return make(rows[i], image, scratch, out);
            };
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.as_ref().is_none_or(|(first, _)| i < *first) {
                *failed = Some((i, error));
            }
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Mixes the images of a batch, each with the next and the last with the first, where a step
    /// over the batch is drawn for it; returns the share of its own that each image keeps. A pure
    /// function of the images, the seed and the batch's number over the whole job.
    pub fn mix(&self, seed: u64, batch: u64, pixels: &mut [f32]) -> Option<f64> {
        self.mixing.apply(seed, batch, self.set.size(), pixels)
    }

    /// Mirrors images `[rows, channels, height, width]` left to right, in place.
    pub fn mirror(&self, pixels: &mut [f32]) {
        let size = self.set.size();
        pixels
            .chunks_exact_mut(size.len())
            .for_each(|image| convsweep_kernels::flip_horizontal(image, size));
    }

    /// Replaces `out` by the normalised images of these rows as they are, without augmentation,
    /// `[rows, channels, height, width]`.
    ///
    /// # Errors
    /// As [`Images::read`].
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn evaluation(
        &self,
        subset: Subset,
        rows: &[u32],
        out: &mut Vec<f32>,
    ) -> Result<(), DataError> {
        let size = self.set.size();
        self.read(self.images(subset), rows, out, |_, image, _, out| {
            normalize(image, size, &self.scale, &self.shift, out)
        })
    }

    /// Replaces `out` by the labels of these rows; rows as for [`Batcher::evaluation`].
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn labels(&self, subset: Subset, rows: &[u32], out: &mut Vec<u16>) {
        let labels = self.images(subset).labels();
        out.clear();
        out.extend(rows.iter().map(|&row| labels[row as usize]));
    }

    /// The augmented image of a training row before normalisation, as bytes.
    pub(crate) fn augmented(&self, seed: u64, epoch: u32, row: u32) -> Result<Vec<u8>, DataError> {
        let (image, mut scratch) = (self.set.train().image(row)?, Scratch::default());
        let numbers = [seed, u64::from(epoch), u64::from(row)];
        Ok(
            match self
                .augmentation
                .apply(&image, self.set.size(), numbers, &mut scratch)
            {
                Some(values) => values
                    .iter()
                    .map(|v| v.round().clamp(0.0, 255.0) as u8)
                    .collect(),
                None => image,
            },
        )
    }

    fn images(&self, subset: Subset) -> Images<'_> {
        match subset {
            Subset::Training | Subset::Validation => self.set.train(),
            Subset::Test => self.set.test(),
        }
    }
}
