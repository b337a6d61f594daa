//! Changes of an image's values in place: colour, sharpness, noise, a hole, or what an automatic
//! augmentation draws.

use super::automatic::{auto_augment_cifar10, rand_augment, trivial_augment};
use super::erase::erase;
use convsweep_kernels::{Size, blur, brightness, contrast, hue, saturation};
use convsweep_spec::random::Draws;

/// A change of values, with the ranges that are drawn from.
#[derive(Clone, Copy, Debug)]
pub(super) enum PixelChange {
    Brightness { strength: f64 },
    Contrast { strength: f64 },
    Saturation { strength: f64 },
    Hue { turns: f64 },
    Grayscale,
    Blur { min: f64, max: f64 },
    Noise { deviation: f64 },
    Erase { min: f64, max: f64 },
    RandAugment { operations: u32, magnitude: u32 },
    TrivialAugment,
    AutoAugmentCifar10,
}

impl PixelChange {
    /// Changes `image`, whose values are from 0 to 255; `scratch` has the same size.
    pub(super) fn apply(
        self,
        draws: &mut Draws,
        image: &mut [f32],
        scratch: &mut [f32],
        size: Size,
    ) {
        match self {
            PixelChange::Brightness { strength } => brightness(image, factor(draws, strength)),
            PixelChange::Contrast { strength } => contrast(image, size, factor(draws, strength)),
            PixelChange::Saturation { strength } => {
                saturation(image, size, factor(draws, strength));
            }
            PixelChange::Hue { turns } => hue(image, size, draws.within(-turns, turns) as f32),
            PixelChange::Grayscale => saturation(image, size, 0.0),
            PixelChange::Blur { min, max } => blur(image, size, draws.within(min, max), scratch),
            PixelChange::Noise { deviation } => add_noise(draws, image, deviation),
            PixelChange::Erase { min, max } => erase(draws, image, size, [min, max]),
            PixelChange::RandAugment {
                operations,
                magnitude,
            } => rand_augment(draws, operations, magnitude, image, scratch, size),
            PixelChange::TrivialAugment => trivial_augment(draws, image, scratch, size),
            PixelChange::AutoAugmentCifar10 => auto_augment_cifar10(draws, image, scratch, size),
        }
    }
}

/// A factor uniform in 1 ± `strength`, not below 0.
fn factor(draws: &mut Draws, strength: f64) -> f32 {
    draws.within((1.0 - strength).max(0.0), 1.0 + strength) as f32
}

/// Adds Gaussian noise with a standard deviation in [0, 1] units.
fn add_noise(draws: &mut Draws, image: &mut [f32], deviation: f64) {
    for pair in image.chunks_mut(2) {
        let (first, second) = draws.normal_pair();
        for (value, normal) in pair.iter_mut().zip([first, second]) {
            *value = (*value + (255.0 * deviation * normal) as f32).clamp(0.0, 255.0);
        }
    }
}
