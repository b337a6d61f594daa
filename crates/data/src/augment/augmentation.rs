//! Applies an experiment's steps to one image.

use super::geometric::combined_map;
use super::pixels::PixelChange;
use super::stage::{AugmentStage, stages};
use super::working_image::{Scratch, WorkingImage};
use crate::DataError;
use convsweep_kernels::{Affine, BatchChange, BorderMode, Size, flip_horizontal, flip_vertical};
use convsweep_spec::augment::{AugmentSpec, FlipAxis};
use convsweep_spec::random::{Draws, Purpose};

/// The steps of an experiment that change single images.
#[derive(Clone, Debug)]
pub(crate) struct Augmentation {
    stages: Vec<AugmentStage>,
}

impl Augmentation {
    /// Prepares the steps; those over a whole batch are left to [`Mixing`](super::Mixing).
    ///
    /// # Errors
    /// `Invalid` if a number is out of range.
    pub(crate) fn new(spec: &AugmentSpec) -> Result<Augmentation, DataError> {
        let stages = stages(&spec.steps)?;
        Ok(Augmentation { stages })
    }

    /// The augmented image with values from 0 to 255; `None` if no step changes the image.
    ///
    /// A pure function of the image, seed, epoch and row. Every step draws its own numbers, so
    /// that further steps do not change those before them.
    pub(crate) fn apply<'a>(
        &self,
        image: &'a [u8],
        size: Size,
        [seed, epoch, row]: [u64; 3],
        scratch: &'a mut Scratch,
    ) -> Option<&'a [f32]> {
        let mut image = WorkingImage::new(image, size, scratch);
        for stage in &self.stages {
            match stage.draw(size, [seed, epoch, row]) {
                None => {}
                Some(DrawnStage::Warp(map, border)) => image.warp(&map, border),
                Some(DrawnStage::Flip(axis)) => flip(image.values(), axis, size),
                Some(DrawnStage::Crop([left, top], border)) => image.crop(left, top, border),
                Some(DrawnStage::Pixels(change, mut draws)) => {
                    let (values, scratch) = image.values_and_scratch();
                    change.apply(&mut draws, values, scratch, size);
                }
            }
        }
        image.into_changed()
    }

    /// What [`Augmentation::apply`] does to the images of a batch, one change after the other;
    /// `None` if a step is more than a change of geometry. `keys` are seed, epoch and row of each
    /// image.
    pub(crate) fn changes(&self, size: Size, keys: &[[u64; 3]]) -> Option<Vec<BatchChange>> {
        let mut changes = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let mut drawn = Vec::with_capacity(keys.len());
            for key in keys {
                drawn.push(stage.draw(size, *key));
            }
            changes.push(stage.change_of_batch(drawn)?);
        }
        Some(changes)
    }
}

/// What a stage does to one image.
enum DrawnStage<'a> {
    Warp(Affine, BorderMode),
    Flip(FlipAxis),
    /// How many pixels further right and further down the image begins.
    Crop([i64; 2], BorderMode),
    /// A change of values by further numbers.
    Pixels(&'a PixelChange, Draws),
}

impl AugmentStage {
    /// What is drawn for the image with this seed, epoch and row; `None` if it stays as it is.
    fn draw(&self, size: Size, [seed, epoch, row]: [u64; 3]) -> Option<DrawnStage<'_>> {
        let mut draws = |step| Draws::new(Purpose::Augment, &[seed, epoch, row, step]);
        match self {
            AugmentStage::Warp { border, steps } => {
                let map = combined_map(steps, size, &mut draws)?;
                Some(DrawnStage::Warp(map, *border))
            }
            AugmentStage::Flip { step, axis, p } => {
                let is_flipped = match axis {
                    FlipAxis::Horizontal | FlipAxis::Vertical => draws(*step).unit() < *p,
                    FlipAxis::Alternating => is_flipped_in_epoch(seed, epoch, row, *step),
                };
                is_flipped.then_some(DrawnStage::Flip(*axis))
            }
            AugmentStage::Pixels { step, change, p } => {
                let mut draws = draws(*step);
                (draws.unit() < *p).then_some(DrawnStage::Pixels(change, draws))
            }
            AugmentStage::Crop {
                step,
                pad,
                border,
                p,
            } => {
                let mut draws = draws(*step);
                if draws.unit() >= *p {
                    return None;
                }
                let offsets = 2 * u64::from(*pad) + 1;
                let mut offset = || draws.below(offsets) as i64 - i64::from(*pad);
                let (left, top) = (offset(), offset());
                Some(DrawnStage::Crop([left, top], *border))
            }
        }
    }

    /// The changes that were drawn for the images of a batch as one; `None` for changes of values.
    fn change_of_batch(&self, drawn: Vec<Option<DrawnStage>>) -> Option<BatchChange> {
        Some(match self {
            AugmentStage::Warp { border, .. } => {
                let mut maps = vec![Affine::IDENTITY; drawn.len()];
                for (map, drawn) in maps.iter_mut().zip(drawn) {
                    if let Some(DrawnStage::Warp(found, _)) = drawn {
                        *map = found;
                    }
                }
                let border = *border;
                BatchChange::Warp { maps, border }
            }
            AugmentStage::Crop { border, .. } => {
                let mut offsets = vec![[0, 0]; drawn.len()];
                for (offset, drawn) in offsets.iter_mut().zip(drawn) {
                    if let Some(DrawnStage::Crop(found, _)) = drawn {
                        *offset = found;
                    }
                }
                let border = *border;
                BatchChange::Crop { offsets, border }
            }
            AugmentStage::Flip { axis, .. } => {
                let flipped = drawn.iter().map(Option::is_some).collect();
                match axis {
                    FlipAxis::Horizontal | FlipAxis::Alternating => {
                        BatchChange::FlipHorizontal(flipped)
                    }
                    FlipAxis::Vertical => BatchChange::FlipVertical(flipped),
                }
            }
            AugmentStage::Pixels { .. } => return None,
        })
    }
}

/// Whether an alternating flip mirrors the image in this epoch: whether it begins mirrored is drawn
/// once for each image, then every other epoch mirrors it.
fn is_flipped_in_epoch(seed: u64, epoch: u64, row: u64, step: u64) -> bool {
    let first = Draws::new(Purpose::Augment, &[seed, row, step]).bits();
    (first ^ epoch) & 1 == 1
}

fn flip(values: &mut [f32], axis: FlipAxis, size: Size) {
    match axis {
        FlipAxis::Horizontal | FlipAxis::Alternating => flip_horizontal(values, size),
        FlipAxis::Vertical => flip_vertical(values, size),
    }
}
