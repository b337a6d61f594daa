//! Shares: binomial tails, and what is known of the shares of several groups.

use crate::vectors::{cases, list, near, number, numbers};
use convsweep_statistics::{binomial, share_posterior};
use serde_json::Value;

#[test]
fn binomial_tails_agree_with_scipy() {
    for case in cases("binomial") {
        let [k, n, share, upper] = numbers(&case)[..] else {
            panic!()
        };
        let found = binomial::upper_tail(k as u64, n as u64, share).expect("a tail");
        near(found, upper, &case);
    }
}

#[test]
fn binomials_without_trials_say_nothing() {
    assert_eq!(binomial::upper_tail(0, 0, 0.5), Some(1.0));
    assert_eq!(binomial::upper_tail(2, 1, 0.5), Some(0.0));
    assert_eq!(binomial::upper_tail(0, 1, 1.5), None);
    assert_eq!(binomial::upper_tail(0, 1, f64::NAN), None);
    assert_eq!(binomial::upper_tail(1, 1, 0.0), Some(0.0));
    assert_eq!(binomial::upper_tail(1, 1, 1.0), Some(1.0));
    assert_eq!(binomial::upper_tail(1, u64::MAX, 0.5), None);
}

/// The grid that the method documents to rounding; a much finer one to a hundredth.
#[test]
fn posterior_shares_agree_with_numpy() {
    for case in cases("share_posterior") {
        let group = |pair: &Value| (number(&pair[0]) as u64, number(&pair[1]) as u64);
        let groups: Vec<(u64, u64)> = list(&case["groups"]).iter().map(group).collect();
        let expected = list(&case["grid"]).into_iter().zip(list(&case["fine"]));
        let found = share_posterior::shares(&groups);
        assert_eq!(found.len(), groups.len());
        for (share, (grid, fine)) in found.iter().zip(expected) {
            near(share.mean, number(&grid[0]), &groups);
            near(share.variance, number(&grid[1]), &groups);
            assert!(
                (share.mean - number(&fine[0])).abs() < 0.01,
                "{groups:?}: {share:?}, {fine}"
            );
            assert!(
                (share.variance - number(&fine[1])).abs() < 0.002,
                "{groups:?}: {fine}"
            );
        }
    }
    assert!(share_posterior::shares(&[]).is_empty());
    let beyond = share_posterior::shares(&[(9, 3), (3, 3)]);
    assert_eq!(beyond[0], beyond[1]);
}
