//! Importance of the axes of sampled points.

use crate::vectors::{list, near, number, numbers, read};
use convsweep_statistics::importance::{AxisDomain, ForestImportance, forest_importance};
use serde_json::Value;

/// Random whole numbers by the congruential generator of Knuth's MMIX.
fn random_below(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |bound| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    }
}

fn domain(value: &Value) -> AxisDomain {
    match value.as_u64() {
        Some(count) => AxisDomain::Categories(count as usize),
        None => AxisDomain::Interval {
            low: number(&value[0]),
            high: number(&value[1]),
        },
    }
}

fn importance(case: &Value, seed: u64) -> ForestImportance {
    let domains: Vec<AxisDomain> = list(&case["domains"]).iter().map(domain).collect();
    let points: Vec<Vec<f64>> = list(&case["points"]).iter().map(numbers).collect();
    forest_importance(
        &domains,
        &points,
        &numbers(&case["values"]),
        random_below(seed),
    )
    .expect("shares")
}

/// The forests differ in their draws (a standard deviation of 0.002 to 0.027 over Optuna's own
/// seeds), and in how they split categories.
#[test]
fn shares_are_near_those_of_optuna() {
    for case in list(&read("importance")) {
        let found = importance(&case, 1);
        for (share, expected) in found.shares.iter().zip(numbers(&case["optuna"])) {
            let distance = (share - expected).abs();
            assert!(
                distance < 0.06,
                "{}: {share:?}, Optuna {expected}",
                case["name"]
            );
        }
    }
}

#[test]
fn shares_are_near_the_truth_where_the_forest_predicts_well() {
    let cases = list(&read("importance"));
    for case in cases.iter().filter(|case| !case["exact"].is_null()) {
        let found = importance(case, 2);
        let mut farthest = 0.0f64;
        for (share, expected) in found.shares.iter().zip(numbers(&case["exact"])) {
            farthest = farthest.max((share - expected).abs());
        }
        assert_eq!(
            farthest < 0.1,
            found.explained > 0.5,
            "{}: {found:?}",
            case["name"]
        );
    }
}

#[test]
fn noise_is_not_explained() {
    let cases = list(&read("importance"));
    let noise = importance(cases.last().expect("cases"), 3);
    assert!(noise.explained < 0.1, "{}", noise.explained);
}

#[test]
fn the_same_draws_give_the_same_shares() {
    let case = &list(&read("importance"))[0];
    assert_eq!(importance(case, 4), importance(case, 4));
    assert_ne!(importance(case, 4), importance(case, 5));
}

#[test]
fn a_step_is_found_exactly() {
    // One category of four is better by 1, and a second axis does nothing.
    let domains = [
        AxisDomain::Categories(4),
        AxisDomain::Interval {
            low: 0.0,
            high: 1.0,
        },
    ];
    let point = |i: usize| vec![(i % 4) as f64, (i / 4) as f64 / 9.0];
    let points: Vec<Vec<f64>> = (0..40).map(point).collect();
    let values: Vec<f64> = (0..40).map(|i| f64::from(i % 4 == 2)).collect();
    let found = forest_importance(&domains, &points, &values, random_below(6)).expect("shares");
    near(found.shares[0], 1.0, &"the step");
    near(found.shares[1], 0.0, &"nothing");
    near(found.explained, 1.0, &"explained");
}

#[test]
fn what_has_no_variance_has_no_shares() {
    let unit = AxisDomain::Interval {
        low: 0.0,
        high: 1.0,
    };
    let shares = |domains: &[AxisDomain], points: &[Vec<f64>], values: &[f64]| {
        forest_importance(domains, points, values, random_below(7)).is_some()
    };
    let points = [vec![0.1], vec![0.4], vec![0.9], vec![0.9]];
    assert!(shares(&[unit], &points, &[1.0, 2.0, 3.0, 3.5]));
    assert!(!shares(&[], &[], &[]));
    assert!(!shares(&[unit], &[], &[]));
    assert!(!shares(&[unit], &points[..1], &[1.0]));
    assert!(!shares(&[unit], &points, &[1.0, 2.0]));
    assert!(!shares(&[unit], &points, &[0.1 + 0.2, 0.3, 0.3, 0.3]));
    assert!(!shares(&[unit], &points, &[1.0, 2.0, 3.0, f64::NAN]));
    assert!(!shares(&[unit, unit], &points, &[1.0, 2.0, 3.0, 4.0]));
    let narrow = AxisDomain::Interval {
        low: 0.0,
        high: 0.5,
    };
    assert!(!shares(&[narrow], &points, &[1.0, 2.0, 3.0, 4.0]));
    assert!(!shares(
        &[AxisDomain::Categories(3)],
        &points,
        &[1.0, 2.0, 3.0, 4.0]
    ));
    assert!(!shares(
        &[AxisDomain::Categories(0)],
        &points,
        &[1.0, 2.0, 3.0, 4.0]
    ));
    // An axis of one value has no share; a source that breaks its word does no harm.
    let fixed = AxisDomain::Interval {
        low: 2.0,
        high: 2.0,
    };
    let pairs: Vec<Vec<f64>> = points.iter().map(|point| vec![2.0, point[0]]).collect();
    let values = [1.0, 2.0, 3.0, 3.5];
    let found = forest_importance(&[fixed, unit], &pairs, &values, random_below(8));
    assert_eq!(found.expect("shares").shares[0], 0.0);
    assert!(forest_importance(&[unit], &points, &values, |bound| bound + 7).is_none());
}

#[test]
fn a_thousand_points_take_little_time() {
    let unit = AxisDomain::Interval {
        low: 0.0,
        high: 1.0,
    };
    let mut next = random_below(9);
    let mut uniform = || next(1 << 20) as f64 / (1 << 20) as f64;
    let points: Vec<Vec<f64>> = (0..1000)
        .map(|_| (0..6).map(|_| uniform()).collect())
        .collect();
    let value = |point: &Vec<f64>| point[0] + point[1] * point[2];
    let values: Vec<f64> = points.iter().map(value).collect();
    let started = std::time::Instant::now();
    let found = forest_importance(&[unit; 6], &points, &values, random_below(10)).expect("shares");
    assert!(found.explained > 0.8, "{}", found.explained);
    let seconds = started.elapsed().as_secs_f64();
    assert!(seconds < 20.0, "{seconds} s");
    println!("{seconds} s");
}
