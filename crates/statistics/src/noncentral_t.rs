//! The noncentral t distribution (Johnson and Welch 1940, "Applications of the non-central
//! t-distribution", Biometrika 31), which gives the power of t-tests.

use crate::quadrature::over_line;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::ln_gamma;

/// Above this many degrees the estimated spread is as good as known.
const NORMAL_ABOVE: f64 = 1e9;

/// Probability that (Z + `noncentrality`) / √(χ² / `degrees`) exceeds `t`, with Z normal and χ² of
/// `degrees` degrees of freedom; infinite degrees give the normal distribution. `None` for numbers
/// that are not finite otherwise, or for degrees that are not positive.
pub fn upper_tail(t: f64, degrees: f64, noncentrality: f64) -> Option<f64> {
    if !(t.is_finite() && noncentrality.is_finite() && degrees > 0.0) {
        return None;
    }
    let normal = Normal::standard();
    if degrees > NORMAL_ABOVE {
        return Some(normal.sf(t - noncentrality));
    }
    // The mean of the normal tail over y = ln √(χ² / degrees), a peak of the width 1 / √(2 degrees).
    let half = degrees / 2.0;
    let constant = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    let density = |y: f64| (constant + degrees * y - half * (2.0 * y).exp()).exp();
    let weighted = |y: f64| normal.sf(t * y.exp() - noncentrality) * density(y);
    let integral = over_line(0.0, 1.0 / (2.0 * degrees).sqrt(), weighted);
    Some(integral.clamp(0.0, 1.0))
}
