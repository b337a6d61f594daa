//! Shares of several groups from a few trials of each, each drawn towards what is common to the
//! groups: a hierarchical beta-binomial model (Gelman et al. 2013, "Bayesian Data Analysis", 3rd
//! edition, section 5.3).
//!
//! The groups' shares are draws from a beta distribution with an unknown mean and an unknown worth
//! in trials. Both are integrated over a grid, rather than fitted: with few groups they are hardly
//! known, and the answer must not be surer than that. The mean is uniform between 0 and 1; the
//! worth has the density 1 / (1 + worth)².

use statrs::function::beta::ln_beta;

/// Points of the grid over the logit of the mean, from −4.5 to 4.5.
const MEANS: usize = 25;
/// Points of the grid over the logarithm of the worth, from 0.2 to 40 trials.
const WORTHS: usize = 16;

/// Mean and variance of what is known of a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareEstimate {
    /// Mean, 0 to 1.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
}

/// A point of the grid: the parameters of a beta distribution and the logarithm of its weight.
struct HyperPoint {
    a: f64,
    b: f64,
    log_weight: f64,
}

/// The share of each group, given its `(successes, trials)`, in their order. A group without trials
/// gets what is common to the others. Successes beyond the trials count as all of them.
pub fn shares(groups: &[(u64, u64)]) -> Vec<ShareEstimate> {
    let mut distinct: Vec<((u64, u64), f64)> = Vec::new();
    for &(successes, trials) in groups {
        let group = (successes.min(trials), trials);
        match distinct.iter_mut().find(|(other, _)| *other == group) {
            Some((_, count)) => *count += 1.0,
            None => distinct.push((group, 1.0)),
        }
    }
    let weights = grid_weights(&distinct);
    let estimate = |&(successes, trials): &(u64, u64)| {
        estimate_of(&weights, successes.min(trials) as f64, trials as f64)
    };
    groups.iter().map(estimate).collect()
}

/// The grid with the weight of each point given the groups, whose sum is 1.
fn grid_weights(groups: &[((u64, u64), f64)]) -> Vec<(f64, f64, f64)> {
    let mut points = grid();
    for point in &mut points {
        let of_none = ln_beta(point.a, point.b);
        for ((successes, trials), count) in groups {
            let failures = (trials - successes) as f64;
            let likelihood = ln_beta(point.a + *successes as f64, point.b + failures) - of_none;
            point.log_weight += count * likelihood;
        }
    }
    let largest = points.iter().map(|p| p.log_weight).fold(f64::MIN, f64::max);
    let weight = |point: &HyperPoint| (point.log_weight - largest).exp();
    let total: f64 = points.iter().map(weight).sum();
    let weigh = |point: &HyperPoint| (point.a, point.b, weight(point) / total);
    points.iter().map(weigh).collect()
}

fn grid() -> Vec<HyperPoint> {
    let mut points = Vec::with_capacity(MEANS * WORTHS);
    for i in 0..WORTHS {
        let place = i as f64 / (WORTHS - 1) as f64;
        let worth = 0.2 * 200f64.powf(place);
        for j in 0..MEANS {
            let logit = -4.5 + 9.0 * j as f64 / (MEANS - 1) as f64;
            let mean = 1.0 / (1.0 + (-logit).exp());
            // The densities, times the steps of the grid in logit and logarithm.
            let weight = mean * (1.0 - mean) * worth / ((1.0 + worth) * (1.0 + worth));
            points.push(HyperPoint {
                a: mean * worth,
                b: (1.0 - mean) * worth,
                log_weight: weight.ln(),
            });
        }
    }
    points
}

fn estimate_of(weights: &[(f64, f64, f64)], successes: f64, trials: f64) -> ShareEstimate {
    let moments = |(a, b, weight): &(f64, f64, f64)| {
        let worth = a + b + trials;
        let share = (a + successes) / worth;
        (*weight, share, share * (1.0 - share) / (worth + 1.0))
    };
    let points: Vec<(f64, f64, f64)> = weights.iter().map(moments).collect();
    let mean: f64 = points.iter().map(|(weight, share, _)| weight * share).sum();
    // Around the mean: a difference of squares would lose the digits of a small variance.
    let mut variance = 0.0;
    for (weight, share, within) in points {
        variance += weight * (within + (share - mean).powi(2));
    }
    ShareEstimate { mean, variance }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: the variance around the mean over the same grid, by numpy.
    #[test]
    fn small_variances_keep_their_digits() {
        let found = shares(&[(4000, 4000), (3999, 4000)])[0];
        assert!(
            (found.variance / 6.516588294444494e-9 - 1.0).abs() < 1e-10,
            "{found:?}"
        );
    }

    #[test]
    fn what_is_common_draws_small_groups() {
        let [all, none] = shares(&[(3, 3), (0, 3)])[..] else {
            panic!("two shares");
        };
        assert!(0.6 < all.mean && all.mean < 1.0, "{all:?}");
        assert!(0.0 < none.mean && none.mean < 0.4, "{none:?}");
        // Ten groups that always succeed leave little doubt about an eleventh.
        let mut groups = vec![(3, 3); 10];
        groups.push((0, 0));
        let unknown = shares(&groups)[10];
        assert!(unknown.mean > 0.85, "{unknown:?}");
        assert!(shares(&[]).is_empty());
    }
}
