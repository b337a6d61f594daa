//! Student's t distribution with any degrees of freedom: fractional, large or infinite.
//!
//! Up to a thousand degrees by the incomplete beta function. Above, where that loses
//! digits, by the normal distribution after the expansion of Hill 1970 ("Algorithm 395: Student's
//! t-distribution", Communications of the ACM 13).

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::checked_beta_reg;
use std::f64::consts::FRAC_PI_2;

/// With fewer degrees the distribution has no tails that numbers can hold.
const LEAST_DEGREES: f64 = 1e-9;
/// Above this many degrees Hill's expansion is more exact than the incomplete beta function.
const EXPANDED_ABOVE: f64 = 1000.0;

/// Probability that t with `degrees` degrees of freedom (infinite: the normal distribution)
/// exceeds `t`; `None` for NaN or for degrees below 1e-9.
pub fn upper_tail(t: f64, degrees: f64) -> Option<f64> {
    if t.is_nan() || degrees.is_nan() || degrees < LEAST_DEGREES {
        return None;
    }
    if t.is_infinite() {
        return Some(if t > 0.0 { 0.0 } else { 1.0 });
    }
    if degrees > EXPANDED_ABOVE {
        return Some(Normal::standard().sf(equivalent_normal(t, degrees)));
    }
    let both = checked_beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t)).ok()?;
    let tail = if t < 0.0 {
        1.0 - both / 2.0
    } else {
        both / 2.0
    };
    Some(tail).filter(|tail| (0.0..=1.0).contains(tail))
}

/// Probability that |t| exceeds the absolute value of `t`; `None` as for [`upper_tail`].
pub fn two_sided(t: f64, degrees: f64) -> Option<f64> {
    Some((2.0 * upper_tail(t.abs(), degrees)?).min(1.0))
}

/// The value that t exceeds with probability 1 − `probability`; `None` unless `probability` lies
/// between 0 and 1 and there are at least 1e-9 degrees, or if it is too large for a number.
pub fn quantile(probability: f64, degrees: f64) -> Option<f64> {
    if !(probability > 0.0 && probability < 1.0 && degrees >= LEAST_DEGREES) {
        return None;
    }
    if probability < 0.5 {
        return Some(-upper_quantile(probability, degrees)?);
    }
    upper_quantile(1.0 - probability, degrees)
}

/// The t that is exceeded with the probability `tail`, at most a half: Newton's method from a first
/// value that is exact to some digits.
fn upper_quantile(tail: f64, degrees: f64) -> Option<f64> {
    let normal = -Normal::standard().inverse_cdf(tail);
    if degrees.is_infinite() {
        return Some(normal);
    }
    let distribution = StudentsT::new(0.0, 1.0, degrees).ok()?;
    let mut t = first_quantile(tail, degrees, normal);
    for _ in 0..6 {
        let excess = upper_tail(t, degrees).unwrap_or(f64::NAN) - tail;
        let step = excess / distribution.pdf(t);
        if !step.is_finite() {
            break;
        }
        t = (t + step).max(0.0);
        // The next step would be about the square of this one.
        if step.abs() < 1e-7 * t.abs() {
            break;
        }
    }
    match has_tail(t, degrees, tail) {
        true => Some(t),
        false => bisected(tail, degrees),
    }
}

/// The quantile to four digits or more, from two degrees on (Hill 1970, "Algorithm 396: Student's
/// t-quantiles", Communications of the ACM 13), given that of the normal distribution.
fn first_quantile(tail: f64, degrees: f64, normal: f64) -> f64 {
    let n = degrees;
    let a = 1.0 / (n - 0.5);
    let b = 48.0 / (a * a);
    let mut c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * FRAC_PI_2).sqrt() * n;
    let y = (d * 2.0 * tail).powf(2.0 / n);
    let square = if y > 0.05 + a {
        let x = -normal;
        if n < 5.0 {
            c += 0.3 * (n - 4.5) * (x + 0.6);
        }
        let c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c;
        let y = x * x;
        let root = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x;
        (a * root * root).exp_m1()
    } else {
        let inner = 1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0);
        ((inner + 0.5 / (n + 4.0)) * y - 1.0) * (n + 1.0) / (n + 2.0) + 1.0 / y
    };
    (n * square).sqrt()
}

fn has_tail(t: f64, degrees: f64, tail: f64) -> bool {
    upper_tail(t, degrees).is_some_and(|found| (found / tail - 1.0).abs() < 1e-9)
}

/// The same where Newton's method fails: with less than one degree of freedom, far out.
fn bisected(tail: f64, degrees: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high, degrees)? > tail {
        (low, high) = (high, high * high * 16.0);
    }
    for _ in 0..100 {
        let middle = match low > 0.0 {
            true => low.sqrt() * high.sqrt(),
            false => high / 2.0,
        };
        match upper_tail(middle, degrees)? > tail {
            true => low = middle,
            false => high = middle,
        }
    }
    has_tail(high, degrees, tail).then_some(high)
}

/// The value of the normal distribution with the same tail as `t`.
fn equivalent_normal(t: f64, degrees: f64) -> f64 {
    // With more degrees the two are the same number; farther out both tails are zero.
    if degrees > 1e15 || t.abs() > 1e100 {
        return t;
    }
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let w = (a * (t * t / degrees).ln_1p()).sqrt();
    let w2 = w * w;
    let first = (w2 + 3.0) * w / b;
    let second = (((4.0 * w2 + 33.0) * w2 + 240.0) * w2 + 855.0) * w;
    let z = w + first - second / (10.0 * b * (b + 0.8 * w2 * w2 + 100.0));
    z.copysign(t)
}
