//! Comparison of means, equivalence, sample sizes and corrections.

use crate::vectors::{cases, near, number, numbers};
use convsweep_statistics::equivalence::equivalence;
use convsweep_statistics::holm::holm;
use convsweep_statistics::mcnemar::mcnemar;
use convsweep_statistics::moderated::VarianceEstimate;
use convsweep_statistics::paired::paired_t;
use convsweep_statistics::sample::{Sample, t_quantile, t_quantile_at};
use convsweep_statistics::sample_size::{Runs, more_runs, power};
use convsweep_statistics::welch::{MeanDifference, MeanEstimate, compare, contrast};
use serde_json::Value;

/// From `[mean, variance of single runs, n]`.
fn mean_of_runs(value: &Value) -> MeanEstimate {
    let [mean, variance, n] = numbers(value)[..] else {
        panic!()
    };
    let single = VarianceEstimate {
        variance,
        degrees: n - 1.0,
    };
    MeanEstimate::of_runs(mean, n as usize, single)
}

#[test]
fn welch_and_equivalence_agree_with_scipy_and_statsmodels() {
    for case in cases("welch") {
        let found = compare(mean_of_runs(&case["a"]), mean_of_runs(&case["b"])).expect("means");
        let check = |value: Option<f64>, key: &str| {
            near(value.expect("a number"), number(&case[key]), &key);
        };
        check(Some(found.difference), "difference");
        check(Some(found.standard_error), "standard_error");
        check(Some(found.degrees), "degrees");
        check(found.p_two_sided(), "p");
        check(found.p_greater_than(0.0), "greater");
        check(found.p_less_than(0.0), "less");
        check(equivalence(&found, number(&case["margin"])), "equivalence");
        for (level, key) in [(0.95, "interval"), (0.5, "half")] {
            let (low, high) = found.interval(level).expect("an interval");
            near(low, number(&case[key][0]), &key);
            near(high, number(&case[key][1]), &key);
        }
    }
}

fn estimate(mean: f64, variance: f64, degrees: f64) -> MeanEstimate {
    MeanEstimate {
        mean,
        variance,
        degrees,
    }
}

#[test]
fn without_spread_nothing_is_certain() {
    let check = |a: f64, b: f64, p: Option<f64>| {
        let found = compare(estimate(a, 0.0, 2.0), estimate(b, 0.0, 2.0)).expect("means");
        assert_eq!(found.p_two_sided(), p);
        assert_eq!(found.p_greater_than(0.0), None);
        assert_eq!(
            (found.interval(0.95), equivalence(&found, 0.1)),
            (None, None)
        );
    };
    check(0.1, 0.1, Some(1.0));
    check(0.1 + 0.2, 0.3, Some(1.0));
    check(0.7, 0.6, None);
    // Equal values have a variance of about 1e-34 by rounding.
    let rounded = compare(estimate(0.7, 1e-34, 2.0), estimate(0.6, 1e-34, 2.0)).expect("means");
    assert_eq!(rounded.p_two_sided(), None);
}

#[test]
fn one_side_without_spread_adds_no_degrees() {
    let found = compare(estimate(0.7, 1e-4, 2.0), estimate(0.6, 0.0, 2.0)).expect("means");
    near(found.degrees, 2.0, &"degrees");
    let known = compare(estimate(0.7, 1e-4, f64::INFINITY), estimate(0.6, 0.0, 2.0));
    let known: MeanDifference = known.expect("means");
    assert_eq!(known.degrees, f64::INFINITY);
    // 10 standard errors; scipy.stats.norm.sf(10)
    near(
        known.p_greater_than(0.0).expect("p"),
        7.61985302416e-24,
        &"normal",
    );
}

