//! The variance between runs, with networks whose spread is known.

use crate::vectors::{list, near, number, numbers, vectors_of};
use convsweep_statistics::noise::{RunVariance, run_variance};
use convsweep_statistics::sample::Sample;
use serde_json::Value;

/// Four runs, each a number whose binary digits say which images it classified correctly.
fn rows(sweep: &Value, images: usize) -> Vec<Vec<bool>> {
    let bits = |row: &Value| row.as_u64().expect("bits");
    let digits = |row: u64| {
        (0..images)
            .rev()
            .map(|image| row >> image & 1 == 1)
            .collect()
    };
    list(sweep).iter().map(bits).map(digits).collect()
}

fn simulated() -> (Vec<RunVariance>, Value) {
    let simulation = vectors_of("sweeps", "noise");
    let images = number(&simulation["images"]) as usize;
    let estimate = |sweep: &Value| run_variance(&rows(sweep, images)).expect("an estimate");
    let estimates = list(&simulation["sweeps"]).iter().map(estimate).collect();
    (estimates, simulation)
}

#[test]
fn estimates_agree_with_the_mean_covariance_of_images() {
    let (estimates, simulation) = simulated();
    for (found, expected) in estimates.iter().zip(numbers(&simulation["networks"])) {
        near(found.networks, expected, &"networks");
        near(found.networks + found.finite_set, found.total, &"parts");
    }
}

/// Over four hundred simulated sweeps the estimates' mean is within three standard errors of the
/// truth, where the plain variance is far from it.
#[test]
fn estimates_have_no_bias() {
    let (estimates, simulation) = simulated();
    let truth = number(&simulation["truth"]);
    let distance = |part: fn(&RunVariance) -> f64| {
        let values: Vec<f64> = estimates.iter().map(part).collect();
        let sample = Sample::of(&values).expect("estimates");
        let error = sample.sd.expect("estimates") / (sample.n as f64).sqrt();
        (sample.mean - truth) / error
    };
    let (networks, total) = (distance(|e| e.networks), distance(|e| e.total));
    assert!(networks.abs() < 3.0, "{networks} standard errors");
    assert!(total > 10.0, "{total} standard errors");
}

#[test]
fn one_run_has_no_variance() {
    assert_eq!(run_variance(&[]), None);
    assert_eq!(run_variance(&[vec![true, false]]), None);
    assert_eq!(run_variance(&[vec![true], vec![false]]), None);
    assert_eq!(run_variance(&[vec![true, false], vec![false]]), None);
    assert_eq!(run_variance(&[vec![], vec![]]), None);
    let same = run_variance(&[vec![true, false, true], vec![true, false, true]]);
    let same = same.expect("an estimate");
    assert_eq!(
        (same.total, same.networks, same.finite_set),
        (0.0, 0.0, 0.0)
    );
}
