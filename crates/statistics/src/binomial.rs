//! Shares of a few trials: exact binomial tails, and the interval of Clopper and Pearson 1934
//! ("The use of confidence or fiducial limits illustrated in the case of the binomial",
//! Biometrika 26).

use crate::beta::Beta;

/// Probability of at least `successes` among `n` trials that each succeed with the probability
/// `share`; `None` if `share` is not between 0 and 1.
pub fn upper_tail(successes: u64, n: u64, share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    if successes == 0 {
        return Some(1.0);
    }
    if successes > n {
        return Some(0.0);
    }
    Some(order_statistic(successes, n)?.below(share))
}

/// Probability of at most `successes` among `n` trials; `None` as for [`upper_tail`].
pub fn lower_tail(successes: u64, n: u64, share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    if successes >= n {
        return Some(1.0);
    }
    Some(order_statistic(successes + 1, n)?.above(share))
}

/// The exact interval, at least at `level` such as 0.95, of the share behind `successes` among `n`
/// trials. Without trials it is 0 to 1. `None` if `level` is not between 0 and 1 or there are more
/// successes than trials.
pub fn clopper_pearson(successes: u64, n: u64, level: f64) -> Option<(f64, f64)> {
    if !(level > 0.0 && level < 1.0) || successes > n {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let low = match successes {
        0 => 0.0,
        some => order_statistic(some, n)?.quantile(tail)?,
    };
    let high = match successes == n {
        true => 1.0,
        false => order_statistic(successes + 1, n)?.quantile(1.0 - tail)?,
    };
    Some((low, high))
}

/// The distribution of the `rank`th smallest of `n` uniform numbers: below `share` lie at least
/// `rank` of them exactly if the `rank`th does.
fn order_statistic(rank: u64, n: u64) -> Option<Beta> {
    Beta::new(rank as f64, n.checked_sub(rank)? as f64 + 1.0)
}
