//! The beta distribution of a share, and the comparison of two such shares (Cook 2003, "Numerical
//! computation of stochastic inequality probabilities", UT MD Anderson technical report).

use crate::quadrature::over_line;
use statrs::function::beta::{checked_beta_reg, ln_beta};

/// A beta distribution of a share between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// The distribution after `a` successes and `b` failures, those that the prior is worth
    /// included; `None` unless both lie between 1e-9 and 1e9.
    pub fn new(a: f64, b: f64) -> Option<Beta> {
        let range = 1e-9..=1e9;
        (range.contains(&a) && range.contains(&b)).then_some(Beta { a, b })
    }

    /// Successes and failures that the distribution is worth.
    pub fn parameters(&self) -> (f64, f64) {
        (self.a, self.b)
    }

    /// The mean share.
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The distribution after further trials.
    pub fn updated(&self, successes: u64, n: u64) -> Beta {
        Beta {
            a: self.a + successes as f64,
            b: self.b + n.saturating_sub(successes) as f64,
        }
    }

    /// Probability of a share of at most `share`; below 0 (and for NaN) as at 0, above 1 as at 1.
    pub fn below(&self, share: f64) -> f64 {
        regularized(self.a, self.b, share)
    }

    /// Probability of a share above `share`.
    pub fn above(&self, share: f64) -> f64 {
        regularized(self.b, self.a, 1.0 - share)
    }

    /// The share that is not exceeded with `probability`, by bisection; `None` unless `probability`
    /// lies between 0 and 1.
    pub fn quantile(&self, probability: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&probability) {
            return None;
        }
        let (mut low, mut high) = (0.0, 1.0);
        // A double between 0 and 1 has 53 digits; small shares need the exponent's steps as well.
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            match self.below(middle) < probability {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(high)
    }

    /// Probability that a share of this distribution is greater than one of `other`, both
    /// independent.
    pub fn probability_greater_than(&self, other: &Beta) -> f64 {
        // In y = ln (share / (1 − share)) the density is smooth and falls exponentially.
        let constant = ln_beta(self.a, self.b);
        let density = |y: f64| (-self.a * soft_plus(-y) - self.b * soft_plus(y) - constant).exp();
        let scale = (1.0 / self.a + 1.0 / self.b).sqrt().min(1.0);
        let weighted = |y: f64| density(y) * other.below_logit(y);
        over_line((self.a / self.b).ln(), scale, weighted).clamp(0.0, 1.0)
    }

    /// [`Beta::below`] of the share whose logit is `y`, exact where the share is near 0 or 1.
    fn below_logit(&self, y: f64) -> f64 {
        match y <= 0.0 {
            true => near_zero(self.a, self.b, y),
            false => 1.0 - near_zero(self.b, self.a, -y),
        }
    }
}

/// The distribution function at the share eʸ / (1 + eʸ), `y` ≤ 0.
fn near_zero(a: f64, b: f64, y: f64) -> f64 {
    if y < -700.0 {
        return (a * y - a.ln() - ln_beta(a, b)).exp();
    }
    regularized(a, b, y.exp() / (1.0 + y.exp()))
}

/// ln (1 + eʸ).
fn soft_plus(y: f64) -> f64 {
    y.max(0.0) + (-y.abs()).exp().ln_1p()
}

/// The regularized incomplete beta function; the parameters are positive, so that it exists for
/// every share.
fn regularized(a: f64, b: f64, share: f64) -> f64 {
    let inside = if share.is_nan() {
        0.0
    } else {
        share.clamp(0.0, 1.0)
    };
    checked_beta_reg(a, b, inside)
        .unwrap_or(0.0)
        .clamp(0.0, 1.0)
}
