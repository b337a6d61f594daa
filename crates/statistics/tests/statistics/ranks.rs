//! Ranks over data sets, and the tests that use them.

use crate::vectors::{list, near, number, numbers, vectors_of};
use convsweep_statistics::friedman::friedman;
use convsweep_statistics::ranks::ranks;
use convsweep_statistics::{fisher, nemenyi, studentized_range};
use serde_json::Value;

fn vectors(method: &str) -> Value {
    vectors_of("sweeps", method)
}

#[test]
fn ranks_agree_with_scipy() {
    for case in list(&vectors("ranks")) {
        assert_eq!(ranks(&numbers(&case[0])), Some(numbers(&case[1])));
    }
    assert_eq!(ranks(&[]), Some(vec![]));
    assert_eq!(ranks(&[0.1, f64::NAN]), None);
    let infinite = ranks(&[f64::INFINITY, 0.0, -0.0, f64::NEG_INFINITY]);
    assert_eq!(infinite, Some(vec![4.0, 2.5, 2.5, 1.0]));
}

#[test]
fn friedman_agrees_with_scipy() {
    for case in list(&vectors("friedman")) {
        let blocks: Vec<Vec<f64>> = list(&case["blocks"]).iter().map(numbers).collect();
        let found = friedman(&blocks).expect("a result");
        for (rank, expected) in found.mean_ranks.iter().zip(numbers(&case["mean_ranks"])) {
            near(*rank, expected, &"mean rank");
        }
        near(found.chi_square, number(&case["chi_square"]), &case);
        near(found.chi_square_p, number(&case["chi_square_p"]), &case);
        near(found.p, number(&case["p"]), &case);
    }
}

#[test]
fn friedman_of_too_little_is_none() {
    let two = vec![0.1, 0.2];
    for blocks in [
        vec![],
        vec![two.clone()],
        vec![vec![0.1], vec![0.2]],
        vec![two.clone(), vec![0.1]],
        vec![two.clone(), vec![0.1, f64::NAN]],
        vec![vec![0.5, 0.5], vec![0.7, 0.7]],
    ] {
        assert_eq!(friedman(&blocks), None, "{blocks:?}");
    }
    // Three data sets that all agree on two choices: by chance in a quarter of all cases.
    let agreed = friedman(&[two.clone(), two.clone(), two]).expect("a result");
    near(agreed.p, 0.25, &"agreed");
}

#[test]
fn the_studentized_range_agrees_with_scipy() {
    let ranges = vectors("studentized_range");
    for case in list(&ranges["cumulative"]) {
        let (q, k, degrees) = (number(&case[0]), number(&case[1]), number(&case[2]));
        let found = studentized_range::cumulative(q, k as usize, degrees).expect("a number");
        near(found, number(&case[3]), &case);
    }
    for case in list(&ranges["quantiles"]) {
        let (p, k, degrees) = (number(&case[0]), number(&case[1]), number(&case[2]));
        let found = studentized_range::quantile(p, k as usize, degrees).expect("a number");
        near(found, number(&case[3]), &case);
    }
}

#[test]
fn ranges_of_nonsense_are_none() {
    let cumulative = studentized_range::cumulative;
    for (q, k, degrees) in [
        (1.0, 1, 3.0),
        (f64::NAN, 3, 3.0),
        (1.0, 3, 0.0),
        (1.0, 3, f64::NAN),
    ] {
        assert_eq!(cumulative(q, k, degrees), None);
    }
    assert_eq!(cumulative(-1.0, 3, 3.0), Some(0.0));
    assert_eq!(cumulative(f64::INFINITY, 3, 3.0), Some(1.0));
    for p in [0.0, 1.0, f64::NAN] {
        assert_eq!(studentized_range::quantile(p, 3, 3.0), None);
    }
    assert_eq!(fisher::upper_tail(f64::NAN, 1.0, 1.0), None);
    assert_eq!(fisher::upper_tail(1.0, 0.0, 1.0), None);
    assert_eq!(fisher::upper_tail(-1.0, 2.0, 1.0), Some(1.0));
    assert_eq!(fisher::upper_tail(f64::INFINITY, 2.0, 1.0), Some(0.0));
    // scipy.stats.chi2.sf(6, 3)
    let known = fisher::upper_tail(2.0, 3.0, f64::INFINITY).expect("a tail");
    near(known, 0.11161022509471268, &"infinite degrees");
}

#[test]
fn critical_differences_agree_with_scipy_and_demsar() {
    for case in list(&vectors("nemenyi")) {
        let (k, n) = (
            number(&case["choices"]) as usize,
            number(&case["blocks"]) as usize,
        );
        let critical = nemenyi::critical_difference(k, n, 0.05).expect("a number");
        near(critical, number(&case["critical"]), &case);
        let p = nemenyi::p_value(number(&case["difference"]), k, n).expect("a number");
        near(p, number(&case["p"]), &case);
    }
    assert_eq!(nemenyi::critical_difference(3, 0, 0.05), None);
    assert_eq!(nemenyi::critical_difference(1, 5, 0.05), None);
    assert_eq!(nemenyi::critical_difference(3, 5, 1.0), None);
    assert_eq!(nemenyi::p_value(f64::NAN, 3, 5), None);
}

#[test]
fn groups_are_the_bars_of_the_diagram() {
    let groups = |ranks: &[f64], critical| nemenyi::groups(ranks, critical);
    assert_eq!(
        groups(&[3.0, 1.0, 1.5, 2.2], 1.0),
        [vec![1, 2], vec![2, 3], vec![3, 0]]
    );
    assert_eq!(groups(&[1.0, 2.0, 3.0], 5.0), [vec![0, 1, 2]]);
    assert!(groups(&[1.0, 2.0, 3.0], 1.0).is_empty());
    assert!(groups(&[], 1.0).is_empty());
}
