//! The rules themselves, as pure functions over values.

use convsweep_spec::figures::better_first;
use convsweep_spec::metric::Direction;
use convsweep_statistics::sample::Sample;

/// Number of jobs of other configurations that the median rule needs before it judges.
pub const MEDIAN_JOBS: usize = 3;

/// The best 1 in `eta` of the candidates (a number and a value), rounded up; best first, equal ones
/// in the given order.
pub fn best_share(
    direction: Direction,
    candidates: &[(usize, Option<f64>)],
    eta: u32,
) -> Vec<usize> {
    let mut order = candidates.to_vec();
    order.sort_by(|a, b| better_first(direction, a.1, b.1));
    let share = candidates.len().div_ceil(eta.max(1) as usize).max(1);
    order.truncate(share);
    order.into_iter().map(|(number, _)| number).collect()
}

/// Whether `value` is among the best 1 in `eta` of all values so far, itself included. The first
/// `eta - 1` always are.
pub fn asha_continues(direction: Direction, earlier: &[f64], value: f64, eta: u32) -> bool {
    let count = earlier.len() + 1;
    if count < eta as usize {
        return true;
    }
    let is_better = |other: &&f64| better_first(direction, Some(**other), Some(value)).is_lt();
    let better = earlier.iter().filter(is_better).count();
    better < (count / eta.max(1) as usize).max(1)
}

/// The median of `others`, if `own` is worse: the value of a job after an epoch, and the mean
/// values of other jobs up to the same epoch.
pub fn below_median(direction: Direction, own: f64, others: Vec<f64>) -> Option<f64> {
    if others.len() < MEDIAN_JOBS {
        return None;
    }
    let median = median(others);
    let order = better_first(direction, Some(own), Some(median));
    order.is_gt().then_some(median)
}

/// The median of at least one value.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if is_even => f64::midpoint(lower, upper),
        _ => upper,
    }
}

/// The mean of the values that are there and not NaN.
pub fn mean_of(values: &[Option<f64>]) -> Option<f64> {
    let mut present: Vec<f64> = values.iter().flatten().copied().collect();
    present.retain(|value| !value.is_nan());
    Sample::of(&present).map(|sample| sample.mean)
}

/// The mean; 0 without values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Max, Min};

    #[test]
    fn the_best_share_is_rounded_up() {
        let check = |direction, values: &[f64], eta, expect: &[usize]| {
            let candidates: Vec<_> = values.iter().map(|v| Some(*v)).enumerate().collect();
            assert_eq!(
                best_share(direction, &candidates, eta),
                expect,
                "{values:?}"
            );
        };
        check(
            Max,
            &[0.1, 0.5, 0.3, 0.9, 0.2, 0.4, 0.6, 0.7, 0.8],
            3,
            &[3, 8, 7],
        );
        check(Min, &[0.1, 0.5, 0.3, 0.9], 2, &[0, 2]);
        check(Max, &[0.5, 0.5, 0.5], 3, &[0]);
        check(Max, &[0.1, 0.2, 0.3, 0.4], 3, &[3, 2]);
        check(Max, &[f64::NAN, 0.2], 2, &[1]);
        assert_eq!(best_share(Max, &[(4, None), (7, Some(0.1))], 2), [7]);
        assert_eq!(best_share(Max, &[(4, None)], 3), [4]);
    }

    #[test]
    fn asha_judges_by_the_values_so_far() {
        let check = |so_far: &[f64], value, expect| {
            assert_eq!(asha_continues(Max, so_far, value, 3), expect, "{so_far:?}")
        };
        check(&[], 0.1, true);
        check(&[0.9], 0.1, true);
        check(&[0.9, 0.8], 0.1, false);
        check(&[0.9, 0.8], 0.95, true);
        check(&[0.9, 0.8, 0.7, 0.6, 0.5], 0.85, true);
        check(&[0.9, 0.8, 0.7, 0.6, 0.5], 0.75, false);
        assert!(!asha_continues(Min, &[0.1, 0.2], 0.9, 3));
    }

    #[test]
    fn the_median_is_that_of_the_other_jobs_means() {
        let others = || vec![0.7, 0.3, 0.5];
        assert_eq!(below_median(Max, 0.45, others()), Some(0.5));
        assert_eq!(below_median(Max, 0.55, others()), None);
        assert_eq!(below_median(Max, 0.5, others()), None, "not worse");
        assert_eq!(
            below_median(Max, 0.1, vec![0.75, 0.25, 1.0, 0.5]),
            Some(0.625),
            "of an even number"
        );
        assert_eq!(
            below_median(Max, 0.0, others()[..2].to_vec()),
            None,
            "two are too few"
        );
        assert!(below_median(Min, 0.9, others()).is_some());
        assert!(below_median(Max, f64::NAN, others()).is_some());
    }
}
