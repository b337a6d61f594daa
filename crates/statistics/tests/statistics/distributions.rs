//! Distributions and their functions.

use crate::vectors::{cases, list, near, number, numbers};
use convsweep_statistics::polygamma::{digamma, trigamma, trigamma_inverse};
use convsweep_statistics::{noncentral_t, student_t};

#[test]
fn student_t_agrees_with_scipy() {
    for case in cases("student_t") {
        let degrees = number(&case["degrees"]);
        for pair in list(&case["tails"]) {
            let [t, expected] = numbers(&pair)[..] else {
                panic!()
            };
            let tail = student_t::upper_tail(t, degrees).expect("a tail");
            near(tail, expected, &("tail", degrees, t));
            let both = student_t::two_sided(t, degrees).expect("tails");
            near(
                both,
                2.0 * expected.min(1.0 - expected),
                &("both", degrees, t),
            );
        }
        for pair in list(&case["quantiles"]) {
            let [probability, expected] = numbers(&pair)[..] else {
                panic!()
            };
            let found = student_t::quantile(probability, degrees).expect("a quantile");
            near(found, expected, &("quantile", degrees, probability));
        }
    }
}

#[test]
fn quantiles_far_out_are_found() {
    // With one degree of freedom they are cot(π p); with fewer, by the tail.
    let far = student_t::quantile(1e-12, 1.0).expect("a quantile");
    near(
        far,
        -1.0 / (std::f64::consts::PI * 1e-12).tan(),
        &"one degree",
    );
    for degrees in [0.05, 0.16, 0.5, 0.9, 2.0] {
        for probability in [0.500001, 0.6, 0.9, 0.999, 1.0 - 1e-12] {
            let Some(t) = student_t::quantile(probability, degrees) else {
                continue;
            };
            let tail = student_t::upper_tail(t, degrees).expect("a tail");
            near(tail / (1.0 - probability), 1.0, &(degrees, probability));
        }
    }
}

#[test]
fn student_t_of_nonsense_is_none() {
    for (t, degrees) in [(f64::NAN, 3.0), (1.0, 0.0), (1.0, -1.0), (1.0, f64::NAN)] {
        assert_eq!(student_t::upper_tail(t, degrees), None);
        assert_eq!(student_t::two_sided(t, degrees), None);
    }
    for (probability, degrees) in [(0.0, 3.0), (1.0, 3.0), (f64::NAN, 3.0), (0.5, 0.0)] {
        assert_eq!(student_t::quantile(probability, degrees), None);
    }
    assert_eq!(student_t::upper_tail(f64::INFINITY, 3.0), Some(0.0));
    assert_eq!(student_t::upper_tail(f64::NEG_INFINITY, 3.0), Some(1.0));
}

#[test]
fn polygamma_functions_agree_with_scipy_and_limma() {
    for case in cases("polygamma") {
        let x = number(&case["x"]);
        near(digamma(x), number(&case["digamma"]), &("digamma", x));
        near(trigamma(x), number(&case["trigamma"]), &("trigamma", x));
        let inverse = number(&case["trigamma_inverse"]);
        near(trigamma_inverse(x), inverse, &("inverse", x));
    }
}

#[test]
fn noncentral_t_agrees_with_integration() {
    for case in cases("noncentral_t") {
        let [t, degrees, noncentrality, expected] = numbers(&case)[..] else {
            panic!()
        };
        let found = noncentral_t::upper_tail(t, degrees, noncentrality).expect("a tail");
        near(found, expected, &case);
    }
    assert_eq!(noncentral_t::upper_tail(f64::NAN, 3.0, 1.0), None);
    assert_eq!(noncentral_t::upper_tail(1.0, 0.0, 1.0), None);
    let normal = noncentral_t::upper_tail(1.0, f64::INFINITY, 1.0);
    assert_eq!(normal, Some(0.5));
}
