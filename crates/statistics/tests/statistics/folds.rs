//! Means over folds, and pairs.

use crate::vectors::{list, near, number, numbers, vectors_of};
use convsweep_statistics::folds::{mean_over_folds, variance_factor};
use convsweep_statistics::paired::{paired_difference, paired_t};
use convsweep_statistics::welch::contrast;

#[test]
fn means_over_folds_follow_nadeau_and_bengio() {
    for case in list(&vectors_of("sweeps", "folds")) {
        let folds = number(&case["folds"]) as usize;
        let found = mean_over_folds(&numbers(&case["results"]), folds).expect("a mean");
        near(found.mean, number(&case["mean"]), &case);
        near(found.variance, number(&case["variance"]), &case);
        let alone = contrast(&[(1.0, found)]).expect("a mean");
        let (low, high) = alone.interval(0.95).expect("an interval");
        near(low, number(&case["interval"][0]), &case);
        near(high, number(&case["interval"][1]), &case);
    }
}

#[test]
fn one_fold_says_nothing() {
    assert_eq!(mean_over_folds(&[], 5), None);
    assert_eq!(mean_over_folds(&[0.7], 5), None);
    assert_eq!(mean_over_folds(&[0.7, 0.8], 1), None);
    assert_eq!(mean_over_folds(&[0.7, f64::NAN], 5), None);
    assert_eq!((variance_factor(0, 5), variance_factor(5, 1)), (None, None));
    assert_eq!(variance_factor(4, 5), Some(0.5));
}

#[test]
fn pairs_give_a_difference_with_the_p_of_the_paired_test() {
    let differences = [0.011, 0.005, 0.012, -0.003, 0.012];
    let found = paired_difference(&differences).expect("pairs");
    assert_eq!(
        found.p_two_sided(),
        paired_t(&differences).expect("pairs").p
    );
    assert_eq!(found.degrees, 4.0);
    assert_eq!(paired_difference(&[]), None);
    assert_eq!(paired_difference(&[0.1]), None);
    assert_eq!(paired_difference(&[0.1, f64::INFINITY]), None);
    let equal = paired_difference(&[0.7 - 0.6, 0.8 - 0.7, 0.6 - 0.5]).expect("pairs");
    assert_eq!((equal.standard_error, equal.p_two_sided()), (0.0, None));
}
