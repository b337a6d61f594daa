//! The distribution of a share over the configurations of a sweep, from a few trials of each:
//! beta-binomial, fitted to all of them (empirical Bayes, Robbins 1956; by likelihood, Griffiths
//! 1973, "Maximum likelihood estimation for the beta-binomial distribution", Biometrics 29).
//!
//! Pure maximum likelihood does not exist where all trials succeed, where none does, or where every
//! configuration is all or nothing; so the logarithm of the likelihood has two weak terms: half a
//! success and half a failure for the mean share (Jeffreys), and a normal one for the common
//! logarithm of the prior's worth, which is 2 (the uniform distribution) give or take a factor
//! of 10. Each new configuration with some of both outweighs them.

use crate::beta::Beta;
use crate::polygamma::{digamma, trigamma};
use statrs::function::beta::ln_beta;
use std::f64::consts::{LN_2, LN_10};

/// Newton's method needs about six steps.
const MOST_STEPS: usize = 200;

/// The prior fitted to `(successes, trials)` of each configuration. Those without trials, or with
/// more successes than trials, are left out; `None` if none remains.
pub fn fit(shares: &[(u64, u64)]) -> Option<Beta> {
    let mut usable = shares.to_vec();
    usable.retain(|(successes, n)| *n > 0 && successes <= n);
    let successes: u64 = usable.iter().map(|(successes, _)| successes).sum();
    let trials: u64 = usable.iter().map(|(_, n)| n).sum();
    if trials == 0 {
        return None;
    }
    let share = (successes as f64 + 0.5) / (trials as f64 + 1.0);
    let start = Point {
        logit: (share / (1.0 - share)).ln(),
        log_worth: LN_2,
    };
    let Point { logit, log_worth } = maximum(&usable, start);
    let (a, b) = Point { logit, log_worth }.parameters();
    Beta::new(a, b)
}

/// The prior's parameters in a form without bounds.
#[derive(Clone, Copy)]
struct Point {
    /// ln (a / b).
    logit: f64,
    /// ln (a + b).
    log_worth: f64,
}

impl Point {
    fn parameters(self) -> (f64, f64) {
        let worth = self.log_worth.exp();
        (
            worth / (1.0 + (-self.logit).exp()),
            worth / (1.0 + self.logit.exp()),
        )
    }
}

/// First derivatives of the logarithm of the likelihood in (logit, log worth), and the second ones.
struct Slope {
    gradient: [f64; 2],
    /// Logit twice, both, log worth twice.
    curvature: [f64; 3],
}

/// Newton's method; where a step does not lead uphill, it is shortened and turned towards the
/// gradient (Levenberg 1944).
fn maximum(shares: &[(u64, u64)], start: Point) -> Point {
    let (mut point, mut height) = (start, log_likelihood(shares, start));
    let mut damping = 0.0;
    for _ in 0..MOST_STEPS {
        let step = newton_step(&slope(shares, point), damping);
        let next = Point {
            logit: point.logit + step[0],
            log_worth: point.log_worth + step[1],
        };
        let next_height = log_likelihood(shares, next);
        let is_settled = step[0].abs().max(step[1].abs()) < 1e-13;
        // Close to the top, steps change the height by less than its rounding.
        if next_height >= height - 1e-12 * height.abs() {
            (point, height, damping) = (next, next_height, damping / 16.0);
        } else {
            damping = (damping * 4.0f64).max(1e-3);
        }
        if is_settled {
            break;
        }
    }
    point
}

fn newton_step(slope: &Slope, damping: f64) -> [f64; 2] {
    let [first, second] = slope.gradient;
    let [top, both, bottom] = slope.curvature;
    let mut ridge = damping;
    loop {
        let (a, b, c) = (ridge - top, -both, ridge - bottom);
        let determinant = a * c - b * b;
        if a > 0.0 && determinant > 1e-12 * a * c {
            return [
                (c * first - b * second) / determinant,
                (a * second - b * first) / determinant,
            ];
        }
        if !ridge.is_finite() {
            return [0.0; 2];
        }
        ridge = 2.0 * ridge + 1e-3;
    }
}

fn log_likelihood(shares: &[(u64, u64)], point: Point) -> f64 {
    let (a, b) = point.parameters();
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()) {
        return f64::NEG_INFINITY;
    }
    let mut sum = 0.5 * (a / (a + b)).ln() + 0.5 * (b / (a + b)).ln();
    sum -= 0.5 * ((point.log_worth - LN_2) / LN_10).powi(2);
    for (successes, n) in shares {
        let failures = (n - successes) as f64;
        sum += ln_beta(a + *successes as f64, b + failures) - ln_beta(a, b);
    }
    sum
}

fn slope(shares: &[(u64, u64)], point: Point) -> Slope {
    let (a, b) = point.parameters();
    let (mut by_a, mut by_b, mut aa, mut bb, mut common) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (successes, n) in shares {
        let (k, failures, n) = (*successes as f64, (n - successes) as f64, *n as f64);
        let shared = digamma(a + b) - digamma(a + b + n);
        by_a += digamma(a + k) - digamma(a) + shared;
        by_b += digamma(b + failures) - digamma(b) + shared;
        aa += trigamma(a + k) - trigamma(a);
        bb += trigamma(b + failures) - trigamma(b);
        common += trigamma(a + b) - trigamma(a + b + n);
    }
    let worth = a + b;
    let mean = a / worth;
    // The derivative of a by the logit, and of −b.
    let w = worth * mean * (1.0 - mean);
    let along = w * (by_a - by_b);
    let gradient = [
        along + 0.5 - mean,
        a * by_a + b * by_b - (point.log_worth - LN_2) / (LN_10 * LN_10),
    ];
    let top = w * w * (aa + bb) + along * (1.0 - 2.0 * mean) - mean * (1.0 - mean);
    let both = w * (a * aa - b * bb) + along;
    let bottom = a * a * aa + b * b * bb + worth * worth * common + a * by_a + b * by_b
        - 1.0 / (LN_10 * LN_10);
    Slope {
        gradient,
        curvature: [top, both, bottom],
    }
}