#[test]
fn unknown_means_are_not_compared() {
    let good = estimate(0.5, 0.1, 3.0);
    for bad in [
        estimate(f64::NAN, 0.1, 3.0),
        estimate(0.5, f64::NAN, 3.0),
        estimate(0.5, -0.1, 3.0),
        estimate(0.5, 0.1, 0.0),
        MeanEstimate::of_runs(
            0.5,
            0,
            VarianceEstimate {
                variance: 0.1,
                degrees: 3.0,
            },
        ),
    ] {
        assert_eq!(compare(good, bad), None, "{bad:?}");
    }
    assert_eq!(contrast(&[]), None);
    let found = compare(good, good).expect("means");
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        let interval = found.interval(level);
        assert!(interval.is_none_or(|(low, high)| low == high), "{level}");
    }
    for margin in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(equivalence(&found, margin), None);
    }
}

fn runs(value: &Value) -> Runs {
    let [n, variance, degrees] = numbers(value)[..] else {
        panic!()
    };
    Runs {
        n: n as usize,
        variance: VarianceEstimate { variance, degrees },
    }
}

#[test]
fn power_and_sample_sizes_agree_with_statsmodels() {
    for case in cases("sample_size") {
        let (a, b, difference) = (
            runs(&case["a"]),
            runs(&case["b"]),
            number(&case["difference"]),
        );
        let found = power(difference, a, b, 0.05).expect("a power");
        near(found, number(&case["power"]), &case);
        near(
            power(-difference, b, a, 0.05).expect("a power"),
            found,
            &case,
        );
        let more = more_runs(difference, a, b, 0.05, 0.8);
        assert_eq!(more, Some(number(&case["more"]) as usize), "{case}");
    }
}

#[test]
fn no_number_of_runs_finds_nothing() {
    let runs = |variance, degrees| Runs {
        n: 3,
        variance: VarianceEstimate { variance, degrees },
    };
    let usual = runs(1e-4, 2.0);
    assert_eq!(more_runs(0.0, usual, usual, 0.05, 0.8), None);
    assert_eq!(more_runs(f64::NAN, usual, usual, 0.05, 0.8), None);
    assert_eq!(more_runs(1e-6, usual, usual, 0.05, 0.8), None);
    assert_eq!(
        more_runs(0.1, runs(0.0, 2.0), runs(0.0, 2.0), 0.05, 0.8),
        None
    );
    // A single run has no degrees yet; the next ones bring them.
    let single = Runs {
        n: 1,
        variance: VarianceEstimate {
            variance: 1e-4,
            degrees: 0.0,
        },
    };
    assert_eq!(power(0.1, single, usual, 0.05), None);
    assert!(more_runs(0.1, single, usual, 0.05, 0.8).is_some());
}

#[test]
fn samples_and_paired_tests_agree_with_scipy() {
    for case in cases("sample") {
        let n = number(&case["n"]) as usize;
        near(t_quantile(n).expect("two"), number(&case["quantile"]), &n);
        near(
            t_quantile_at(n, 0.95).expect("two"),
            number(&case["one_sided"]),
            &n,
        );
        if case["values"].is_null() {
            continue;
        }
        let values = numbers(&case["values"]);
        let found = Sample::of(&values).expect("values");
        near(found.mean, number(&case["mean"]), &n);
        near(found.sd.expect("two"), number(&case["sd"]), &n);
        let (low, high) = found.interval().expect("two");
        near(low, number(&case["interval"][0]), &n);
        near(high, number(&case["interval"][1]), &n);
        let differences: Vec<f64> = values.iter().map(|value| value - 0.69).collect();
        let test = paired_t(&differences).expect("differences");
        near(test.p.expect("spread"), number(&case["p"]), &n);
    }
}

#[test]
fn mcnemar_agrees_with_statsmodels() {
    for case in cases("mcnemar") {
        let [first, second, p] = numbers(&case)[..] else {
            panic!()
        };
        near(mcnemar(first as u64, second as u64).p, p, &case);
    }
}

#[test]
fn holm_agrees_with_statsmodels() {
    for case in cases("holm") {
        let corrected = holm(&numbers(&case[0]));
        for (found, expected) in corrected.iter().zip(numbers(&case[1])) {
            near(*found, expected, &case);
        }
    }
}
