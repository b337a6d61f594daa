//! Applies an experiment's steps to one image.

use super::geometric::combined_map;
use super::stage::{AugmentStage, stages};
use super::working_image::{Scratch, WorkingImage};
use crate::DataError;
use convsweep_kernels::{Size, flip_horizontal, flip_vertical};
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
        let mut draws = |step| Draws::new(Purpose::Augment, &[seed, epoch, row, step]);
        for stage in &self.stages {
            match stage {
                AugmentStage::Warp { border, steps } => {
                    if let Some(map) = combined_map(steps, size, &mut draws) {
                        image.warp(&map, *border);
                    }
                }
                AugmentStage::Flip { step, axis, p } => {
                    let is_flipped = match axis {
                        FlipAxis::Horizontal | FlipAxis::Vertical => draws(*step).unit() < *p,
                        FlipAxis::Alternating => is_flipped_in_epoch(seed, epoch, row, *step),
                    };
                    if is_flipped {
                        flip(image.values(), *axis, size);
                    }
                }
                AugmentStage::Pixels { step, change, p } => {
                    let mut draws = draws(*step);
                    if draws.unit() < *p {
                        let (values, scratch) = image.values_and_scratch();
                        change.apply(&mut draws, values, scratch, size);
                    }
                }
                AugmentStage::Crop {
                    step,
                    pad,
                    border,
                    p,
                } => {
                    let mut draws = draws(*step);
                    if draws.unit() < *p {
                        let offsets = 2 * u64::from(*pad) + 1;
                        let mut offset = || draws.below(offsets) as i64 - i64::from(*pad);
                        let (left, top) = (offset(), offset());
                        image.crop(left, top, *border);
                    }
                }
            }
        }
        image.into_changed()
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
