//! Draws by index, keyed by names.

use super::splitmix::{GOLDEN_GAMMA, finalize, unit_interval};
use crate::canonical::digest;
use std::f64::consts::TAU;

/// Random numbers by index, so that they can be computed in any order.
///
/// The key is the first 64 bits of a BLAKE3 digest; number `i` is SplitMix64's output after `i + 1`
/// steps from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedDraws {
    key: u64,
}

impl IndexedDraws {
    /// The numbers for `purpose` under `seed`, for the parameter or layer `name`, at `step`.
    pub fn new(purpose: &str, seed: u64, name: &str, step: u64) -> Self {
        let digest = digest(&(purpose, seed, name, step));
        let mut key = [0; 8];
        key.copy_from_slice(&digest.as_bytes()[..8]);
        IndexedDraws {
            key: u64::from_le_bytes(key),
        }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(self, index: u64) -> u64 {
        let steps = index.wrapping_add(1);
        finalize(self.key.wrapping_add(steps.wrapping_mul(GOLDEN_GAMMA)))
    }

    /// Uniform in [0, 1), with 53 random bits.
    #[inline]
    pub fn uniform(self, index: u64) -> f64 {
        unit_interval(self.bits(index))
    }

    /// Standard normal (Box and Muller 1958).
    #[inline]
    pub fn normal(self, index: u64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform(2 * index)).ln()).sqrt();
        radius * (TAU * self.uniform(2 * index + 1)).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers decide initial weights and dropout masks: they must never change.
    #[test]
    fn kept_numbers() {
        let init = IndexedDraws::new("init", 7, "conv1.weight", 0);
        assert_eq!(
            [init.bits(0), init.bits(1)],
            [0x613da77e84650bd4, 0x1933a4001f04e91c]
        );
        assert_eq!(init.uniform(2), 0.9860908178286816);
        assert_eq!(init.normal(3), -0.8602601731620827);
        let dropout = IndexedDraws::new("dropout", 1, "dropout1", 42);
        assert_eq!(
            [dropout.bits(0), dropout.bits(u64::MAX)],
            [0x327acf781c40f1dd, 0x34e33f1ccccefcdc]
        );
        assert_eq!(dropout.uniform(2), 0.4115245428682214);
        assert_eq!(dropout.normal(3), 1.6265957760221386);
    }

    fn check_moments(draw: impl Fn(u64) -> f64, mean: f64, variance: f64) {
        let n = 100_000;
        let found_mean = (0..n).map(&draw).sum::<f64>() / n as f64;
        let squares = (0..n).map(|i| (draw(i) - found_mean).powi(2)).sum::<f64>();
        let found_variance = squares / n as f64;
        assert!(
            (found_mean - mean).abs() < 0.015 * variance.sqrt(),
            "mean {found_mean}"
        );
        assert!(
            (found_variance - variance).abs() < 0.02 * variance,
            "variance {found_variance}"
        );
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let draws = IndexedDraws::new("test", 7, "conv1.weight", 0);
        check_moments(|i| draws.uniform(i), 0.5, 1.0 / 12.0);
        check_moments(|i| draws.normal(i), 0.0, 1.0);
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let first =
            |purpose, seed, name, step| IndexedDraws::new(purpose, seed, name, step).bits(0);
        let base = first("init", 1, "a", 0);
        for other in [
            first("dropout", 1, "a", 0),
            first("init", 2, "a", 0),
            first("init", 1, "b", 0),
            first("init", 1, "a", 1),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(base, first("init", 1, "a", 0));
    }
}
