//! How many more runs would tell two configurations apart: the power of the two-sided t-test by the
//! noncentral t distribution (Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences",
//! 2nd edition, chapter 2), with unequal variances and numbers of runs (Satterthwaite's degrees).

use crate::moderated::VarianceEstimate;
use crate::noncentral_t;
use crate::student_t::quantile;
use crate::welch::{MeanDifference, MeanEstimate, compare};

/// More runs than this in each configuration are not asked for.
pub const MOST_RUNS: usize = 100_000;

/// The runs of one configuration so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runs {
    /// Number of runs.
    pub n: usize,
    /// Variance of single runs, which each further run gives one more degree of freedom.
    pub variance: VarianceEstimate,
}

/// Power of the two-sided t-test at the significance level `alpha`: the probability that it finds a
/// true difference of `difference`, in the figure's unit, with `a` and `b` runs. `None` where a
/// variance is unknown or both are zero.
pub fn power(difference: f64, a: Runs, b: Runs, alpha: f64) -> Option<f64> {
    let estimate = |mean, runs: Runs| MeanEstimate::of_runs(mean, runs.n, runs.variance);
    let MeanDifference {
        difference,
        standard_error,
        degrees,
    } = compare(estimate(difference, a), estimate(0.0, b))?;
    if standard_error == 0.0 {
        return None;
    }
    let critical = quantile(1.0 - alpha / 2.0, degrees)?;
    let noncentrality = difference.abs() / standard_error;
    let right = noncentral_t::upper_tail(critical, degrees, noncentrality)?;
    let wrong = noncentral_t::upper_tail(critical, degrees, -noncentrality)?;
    Some((right + wrong).min(1.0))
}

/// How many more runs each configuration needs until a true difference of the size `difference`
/// is found with the probability `wanted_power`, such as 0.8, at the significance level `alpha`.
///
/// The difference and the variances are taken as true. `None` without a difference or spread, or if
/// [`MOST_RUNS`] are not enough.
pub fn more_runs(
    difference: f64,
    a: Runs,
    b: Runs,
    alpha: f64,
    wanted_power: f64,
) -> Option<usize> {
    let is_enough = |more: usize| {
        let found = power(difference, with_more(a, more), with_more(b, more), alpha);
        found.is_some_and(|power| power >= wanted_power)
    };
    if is_enough(0) {
        return Some(0);
    }
    // The normal distribution asks for slightly fewer; the search begins there.
    let start = more_runs_if_known(difference, a, b, alpha, wanted_power)?;
    let (mut too_few, mut enough, mut step) = (0, start.max(1), 1);
    while !is_enough(enough) {
        too_few = enough;
        enough += step;
        step *= 2;
        if enough > MOST_RUNS {
            return None;
        }
    }
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        match is_enough(middle) {
            true => enough = middle,
            false => too_few = middle,
        }
    }
    Some(enough)
}

/// As [`more_runs`], if the variances were known: by the normal distribution.
fn more_runs_if_known(
    difference: f64,
    a: Runs,
    b: Runs,
    alpha: f64,
    wanted_power: f64,
) -> Option<usize> {
    let z = quantile(1.0 - alpha / 2.0, f64::INFINITY)? + quantile(wanted_power, f64::INFINITY)?;
    let most_variance = (difference / z).powi(2);
    let variance = |runs: Runs, more: usize| runs.variance.variance / (runs.n + more) as f64;
    let is_enough = |more: &usize| variance(a, *more) + variance(b, *more) <= most_variance;
    let (mut too_few, mut enough) = (0, MOST_RUNS);
    if !is_enough(&enough) {
        return None;
    }
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        match is_enough(&middle) {
            true => enough = middle,
            false => too_few = middle,
        }
    }
    Some(enough)
}

fn with_more(runs: Runs, more: usize) -> Runs {
    let variance = VarianceEstimate {
        degrees: runs.variance.degrees + more as f64,
        ..runs.variance
    };
    Runs {
        n: runs.n + more,
        variance,
    }
}
