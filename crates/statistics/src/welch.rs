//! Differences of means with unequal variances (Welch 1947, "The generalization of 'Student's'
//! problem when several different population variances are involved", Biometrika 34; degrees of
//! freedom by Satterthwaite 1946, "An approximate distribution of estimates of variance
//! components", Biometrics Bulletin 2).

use crate::moderated::VarianceEstimate;
use crate::student_t::{quantile, two_sided, upper_tail};

/// A standard error or a difference below this share of the largest mean is rounding noise, and
/// counts as none.
const ROUNDING: f64 = 1e-12;

/// An estimated mean, in the figure's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanEstimate {
    /// The mean.
    pub mean: f64,
    /// Variance of the mean, not of single runs.
    pub variance: f64,
    /// Degrees of freedom of the variance; infinite if it is known.
    pub degrees: f64,
}

impl MeanEstimate {
    /// The mean of `n` independent runs, given the variance of single runs.
    pub fn of_runs(mean: f64, n: usize, single: VarianceEstimate) -> MeanEstimate {
        MeanEstimate {
            mean,
            variance: single.variance / n as f64,
            degrees: single.degrees,
        }
    }

    fn is_usable(&self) -> bool {
        let variance_is_known = self.variance == 0.0 || self.degrees > 0.0;
        self.mean.is_finite()
            && self.variance.is_finite()
            && self.variance >= 0.0
            && variance_is_known
    }
}

/// A difference of independent means, or another weighted sum of them, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanDifference {
    /// The difference.
    pub difference: f64,
    /// Its standard error; 0 if nothing varied, and then nothing can be tested.
    pub standard_error: f64,
    /// Degrees of freedom; infinite if the variances are known.
    pub degrees: f64,
}

impl MeanDifference {
    /// Two-sided p-value of no difference. Without spread it is 1 if there is no difference, else
    /// `None`.
    pub fn p_two_sided(&self) -> Option<f64> {
        match self.standard_error == 0.0 {
            true => (self.difference == 0.0).then_some(1.0),
            false => two_sided(self.t(0.0), self.degrees),
        }
    }

    /// One-sided p-value of a difference of at most `bound`: small where the difference is surely
    /// greater. `None` without spread.
    pub fn p_greater_than(&self, bound: f64) -> Option<f64> {
        match self.standard_error == 0.0 {
            true => None,
            false => upper_tail(self.t(bound), self.degrees),
        }
    }

    /// One-sided p-value of a difference of at least `bound`: small where the difference is surely
    /// less. `None` without spread.
    pub fn p_less_than(&self, bound: f64) -> Option<f64> {
        match self.standard_error == 0.0 {
            true => None,
            false => upper_tail(-self.t(bound), self.degrees),
        }
    }

    /// The confidence interval at `level`, such as 0.95; `None` without spread, or if `level` does
    /// not lie between 0 and 1.
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        if self.standard_error == 0.0 {
            return None;
        }
        let half_width = quantile(0.5 + level / 2.0, self.degrees)? * self.standard_error;
        Some((self.difference - half_width, self.difference + half_width))
    }

    /// The same with at most `most` degrees of freedom: those of all runs from which the variances
    /// were estimated, where the means share them.
    pub fn with_degrees_at_most(self, most: f64) -> MeanDifference {
        MeanDifference {
            degrees: self.degrees.min(most),
            ..self
        }
    }

    fn t(&self, bound: f64) -> f64 {
        (self.difference - bound) / self.standard_error
    }
}

/// The difference `a` − `b`; `None` if a mean or its variance is unknown.
pub fn compare(a: MeanEstimate, b: MeanEstimate) -> Option<MeanDifference> {
    contrast(&[(1.0, a), (-1.0, b)])
}

/// The sum of independent means, each with its weight; `None` if there are none, if a mean or its
/// variance is unknown, or if the numbers overflow.
pub fn contrast(terms: &[(f64, MeanEstimate)]) -> Option<MeanDifference> {
    if terms.is_empty() || !terms.iter().all(|(w, m)| w.is_finite() && m.is_usable()) {
        return None;
    }
    let sum = weighted_sum(terms);
    if !(sum.mean.is_finite() && sum.variance.is_finite() && sum.degrees > 0.0) {
        return None;
    }
    let largest =
        |most: f64, (weight, term): &(f64, MeanEstimate)| most.max((weight * term.mean).abs());
    let noise = ROUNDING * terms.iter().fold(0.0, largest);
    let without_noise = |value: f64| if value.abs() <= noise { 0.0 } else { value };
    Some(MeanDifference {
        difference: without_noise(sum.mean),
        standard_error: without_noise(sum.variance.sqrt()),
        degrees: sum.degrees,
    })
}

/// The weighted sum of independent means, its variance and Satterthwaite's degrees; means without
/// variance have no part in the degrees.
pub(crate) fn weighted_sum(terms: &[(f64, MeanEstimate)]) -> MeanEstimate {
    let (mut mean, mut variance, mut spread) = (0.0, 0.0, 0.0);
    for (weight, estimate) in terms {
        let part = weight * weight * estimate.variance;
        mean += weight * estimate.mean;
        variance += part;
        if part > 0.0 {
            spread += part * part / estimate.degrees;
        }
    }
    let degrees = match spread > 0.0 {
        true => variance * variance / spread,
        false => f64::INFINITY,
    };
    MeanEstimate {
        mean,
        variance,
        degrees,
    }
}
