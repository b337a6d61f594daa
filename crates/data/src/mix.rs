//! Mixup and cutmix: what becomes of a batch after each of its images.

use crate::DataError;
use convsweep_kernels::Size;
use convsweep_spec::augment::{AugmentSpec, Step};
use convsweep_spec::random::{Draws, Purpose};

/// The steps over the batch; the first one drawn is taken.
#[derive(Clone, Debug)]
pub(crate) struct Mixing {
    steps: Vec<(u64, Step)>,
}

impl Mixing {
    pub(crate) fn new(spec: &AugmentSpec) -> Result<Mixing, DataError> {
        let steps: Vec<_> = spec
            .steps
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, step)| step.is_over_batch())
            .collect();
        for (i, step) in &steps {
            let (Step::Mixup { alpha, .. } | Step::Cutmix { alpha, .. }) = step else {
                continue;
            };
            if !(*alpha > 0.0 && alpha.is_finite()) {
                return Err(DataError::Invalid(format!(
                    "augment.steps[{i}]: alpha is {alpha}: above 0 expected"
                )));
            }
        }
        Ok(Mixing {
            steps: steps
                .into_iter()
                .map(|(i, step)| (i as u64, step))
                .collect(),
        })
    }

    /// Mixes each image with the next, the last with the first, and returns the share of its own
    /// that each keeps; `None` where the batch stays as it is. A pure function of the images, the
    /// seed and the batch's number.
    pub(crate) fn apply(
        &self,
        seed: u64,
        batch: u64,
        size: Size,
        pixels: &mut [f32],
    ) -> Option<f64> {
        let images = pixels.len() / size.len().max(1);
        if images < 2 {
            return None;
        }
        let (step, mut draws) = self
            .steps
            .iter()
            .find_map(|(i, step)| drawn(seed, batch, *i, step))?;
        let first = pixels[..size.len()].to_vec();
        let next = |pixels: &mut [f32], i: usize, mix: &dyn Fn(&mut [f32], &[f32])| {
            let (left, right) = pixels.split_at_mut((i + 1) * size.len());
            let other = if right.is_empty() {
                &first
            } else {
                &right[..size.len()]
            };
            mix(&mut left[i * size.len()..], other);
        };
        match *step {
            Step::Mixup { alpha, .. } => {
                let share = draws.beta(alpha);
                let blend = |image: &mut [f32], other: &[f32]| {
                    let pairs = image.iter_mut().zip(other);
                    pairs.for_each(|(a, b)| *a = share as f32 * *a + (1.0 - share) as f32 * b);
                };
                (0..images).for_each(|i| next(pixels, i, &blend));
                Some(share)
            }
            Step::Cutmix { alpha, .. } => {
                let side = (1.0 - draws.beta(alpha)).sqrt();
                let mut range = |length: usize| {
                    let (centre, half) = (draws.unit() * length as f64, side * length as f64 / 2.0);
                    let end = |x: f64| x.round().clamp(0.0, length as f64) as usize;
                    end(centre - half)..end(centre + half)
                };
                let (rows, columns) = (range(size.height), range(size.width));
                let paste = |image: &mut [f32], other: &[f32]| {
                    for channel in 0..size.channels {
                        for y in rows.clone() {
                            let row = (channel * size.height + y) * size.width;
                            let place = row + columns.start..row + columns.end;
                            image[place.clone()].copy_from_slice(&other[place]);
                        }
                    }
                };
                (0..images).for_each(|i| next(pixels, i, &paste));
                Some(1.0 - (rows.len() * columns.len()) as f64 / size.plane() as f64)
            }
            _ => None,
        }
    }
}

/// The step and its further draws, if it is drawn.
fn drawn(seed: u64, batch: u64, number: u64, step: &Step) -> Option<(&Step, Draws)> {
    let mut draws = Draws::new(Purpose::Mix, &[seed, batch, number]);
    let (Step::Mixup { p, .. } | Step::Cutmix { p, .. }) = step else {
        return None;
    };
    (draws.unit() < *p).then_some((step, draws))
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

    fn mix(step: Step, batch: u64) -> (Option<f64>, Vec<f32>) {
        let mixing = Mixing::new(&AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![step],
        })
        .expect("right");
        // Image i holds the value i everywhere.
        let mut pixels: Vec<f32> = (0..3).flat_map(|i| vec![i as f32; SIZE.len()]).collect();
        (mixing.apply(7, batch, SIZE, &mut pixels), pixels)
    }

    #[test]
    fn mixup_blends_each_image_with_the_next() {
        let mut shares = vec![];
        for batch in 0..200 {
            let (share, pixels) = mix(Step::Mixup { alpha: 0.4, p: 1.0 }, batch);
            let share = share.expect("always");
            for (i, expected) in [1.0 - share, 1.0 + (1.0 - share), 2.0 * share]
                .into_iter()
                .enumerate()
            {
                assert!((f64::from(pixels[i * SIZE.len() + 3]) - expected).abs() < 1e-5);
            }
            shares.push(share);
        }
        let mean = shares.iter().sum::<f64>() / 200.0;
        let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 200.0;
        // Of Beta(a, a): 1/2 and 1 / (4·(2a + 1)) = 0.139.
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
            for i in 0..3 {
                let own = pixels[i * SIZE.len()..][..SIZE.len()]
                    .iter()
                    .filter(|v| **v == i as f32)
                    .count();
                assert!((own as f64 / SIZE.len() as f64 - share.expect("always")).abs() < 1e-12);
                let next = pixels[i * SIZE.len()..][..SIZE.len()]
                    .iter()
                    .filter(|v| **v == ((i + 1) % 3) as f32)
                    .count();
                assert_eq!(own + next, SIZE.len());
            }
        }
    }
}
