//! Shares: binomial tails and intervals, beta distributions and their prior.

use crate::vectors::{cases, list, near, number, numbers, vectors};
use convsweep_statistics::beta::Beta;
use convsweep_statistics::{beta_prior, binomial, share_posterior};
use serde_json::Value;

#[test]
fn binomial_tails_and_intervals_agree_with_scipy() {
    let binomials = vectors("binomial");
    for case in list(&binomials["tails"]) {
        let [k, n, share, upper, lower] = numbers(&case)[..] else {
            panic!()
        };
        let found = binomial::upper_tail(k as u64, n as u64, share).expect("a tail");
        near(found, upper, &("upper", &case));
        let found = binomial::lower_tail(k as u64, n as u64, share).expect("a tail");
        near(found, lower, &("lower", &case));
    }
    for case in list(&binomials["intervals"]) {
        let [k, n, level, low, high] = numbers(&case)[..] else {
            panic!()
        };
        let found = binomial::clopper_pearson(k as u64, n as u64, level).expect("an interval");
        near(found.0, low, &("low", &case));
        near(found.1, high, &("high", &case));
    }
}

#[test]
fn binomials_without_trials_say_nothing() {
    assert_eq!(binomial::clopper_pearson(0, 0, 0.95), Some((0.0, 1.0)));
    assert_eq!(binomial::clopper_pearson(2, 1, 0.95), None);
    assert_eq!(binomial::clopper_pearson(1, 2, f64::NAN), None);
    assert_eq!(binomial::clopper_pearson(1, 2, 1.0), None);
    assert_eq!(binomial::upper_tail(0, 0, 0.5), Some(1.0));
    assert_eq!(binomial::upper_tail(2, 1, 0.5), Some(0.0));
    assert_eq!(binomial::lower_tail(2, 1, 0.5), Some(1.0));
    assert_eq!(binomial::lower_tail(0, 1, f64::NAN), None);
    assert_eq!(binomial::upper_tail(0, 1, 1.5), None);
    assert_eq!(binomial::upper_tail(1, 1, 0.0), Some(0.0));
    assert_eq!(binomial::lower_tail(0, 1, 1.0), Some(0.0));
}

#[test]
fn beta_distributions_agree_with_scipy() {
    for case in cases("beta") {
        let beta = |key: &str| {
            let [a, b] = numbers(&case[key])[..] else {
                panic!()
            };
            Beta::new(a, b).expect("positive")
        };
        let (first, second) = (beta("a"), beta("b"));
        near(first.mean(), number(&case["mean"]), &case);
        for pair in list(&case["quantiles"]) {
            let [probability, expected] = numbers(&pair)[..] else {
                panic!()
            };
            near(
                first.quantile(probability).expect("a quantile"),
                expected,
                &case,
            );
        }
        let greater = first.probability_greater_than(&second);
        near(greater, number(&case["greater"]), &case);
        let less = second.probability_greater_than(&first);
        near(greater + less, 1.0, &case);
    }
}

#[test]
fn beta_distributions_have_positive_finite_parameters() {
    for (a, b) in [
        (0.0, 1.0),
        (1.0, -1.0),
        (f64::NAN, 1.0),
        (1.0, f64::INFINITY),
    ] {
        assert_eq!(Beta::new(a, b), None);
    }
    let beta = Beta::new(1.0, 1.0).expect("positive").updated(2, 5);
    assert_eq!(beta.parameters(), (3.0, 4.0));
    assert_eq!((beta.quantile(-0.1), beta.quantile(f64::NAN)), (None, None));
    assert_eq!(
        (beta.below(-1.0), beta.below(2.0), beta.above(0.0)),
        (0.0, 1.0, 1.0)
    );
}

#[test]
fn the_prior_is_the_maximum() {
    for case in cases("beta_prior") {
        let pairs = list(&case["shares"]);
        let shares = pairs
            .iter()
            .map(|pair| (number(&pair[0]) as u64, number(&pair[1]) as u64));
        let prior = beta_prior::fit(&shares.collect::<Vec<_>>()).expect("trials");
        let (a, b) = prior.parameters();
        near(a, number(&case["parameters"][0]), &case["name"]);
        near(b, number(&case["parameters"][1]), &case["name"]);
    }
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

#[test]
fn without_trials_there_is_no_prior() {
    assert_eq!(beta_prior::fit(&[]), None);
    assert_eq!(beta_prior::fit(&[(0, 0), (3, 2)]), None);
    let large = beta_prior::fit(&[(50_000, 60_000), (10, 60_000), (1, 1)]).expect("trials");
    assert!(large.mean() > 0.0 && large.mean() < 1.0);
}
