//! Single numbers keyed by any value.

use super::splitmix::unit_interval;
use crate::canonical::digest;
use serde::Serialize;

/// Uniform in [0, 1), from the first 53 bits of the key's canonical digest.
pub fn uniform_from_key(key: &impl Serialize) -> f64 {
    let digest = digest(key);
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    unit_interval(u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers decide which points a sampled grid has: they must never change.
    #[test]
    fn kept_numbers() {
        assert_eq!(uniform_from_key(&(7u64, "lr", 3u32)), 0.630768233765245);
        assert_eq!(uniform_from_key(&7u64), 0.13652630003179078);
    }
}
