//! Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019): steps over a batch, after each of its
//! images has been augmented.

use crate::DataError;
use convsweep_kernels::{BatchMix, Size};
use convsweep_spec::augment::{AugmentSpec, Step};
use convsweep_spec::random::{Draws, Purpose};
use std::ops::Range;

/// The steps over the batch. The first one that is drawn for a batch is applied, and no other.
#[derive(Clone, Debug)]
pub(crate) struct Mixing {
    steps: Vec<MixingStep>,
}

#[derive(Clone, Copy, Debug)]
struct MixingStep {
    /// Number of the step in the experiment.
    step: u64,
    kind: MixingKind,
    /// Parameter of the Beta distribution of the shares.
    alpha: f64,
    /// Probability that it is applied to a batch.
    p: f64,
}

#[derive(Clone, Copy, Debug)]
enum MixingKind {
    Mixup,
    Cutmix,
}

impl Mixing {
    /// Picks the steps over the batch out of an experiment's steps.
    ///
    /// # Errors
    /// `Invalid` if a number is out of range.
    pub(crate) fn new(spec: &AugmentSpec) -> Result<Mixing, DataError> {
        let mut steps = Vec::new();
        for (i, step) in spec.steps.iter().enumerate() {
            let (kind, alpha, p) = match *step {
                Step::Mixup { alpha, p } => (MixingKind::Mixup, alpha, p),
                Step::Cutmix { alpha, p } => (MixingKind::Cutmix, alpha, p),
                // Steps for single images; `stage` lists every step.
                _ => continue,
            };
            if !(alpha > 0.0 && alpha.is_finite()) {
                return Err(DataError::Invalid(format!(
                    "augment.steps[{i}]: alpha is {alpha}: above 0 expected"
                )));
            }
            steps.push(MixingStep {
                step: i as u64,
                kind,
                alpha,
                p,
            });
        }
        Ok(Mixing { steps })
    }

    /// Mixes each image with the next and the last with the first, and returns the share that each
    /// keeps of itself; `None` if the batch is unchanged.
    ///
    /// A pure function of the images, the seed and the batch's number.
    pub(crate) fn apply(
        &self,
        seed: u64,
        batch: u64,
        size: Size,
        pixels: &mut [f32],
    ) -> Option<f64> {
        let images = pixels.len() / size.len().max(1);
        let mix = self.draw(seed, batch, size, images)?;
        match &mix {
            BatchMix::Blend(share) => {
                for_each_pair(pixels, size, |image, next| blend(image, next, *share));
            }
            BatchMix::Paste { rows, columns } => {
                for_each_pair(pixels, size, |image, next| {
                    paste(image, next, size, rows, columns);
                });
            }
        }
        Some(mix.share(size))
    }

    /// How a batch of so many images is mixed; `None` if it stays as it is.
    pub(crate) fn draw(
        &self,
        seed: u64,
        batch: u64,
        size: Size,
        images: usize,
    ) -> Option<BatchMix> {
        if images < 2 {
            return None;
        }
        for step in &self.steps {
            let mut draws = Draws::new(Purpose::Mix, &[seed, batch, step.step]);
            if draws.unit() >= step.p {
                continue;
            }
            return Some(match step.kind {
                MixingKind::Mixup => BatchMix::Blend(draws.beta(step.alpha)),
                MixingKind::Cutmix => rectangle(size, step.alpha, &mut draws),
            });
        }
        None
    }
}

/// Blends an image with the next; `share` is what it keeps of itself.
fn blend(image: &mut [f32], next: &[f32], share: f64) {
    for (own, next) in image.iter_mut().zip(next) {
        *own = share as f32 * *own + (1.0 - share) as f32 * next;
    }
}

/// A random rectangle of the next image.
fn rectangle(size: Size, alpha: f64, draws: &mut Draws) -> BatchMix {
    let side = (1.0 - draws.beta(alpha)).sqrt();
    let rows = random_range(size.height, side, draws);
    let columns = random_range(size.width, side, draws);
    BatchMix::Paste { rows, columns }
}

fn paste(image: &mut [f32], next: &[f32], size: Size, rows: &Range<usize>, columns: &Range<usize>) {
    for channel in 0..size.channels {
        for y in rows.clone() {
            let start = (channel * size.height + y) * size.width;
            let place = start + columns.start..start + columns.end;
            image[place.clone()].copy_from_slice(&next[place]);
        }
    }
}

/// A range of `share` of `length` about a random centre, cut off at the ends.
fn random_range(length: usize, share: f64, draws: &mut Draws) -> Range<usize> {
    let centre = draws.unit() * length as f64;
    let half = share * length as f64 / 2.0;
    let end = |x: f64| x.round().clamp(0.0, length as f64) as usize;
    end(centre - half)..end(centre + half)
}

/// Calls `mix` with each image and the one after it as it was before, the first after the last.
fn for_each_pair(pixels: &mut [f32], size: Size, mix: impl Fn(&mut [f32], &[f32])) {
    let first = pixels[..size.len()].to_vec();
    let images = pixels.len() / size.len();
    for i in 0..images {
        let (before, after) = pixels.split_at_mut((i + 1) * size.len());
        let next = if i + 1 < images {
            &after[..size.len()]
        } else {
            &first
        };
        mix(&mut before[i * size.len()..], next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::augment::Normalize;

    const SIZE: Size = Size {
        channels: 2,
        height: 6,
        width: 5,
    };

    /// Mixes three images that are 0, 1 and 2 everywhere.
    fn mix(step: Step, batch: u64) -> (Option<f64>, Vec<f32>) {
        let mixing = Mixing::new(&AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![step],
        })
        .expect("numbers in range");
        let mut pixels = [0.0, 1.0, 2.0].map(|v| vec![v; SIZE.len()]).concat();
        (mixing.apply(7, batch, SIZE, &mut pixels), pixels)
    }

    #[test]
    fn mixup_blends_each_image_with_the_next() {
        let mut shares = vec![];
        for batch in 0..200 {
            let (share, pixels) = mix(Step::Mixup { alpha: 0.4, p: 1.0 }, batch);
            let share = share.expect("always mixed");
            let expected = [1.0 - share, 1.0 + (1.0 - share), 2.0 * share];
            for (image, expected) in pixels.chunks_exact(SIZE.len()).zip(expected) {
                assert!((f64::from(image[3]) - expected).abs() < 1e-5);
            }
            shares.push(share);
        }
        let mean = shares.iter().sum::<f64>() / 200.0;
        let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 200.0;
        // Beta(a, a) has mean 1/2 and variance 1 / (4·(2a + 1)) = 0.139.
        assert!(
            (mean - 0.5).abs() < 0.08 && (variance - 0.139).abs() < 0.03,
            "{mean} {variance}"
        );
        assert_eq!(mix(Step::Mixup { alpha: 0.4, p: 0.0 }, 1).0, None);
    }

    #[test]
    fn cutmix_pastes_a_rectangle_of_the_next_image() {
        for batch in 0..50 {
            let (share, pixels) = mix(Step::Cutmix { alpha: 1.0, p: 1.0 }, batch);
            let share = share.expect("always mixed");
            for (i, image) in pixels.chunks_exact(SIZE.len()).enumerate() {
                let count = |value: usize| image.iter().filter(|v| **v == value as f32).count();
                let (own, next) = (count(i), count((i + 1) % 3));
                assert!((own as f64 / SIZE.len() as f64 - share).abs() < 1e-12);
                assert_eq!(own + next, SIZE.len());
            }
        }
    }
}
