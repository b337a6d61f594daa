//! The rules themselves: pure functions over values.

use convsweep_spec::metric::Direction;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::cmp::Ordering;

/// Chance of leaving out a configuration that is as good as the leader, in one round of a race.
pub const LEVEL: f64 = 0.05;
/// Jobs of other configurations that the median rule wants before it judges.
pub const LEAST: usize = 3;

/// Better first; no value (diverged, failed) is worst, and so is what is not a number.
pub fn compare(direction: Direction, a: Option<f64>, b: Option<f64>) -> Ordering {
    let key = |v: Option<f64>| match (v.filter(|v| !v.is_nan()), direction) {
        (None, _) => f64::INFINITY,
        (Some(v), Direction::Max) => -v,
        (Some(v), Direction::Min) => v,
    };
    key(a).total_cmp(&key(b))
}

/// Of candidates (a number and a value), the better ones: one of every `eta`, at least one; best
/// first, equal ones in the order given.
pub fn halve(direction: Direction, candidates: &[(usize, Option<f64>)], eta: u32) -> Vec<usize> {
    let mut order = candidates.to_vec();
    order.sort_by(|a, b| compare(direction, a.1, b.1));
    let keep = candidates.len().div_ceil(eta.max(1) as usize).max(1);
    order
        .into_iter()
        .take(keep)
        .map(|(number, _)| number)
        .collect()
}

/// Whether `value` is among the best of every `eta` of all that have come so far, itself included.
/// The first `eta - 1` always are.
pub fn asha_goes_on(direction: Direction, so_far: &[f64], value: f64, eta: u32) -> bool {
    let better = so_far
        .iter()
        .filter(|&&v| compare(direction, Some(v), Some(value)) == Ordering::Less)
        .count();
    let keep = (so_far.len() + 1) / eta.max(1) as usize;
    so_far.len() + 1 < eta as usize || better < keep.max(1)
}

/// The median that the best of `own` does not reach, if it does not; `others` are the others' means
/// up to the same epoch.
pub fn below_median(direction: Direction, own: &[f64], mut others: Vec<f64>) -> Option<(f64, f64)> {
    if others.len() < LEAST {
        return None;
    }
    let best = own
        .iter()
        .copied()
        .min_by(|a, b| compare(direction, Some(*a), Some(*b)))?;
    let middle = others.len() / 2;
    let is_even = others.len().is_multiple_of(2);
    let (below, &mut upper, _) = others.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below
        .iter()
        .copied()
        .max_by(f64::total_cmp)
        .filter(|_| is_even);
    let median = lower.map_or(upper, |lower| f64::midpoint(lower, upper));
    (compare(direction, Some(best), Some(median)) == Ordering::Greater).then_some((best, median))
}

/// Which of the candidates may still be the best, given their values by seed (`None`: that seed
/// failed): the leader by its mean, and each that is not worse by a paired one-sided t test at
/// [`LEVEL`] over the seeds that both have.
pub fn race(direction: Direction, candidates: &[Vec<Option<f64>>]) -> Vec<bool> {
    let means: Vec<Option<f64>> = candidates.iter().map(|values| mean_of(values)).collect();
    let leader = (0..means.len()).min_by(|&a, &b| compare(direction, means[a], means[b]));
    let Some(leader) = leader else { return vec![] };
    let stays = |i: usize| {
        let pairs = candidates[leader]
            .iter()
            .zip(&candidates[i])
            .filter_map(|(a, b)| Some((*a)? - (*b)?));
        let sign = if direction == Direction::Max {
            1.0
        } else {
            -1.0
        };
        let differences: Vec<f64> = pairs.map(|d| sign * d).collect();
        i == leader || (means[i].is_some() && !is_worse(&differences))
    };
    (0..candidates.len()).map(stays).collect()
}

/// Whether differences to the leader (positive: the leader is better) are above zero beyond chance.
fn is_worse(differences: &[f64]) -> bool {
    let n = differences.len() as f64;
    if n < 2.0 {
        return false;
    }
    let mean = mean(differences);
    let variance = differences
        .iter()
        .map(|d| (d - mean) * (d - mean))
        .sum::<f64>()
        / (n - 1.0);
    if variance == 0.0 {
        return mean > 0.0;
    }
    let t = mean / (variance / n).sqrt();
    StudentsT::new(0.0, 1.0, n - 1.0).is_ok_and(|students| t > students.inverse_cdf(1.0 - LEVEL))
}

/// The mean of what is there.
pub fn mean_of(values: &[Option<f64>]) -> Option<f64> {
    let there: Vec<f64> = values
        .iter()
        .flatten()
        .copied()
        .filter(|v| !v.is_nan())
        .collect();
    (!there.is_empty()).then(|| mean(&there))
}

/// The mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Max, Min};

    #[test]
    fn one_of_every_eta_goes_on() {
        let check = |direction, values: &[f64], eta, expect: &[usize]| {
            let candidates: Vec<_> = values.iter().map(|v| Some(*v)).enumerate().collect();
            assert_eq!(halve(direction, &candidates, eta), expect, "{values:?}");
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
        assert_eq!(halve(Max, &[(4, None), (7, Some(0.1))], 2), [7]);
        assert_eq!(halve(Max, &[(4, None)], 3), [4]);
    }

    #[test]
    fn asha_judges_by_what_has_come() {
        let check = |so_far: &[f64], value, expect| {
            assert_eq!(asha_goes_on(Max, so_far, value, 3), expect, "{so_far:?}")
        };
        check(&[], 0.1, true);
        check(&[0.9], 0.1, true);
        check(&[0.9, 0.8], 0.1, false);
        check(&[0.9, 0.8], 0.95, true);
        check(&[0.9, 0.8, 0.7, 0.6, 0.5], 0.85, true);
        check(&[0.9, 0.8, 0.7, 0.6, 0.5], 0.75, false);
        assert!(!asha_goes_on(Min, &[0.1, 0.2], 0.9, 3));
    }

    #[test]
    fn the_median_is_of_the_others_means() {
        let others = || vec![0.7, 0.3, 0.5];
        assert_eq!(below_median(Max, &[0.1, 0.45], others()), Some((0.45, 0.5)));
        assert_eq!(below_median(Max, &[0.55, 0.1], others()), None);
        assert_eq!(
            below_median(Max, &[0.1], vec![0.75, 0.25, 1.0, 0.5]),
            Some((0.1, 0.625)),
            "of an even number"
        );
        assert_eq!(
            below_median(Max, &[0.0], others()[..2].to_vec()),
            None,
            "two say nothing"
        );
        assert!(below_median(Min, &[0.9], others()).is_some());
    }

    #[test]
    fn a_race_leaves_out_what_is_worse_beyond_chance() {
        let all = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        let check = |candidates: &[Vec<Option<f64>>], expect: &[bool]| {
            assert_eq!(race(Max, candidates), expect)
        };
        check(
            &[all(&[0.9, 0.91]), all(&[0.5, 0.52]), all(&[0.89, 0.93])],
            &[true, false, true],
        );
        // One seed says nothing.
        check(&[all(&[0.9]), all(&[0.1])], &[true, true]);
        // Differences of 0.4 and 0.1 could be chance; three equal ones could not.
        check(&[all(&[0.9, 0.6]), all(&[0.5, 0.5])], &[true, true]);
        check(
            &[all(&[0.9, 0.8, 0.7]), all(&[0.8, 0.7, 0.6])],
            &[true, false],
        );
        check(&[vec![None, None], all(&[0.1, 0.2])], &[false, true]);
        check(&[], &[]);
    }
}
