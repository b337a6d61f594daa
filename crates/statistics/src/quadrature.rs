//! Integrals of smooth functions over the real line by the trapezoidal rule after a change of
//! variable (Takahasi and Mori 1974, "Double exponential formulas for numerical integration",
//! Publications of the RIMS 9).

/// Step of the rule in the new variable. For the smooth, peaked integrands of this crate the error
/// falls exponentially as the step shrinks; at this step it is below 1e-12 of the integral.
const STEP: f64 = 1.0 / 16.0;
/// Largest value of the new variable: beyond it, `sinh` has left every integrand's support.
const LARGEST: f64 = 40.0;
/// A side ends after this many terms in a row that no longer change the sum.
const SILENT_TERMS: usize = 8;

/// The integral of `f` from −∞ to ∞.
///
/// `f` has one peak, of about the width `scale`, near `centre`, and falls at least exponentially on
/// both sides of it.
pub fn over_line(centre: f64, scale: f64, f: impl Fn(f64) -> f64) -> f64 {
    let term = |t: f64| f(centre + scale * t.sinh()) * scale * t.cosh();
    let middle = term(0.0);
    STEP * (middle + side(&term, STEP, middle) + side(&term, -STEP, middle))
}

fn side(term: &impl Fn(f64) -> f64, step: f64, middle: f64) -> f64 {
    let (mut sum, mut silent) = (0.0, 0);
    let mut number = 1.0;
    while number * STEP < LARGEST && silent < SILENT_TERMS {
        let value = term(number * step);
        sum += value;
        let counts = value.abs() > 1e-18 * (middle + sum).abs();
        silent = if counts { 0 } else { silent + 1 };
        number += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn known_integrals_are_found() {
        let normal = over_line(0.0, 1.0, |x| (-x * x / 2.0).exp());
        assert!((normal - (2.0 * PI).sqrt()).abs() < 1e-12, "{normal}");
        let shifted = over_line(2.5, 0.3, |x| (-(x - 3.0) * (x - 3.0) / 2.0).exp());
        assert!((shifted - (2.0 * PI).sqrt()).abs() < 1e-12, "{shifted}");
        // The logistic density's integral is 1.
        let logistic = over_line(0.0, 1.0, |x| 1.0 / (2.0 + 2.0 * x.cosh()));
        assert!((logistic - 1.0).abs() < 1e-12, "{logistic}");
    }
}
