//! The F distribution (Fisher 1924; Snedecor 1934), also with infinite degrees below the line.

use statrs::distribution::{ChiSquared, ContinuousCDF};
use statrs::function::beta::checked_beta_reg;

/// Probability that F with `above` and `below` degrees of freedom exceeds `f`; `None` for NaN, or
/// for degrees that are not positive (finite ones above the line).
pub fn upper_tail(f: f64, above: f64, below: f64) -> Option<f64> {
    if f.is_nan() || !(above > 0.0 && above.is_finite() && below > 0.0) {
        return None;
    }
    if f <= 0.0 {
        return Some(1.0);
    }
    if f.is_infinite() {
        return Some(0.0);
    }
    if below.is_infinite() {
        let tail = ChiSquared::new(above).ok()?.sf(above * f);
        return (!tail.is_nan()).then(|| tail.clamp(0.0, 1.0));
    }
    let tail = checked_beta_reg(below / 2.0, above / 2.0, below / (below + above * f)).ok()?;
    (!tail.is_nan()).then(|| tail.clamp(0.0, 1.0))
}
