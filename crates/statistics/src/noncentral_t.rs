//! The noncentral t distribution (Johnson and Welch 1940, "Applications of the non-central
//! t-distribution", Biometrika 31), which gives the power of t-tests.

use crate::chi_spread::mean_over_spread;
use statrs::distribution::{ContinuousCDF, Normal};

/// Probability that (Z + `noncentrality`) / √(χ² / `degrees`) exceeds `t`, with Z normal and χ² of
/// `degrees` degrees of freedom; infinite degrees give the normal distribution. `None` for numbers
/// that are not finite otherwise, or for degrees that are not positive.
pub fn upper_tail(t: f64, degrees: f64, noncentrality: f64) -> Option<f64> {
    if !(t.is_finite() && noncentrality.is_finite() && degrees > 0.0) {
        return None;
    }
    let normal = Normal::standard();
    let tail = mean_over_spread(degrees, |spread| normal.sf(t * spread - noncentrality));
    (!tail.is_nan()).then(|| tail.clamp(0.0, 1.0))
}
