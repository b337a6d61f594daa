//! Random numbers as a pure function of what they are for and their place: no state, nothing to
//! save, any order.
//!
//! The key is the first 64 bits of a BLAKE3 digest; number `i` is SplitMix64's output at `key + i`
//! steps (Steele, Lea and Flood 2014).

use convsweep_spec::canonical::digest;
use std::f64::consts::TAU;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The random numbers of one purpose, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream of `purpose` under `seed` for `name` (of a parameter or layer) at `step`.
    pub fn new(purpose: &str, seed: u64, name: &str, step: u64) -> Self {
        let digest = digest(&(purpose, seed, name, step));
        let mut key = [0; 8];
        key.copy_from_slice(&digest.as_bytes()[..8]);
        Stream {
            key: u64::from_le_bytes(key),
        }
    }

    /// 64 random bits.
    pub fn bits(self, index: u64) -> u64 {
        let mut z = self
            .key
            .wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(self, index: u64) -> f64 {
        (self.bits(index) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(self, index: u64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform(2 * index)).ln()).sqrt();
        radius * (TAU * self.uniform(2 * index + 1)).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let stream = Stream::new("test", 7, "conv1.weight", 0);
        let moments = |f: &dyn Fn(u64) -> f64| {
            let n = 100_000;
            let mean = (0..n).map(f).sum::<f64>() / n as f64;
            (
                mean,
                (0..n).map(|i| (f(i) - mean).powi(2)).sum::<f64>() / n as f64,
            )
        };
        let (mean, variance) = moments(&|i| stream.uniform(i));
        assert!(
            (mean - 0.5).abs() < 0.005 && (variance - 1.0 / 12.0).abs() < 0.002,
            "{mean} {variance}"
        );
        let (mean, variance) = moments(&|i| stream.normal(i));
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02,
            "{mean} {variance}"
        );
    }

    #[test]
    fn every_part_of_the_purpose_matters() {
        let first = |purpose, seed, name, step| Stream::new(purpose, seed, name, step).bits(0);
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
