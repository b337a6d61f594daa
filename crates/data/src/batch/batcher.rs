//! Makes network inputs of an image set's rows.

use super::normalization::normalization;
use super::normalizer::Normalizer;
use crate::augment::{Augmentation, Mixing, Scratch};
use crate::{DataError, ImageSet, LabelledImages, Subset, Subsets};
use convsweep_kernels::{BatchChange, BatchMix, parallel_chunks};
use convsweep_spec::augment::{AugmentSpec, MeanStd};
use std::sync::{Mutex, PoisonError};

/// Makes network inputs of an image set's rows.
#[derive(Clone, Debug)]
pub struct Batcher {
    set: ImageSet,
    augmentation: Augmentation,
    mixing: Mixing,
    normalization: MeanStd,
    normalizer: Normalizer,
}

impl Batcher {
    /// A batcher for a job. `standard` normalisation uses the images of `subsets.train` and no
    /// others.
    ///
    /// # Errors
    /// `Invalid` if a number of `augment` is out of range or the normalisation does not fit the
    /// channels; as [`LabelledImages::read`].
    pub fn new(
        set: &ImageSet,
        augment: &AugmentSpec,
        subsets: &Subsets,
    ) -> Result<Batcher, DataError> {
        let normalization = normalization(&augment.normalize, set, subsets)?;
        Ok(Batcher {
            set: set.clone(),
            augmentation: Augmentation::new(augment)?,
            mixing: Mixing::new(augment)?,
            normalizer: Normalizer::new(&normalization, set.train().shape()),
            normalization,
        })
    }

    /// Mean and standard deviation by which images are normalised.
    pub fn normalization(&self) -> &MeanStd {
        &self.normalization
    }

    /// Replaces `out` by the augmented and normalised training images of these rows,
    /// `[rows, channels, height, width]`.
    ///
    /// What an image becomes is a pure function of seed, epoch and row: the other rows of the batch
    /// have no influence.
    ///
    /// # Errors
    /// As [`LabelledImages::read`].
    ///
    /// # Panics
    /// If there is no such row.
    pub fn training(
        &self,
        seed: u64,
        epoch: u32,
        rows: &[u32],
        out: &mut Vec<f32>,
    ) -> Result<(), DataError> {
        let size = self.set.size();
        self.fill(self.set.train(), rows, out, |row, image, scratch, out| {
            let key = [seed, u64::from(epoch), u64::from(row)];
            match self.augmentation.apply(image, size, key, scratch) {
                Some(augmented) => self.normalizer.apply(augmented, out),
                None => self.normalizer.apply(image, out),
            }
        })
    }

    /// Replaces `out` by the normalised images of these rows without augmentation,
    /// `[rows, channels, height, width]`.
    ///
    /// # Errors
    /// As [`LabelledImages::read`].
    ///
    /// # Panics
    /// If there is no such row.
    pub fn evaluation(
        &self,
        subset: Subset,
        rows: &[u32],
        out: &mut Vec<f32>,
    ) -> Result<(), DataError> {
        self.fill(self.images(subset), rows, out, |_, image, _, out| {
            self.normalizer.apply(image, out);
        })
    }

    /// Replaces `out` by the labels of these rows.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn labels(&self, subset: Subset, rows: &[u32], out: &mut Vec<u16>) {
        let labels = self.images(subset).labels();
        out.clear();
        out.extend(rows.iter().map(|&row| labels[row as usize]));
    }

    /// Mixes the images of a batch if a step over the batch is drawn for it, each image with the
    /// next and the last with the first. Returns the share that each image keeps of itself; `None`
    /// if the batch is unchanged.
    ///
    /// A pure function of the images, the seed and the batch's number over the whole job.
    pub fn mix(&self, seed: u64, batch: u64, pixels: &mut [f32]) -> Option<f64> {
        self.mixing.apply(seed, batch, self.set.size(), pixels)
    }

    /// What [`Batcher::training`] does to the bytes of the training images in these rows before it
    /// normalises them, for a device that has them; `None` if a step is more than a change of
    /// geometry.
    pub fn changes(&self, seed: u64, epoch: u32, rows: &[u32]) -> Option<Vec<BatchChange>> {
        let mut keys = Vec::with_capacity(rows.len());
        for &row in rows {
            keys.push([seed, u64::from(epoch), u64::from(row)]);
        }
        self.augmentation.changes(self.set.size(), &keys)
    }

    /// How [`Batcher::mix`] mixes a batch of so many images, and the share that each keeps of
    /// itself.
    pub fn drawn_mix(&self, seed: u64, batch: u64, images: usize) -> Option<(BatchMix, f64)> {
        let size = self.set.size();
        let mix = self.mixing.draw(seed, batch, size, images)?;
        let share = mix.share(size);
        Some((mix, share))
    }

    /// Mirrors images `[rows, channels, height, width]` left to right, in place.
    pub fn mirror(&self, pixels: &mut [f32]) {
        self.normalizer.mirror(pixels);
    }

    /// The augmented image of a training row before normalisation, as bytes.
    pub(crate) fn augmented(&self, seed: u64, epoch: u32, row: u32) -> Result<Vec<u8>, DataError> {
        let image = self.set.train().image(row)?;
        let key = [seed, u64::from(epoch), u64::from(row)];
        let mut scratch = Scratch::default();
        let size = self.set.size();
        let Some(values) = self.augmentation.apply(&image, size, key, &mut scratch) else {
            return Ok(image);
        };
        let to_byte = |value: &f32| value.round().clamp(0.0, 255.0) as u8;
        Ok(values.iter().map(to_byte).collect())
    }

    /// Replaces `out` by what `make` makes of the images of these rows. The available threads share
    /// the work.
    fn fill(
        &self,
        images: LabelledImages,
        rows: &[u32],
        out: &mut Vec<f32>,
        make: impl Fn(u32, &[u8], &mut Scratch, &mut [f32]) + Sync,
    ) -> Result<(), DataError> {
        let size = self.set.size().len();
        // Old values are overwritten: clearing them first would cost time.
        out.resize(rows.len() * size, 0.0);
        let failed = FirstError::default();
        let scratch = || (Vec::new(), Scratch::default());
        parallel_chunks(out, size, scratch, |(image, scratch), i, out| match images
            .read(rows[i], image)
        {
            Ok(()) => make(rows[i], image, scratch, out),
            Err(error) => failed.note(i, error),
        });
        failed.into_result()
    }

    fn images(&self, subset: Subset) -> LabelledImages<'_> {
        match subset {
            Subset::Training | Subset::Validation => self.set.train(),
            Subset::Test => self.set.test(),
        }
    }
}

/// The error of the first row that failed, whichever thread met it first, so that messages do not
/// depend on timing.
#[derive(Default)]
struct FirstError(Mutex<Option<(usize, DataError)>>);

impl FirstError {
    fn note(&self, index: usize, error: DataError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
            *first = Some((index, error));
        }
    }

    fn into_result(self) -> Result<(), DataError> {
        match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}
