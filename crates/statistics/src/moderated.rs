//! Moderated variances: each configuration's variance drawn towards one that is common to the
//! sweep (Smyth 2004, "Linear models and empirical Bayes methods for assessing differential
//! expression in microarray experiments", Statistical Applications in Genetics and Molecular
//! Biology 3).
//!
//! The true variances are taken as draws from a scaled inverse χ² distribution, whose scale and
//! degrees are fitted to the moments of the logarithms of the estimated variances, as
//! `fitFDist` and `squeezeVar` of R's limma do. With few runs in each of many configurations, the
//! common variance brings most of the degrees of freedom.

use crate::polygamma::{digamma, trigamma, trigamma_inverse};

/// Variances below this share of the median are raised to it: the logarithm of zero has no mean.
const LEAST_SHARE_OF_MEDIAN: f64 = 1e-5;

/// An estimated variance of single runs, in the square of the figure's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceEstimate {
    /// The variance.
    pub variance: f64,
    /// Its degrees of freedom: n − 1 for the sample variance of n runs; infinite if it is known.
    pub degrees: f64,
}

/// The distribution that the variances of a sweep's configurations are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariancePrior {
    /// The common variance.
    pub variance: f64,
    /// The degrees of freedom that it is worth: 0 if nothing is known, infinite if the variances
    /// differ no more than equal ones would.
    pub degrees: f64,
    /// Degrees of freedom of all estimates together: no moderated variance has more.
    pub total_degrees: f64,
}

impl VariancePrior {
    /// The prior fitted to `estimates`; those without degrees (single runs), and those that are not
    /// finite or negative, are left out. `None` if none remains, or if the
    /// numbers overflow.
    ///
    /// From one estimate nothing is learnt about others: its variance with 0 degrees. If all
    /// variances are zero, so is the common one, with infinite degrees. Where more than half are
    /// zero, limma takes 1 in place of their median; here it is the median of the others, so that
    /// the unit does not matter.
    pub fn fit(estimates: &[VarianceEstimate]) -> Option<VariancePrior> {
        let mut usable = estimates.to_vec();
        usable.retain(is_usable);
        let (first, total_degrees) = (*usable.first()?, sum(&usable, |e| e.degrees));
        let prior = |variance, degrees| VariancePrior {
            variance,
            degrees,
            total_degrees,
        };
        if usable.len() == 1 {
            return Some(prior(first.variance, 0.0));
        }
        let Some(median) = median_of_variances(&usable) else {
            return Some(prior(0.0, f64::INFINITY));
        };
        for estimate in &mut usable {
            estimate.variance = estimate.variance.max(LEAST_SHARE_OF_MEDIAN * median);
        }
        let (variance, degrees) = fit_moments(&usable);
        (variance.is_finite() && degrees > 0.0).then(|| prior(variance, degrees))
    }

    /// The moderated form of `estimate`: the mean of its variance and the common one, weighted by
    /// their degrees, with the degrees of both (at most those of the whole sweep). An estimate
    /// without degrees gets the common variance. `None` if neither has any.
    pub fn squeeze(&self, estimate: VarianceEstimate) -> Option<VarianceEstimate> {
        let own = match is_usable(&estimate) {
            true => estimate,
            false => VarianceEstimate {
                variance: 0.0,
                degrees: 0.0,
            },
        };
        let degrees = own.degrees + self.degrees;
        if degrees.is_nan() || degrees <= 0.0 {
            return None;
        }
        let variance = match self.degrees.is_infinite() {
            true => self.variance,
            false => (own.degrees * own.variance + self.degrees * self.variance) / degrees,
        };
        variance.is_finite().then(|| VarianceEstimate {
            variance,
            degrees: degrees.min(self.total_degrees),
        })
    }
}

fn is_usable(estimate: &VarianceEstimate) -> bool {
    let VarianceEstimate { variance, degrees } = *estimate;
    variance.is_finite() && variance >= 0.0 && degrees.is_finite() && degrees > 1e-15
}

fn sum(estimates: &[VarianceEstimate], number: impl Fn(&VarianceEstimate) -> f64) -> f64 {
    estimates.iter().map(number).sum()
}

/// The median of the variances; if it is zero, that of those above zero; `None` if all are zero.
fn median_of_variances(estimates: &[VarianceEstimate]) -> Option<f64> {
    let mut variances: Vec<f64> = estimates.iter().map(|e| e.variance).collect();
    variances.sort_by(f64::total_cmp);
    let median = median_of_sorted(&variances)?;
    if median > 0.0 {
        return Some(median);
    }
    variances.retain(|variance| *variance > 0.0);
    median_of_sorted(&variances)
}

fn median_of_sorted(values: &[f64]) -> Option<f64> {
    let upper = values.get(values.len() / 2)?;
    let lower = values.get(values.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// Scale and degrees of the prior from at least two positive variances: the mean and the variance
/// of their logarithms, less what finite degrees of freedom add to them.
fn fit_moments(estimates: &[VarianceEstimate]) -> (f64, f64) {
    let n = estimates.len() as f64;
    let logarithm =
        |e: &VarianceEstimate| e.variance.ln() - digamma(e.degrees / 2.0) + (e.degrees / 2.0).ln();
    let mean = sum(estimates, logarithm) / n;
    let squares = sum(estimates, |e| (logarithm(e) - mean).powi(2));
    let expected = sum(estimates, |e| trigamma(e.degrees / 2.0)) / n;
    let excess = squares / (n - 1.0) - expected;
    if excess <= 0.0 {
        return (sum(estimates, |e| e.variance) / n, f64::INFINITY);
    }
    let degrees = 2.0 * trigamma_inverse(excess);
    let variance = (mean + digamma(degrees / 2.0) - (degrees / 2.0).ln()).exp();
    (variance, degrees)
}
