//! RandAugment, TrivialAugment and AutoAugment.

use super::cifar10::POLICY;
use super::operation::{DRAWN, apply};
use super::strength::{LEVELS, StrengthRange, strength};
use convsweep_kernels::Size;
use convsweep_spec::random::Draws;

/// Applies `operations` drawn ones, one after another, at `magnitude` of [`LEVELS`] (Cubuk et al.
/// 2020).
pub(in crate::augment) fn rand_augment(
    draws: &mut Draws,
    operations: u32,
    magnitude: u32,
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    let share = f64::from(magnitude) / f64::from(LEVELS - 1);
    for _ in 0..operations {
        let operation = DRAWN[draws.below(DRAWN.len() as u64) as usize];
        let is_reversed = draws.unit() >= 0.5;
        let magnitude = strength(operation, StrengthRange::Narrow, share, is_reversed, size);
        apply(operation, magnitude, image, scratch, size);
    }
}

/// Applies one drawn operation at a drawn strength of the wide range (Müller and Hutter 2021).
pub(in crate::augment) fn trivial_augment(
    draws: &mut Draws,
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    let operation = DRAWN[draws.below(DRAWN.len() as u64) as usize];
    let share = draws.below(LEVELS.into()) as f64 / f64::from(LEVELS - 1);
    let is_reversed = draws.unit() >= 0.5;
    let magnitude = strength(operation, StrengthRange::Wide, share, is_reversed, size);
    apply(operation, magnitude, image, scratch, size);
}

/// Applies a drawn pair of AutoAugment's policy for CIFAR-10 (Cubuk et al. 2019).
pub(in crate::augment) fn auto_augment_cifar10(
    draws: &mut Draws,
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    for (operation, p, level) in POLICY[draws.below(POLICY.len() as u64) as usize] {
        // Both are drawn even if the operation is not applied: the draws of the second operation
        // must not depend on the first.
        let (is_applied, is_reversed) = (draws.unit() < p, draws.unit() >= 0.5);
        if !is_applied {
            continue;
        }
        let share = f64::from(level) / 9.0;
        let magnitude = strength(operation, StrengthRange::Narrow, share, is_reversed, size);
        apply(operation, magnitude, image, scratch, size);
    }
}
