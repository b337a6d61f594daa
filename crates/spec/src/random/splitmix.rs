//! SplitMix64 (Steele, Lea and Flood 2014) and the step from bits to numbers in [0, 1).

/// Distance between consecutive states: 2⁶⁴ divided by the golden ratio.
pub(super) const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output for a state.
#[inline]
pub(super) fn finalize(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// A hash of one number. The state is advanced once before, because 0 would be mapped to itself.
#[inline]
pub(super) fn hash(number: u64) -> u64 {
    finalize(number.wrapping_add(GOLDEN_GAMMA))
}

/// Uniform in [0, 1) with 53 random bits.
#[inline]
pub(super) fn unit_interval(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}
