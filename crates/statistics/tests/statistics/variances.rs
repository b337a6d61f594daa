//! Moderated variances.

use crate::vectors::{cases, list, near, number, numbers};
use convsweep_statistics::moderated::{VarianceEstimate, VariancePrior};

fn estimates(pairs: &[(f64, f64)]) -> Vec<VarianceEstimate> {
    let estimate = |&(variance, degrees): &(f64, f64)| VarianceEstimate { variance, degrees };
    pairs.iter().map(estimate).collect()
}

#[test]
fn priors_and_moderated_variances_agree_with_limma() {
    for case in cases("moderated") {
        let (variances, degrees) = (numbers(&case["variances"]), numbers(&case["degrees"]));
        let pairs: Vec<(f64, f64)> = variances.into_iter().zip(degrees).collect();
        let sweep = estimates(&pairs);
        let prior = VariancePrior::fit(&sweep).expect("a prior");
        near(prior.variance, number(&case["prior"][0]), &case["name"]);
        near(prior.degrees, number(&case["prior"][1]), &case["name"]);
        for (estimate, expected) in sweep.iter().zip(list(&case["squeezed"])) {
            let squeezed = prior.squeeze(*estimate).expect("some degrees");
            near(squeezed.variance, number(&expected[0]), &case["name"]);
            near(squeezed.degrees, number(&expected[1]), &case["name"]);
        }
    }
}

#[test]
fn nothing_is_learnt_from_nothing() {
    assert_eq!(VariancePrior::fit(&[]), None);
    let useless = estimates(&[
        (0.0, 0.0),
        (f64::NAN, 3.0),
        (-1.0, 2.0),
        (1.0, f64::INFINITY),
    ]);
    assert_eq!(VariancePrior::fit(&useless), None);
    let one = VariancePrior::fit(&estimates(&[(2.0, 3.0), (0.0, 0.0)])).expect("a prior");
    assert_eq!((one.variance, one.degrees), (2.0, 0.0));
    assert_eq!(one.squeeze(estimates(&[(0.0, 0.0)])[0]), None);
}

#[test]
fn a_single_run_gets_the_common_variance() {
    let sweep = estimates(&[(1e-4, 4.0), (9e-4, 4.0), (4e-4, 4.0), (30e-4, 4.0)]);
    let prior = VariancePrior::fit(&sweep).expect("a prior");
    let single = prior.squeeze(estimates(&[(0.0, 0.0)])[0]).expect("degrees");
    assert!((single.variance - prior.variance).abs() < 1e-18);
    assert_eq!(single.degrees, prior.degrees.min(16.0));
}

#[test]
fn variances_of_zero_do_not_depend_on_the_unit() {
    let zero = VariancePrior::fit(&estimates(&[(0.0, 2.0), (0.0, 2.0)])).expect("a prior");
    assert_eq!((zero.variance, zero.degrees), (0.0, f64::INFINITY));
    let most = [(0.0, 2.0), (0.0, 2.0), (3.0, 2.0), (0.0, 2.0)];
    let small = most.map(|(variance, degrees)| (variance * 1e-8, degrees));
    let prior = VariancePrior::fit(&estimates(&most)).expect("a prior");
    let scaled = VariancePrior::fit(&estimates(&small)).expect("a prior");
    near(scaled.variance, prior.variance * 1e-8, &"scaled");
    near(scaled.degrees, prior.degrees, &"scaled");
    assert!(prior.variance > 0.0 && prior.degrees.is_finite());
}
