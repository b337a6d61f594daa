//! Checks of the numbers in augmentation steps. Errors say what was found and what is expected.

use super::automatic::LEVELS;

/// Maximum number of operations of RandAugment: all different ones.
const MAX_OPERATIONS: u32 = 14;
/// Largest padding before a crop, in pixels.
const MAX_PAD: u32 = 4096;

/// A probability.
pub(super) fn check_probability(p: f64) -> Result<(), String> {
    require((0.0..=1.0).contains(&p), || {
        format!("p is {p}: 0 to 1 expected")
    })
}

/// An angle in degrees.
pub(super) fn check_degrees(name: &str, degrees: f64, largest: f64) -> Result<(), String> {
    require((0.0..=largest).contains(&degrees), || {
        format!("{name} is {degrees}: 0 to {largest} degrees expected")
    })
}

/// The smallest and largest value of a range.
pub(super) fn check_range(
    name: &str,
    [min, max]: [f64; 2],
    [lowest, highest]: [f64; 2],
) -> Result<(), String> {
    let fits = lowest <= min && min <= max && max <= highest;
    let found = format!("{name} is [{min}, {max}]");
    require(fits, || {
        format!("{found}: {lowest} ≤ smallest ≤ largest ≤ {highest} expected")
    })
}

/// A strength, share or deviation.
pub(super) fn check_strength(strength: f64) -> Result<(), String> {
    require((0.0..=10.0).contains(&strength), || {
        format!("{strength} is not within 0 to 10")
    })
}

/// The padding of a crop.
pub(super) fn check_pad(pad: u32) -> Result<(), String> {
    require(pad <= MAX_PAD, || {
        format!("pad is {pad}: at most {MAX_PAD} expected")
    })
}

/// The numbers of RandAugment.
pub(super) fn check_rand_augment(operations: u32, magnitude: u32) -> Result<(), String> {
    let strongest = LEVELS - 1;
    let fits = operations <= MAX_OPERATIONS && magnitude <= strongest;
    let found = format!("rand-augment is {operations} at {magnitude}");
    require(fits, || {
        format!("{found}: at most {MAX_OPERATIONS}, at most {strongest}")
    })
}

fn require(fits: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(problem()) }
}
