//! Which configuration is better, which are equal, and how many more runs would tell.

use crate::made::{Made, finished, resolved};
use convsweep_answers::{PairMethod, Verdict};
use convsweep_spec::data::SplitScheme;
use convsweep_spec::train::{Optimizer, Phase};

const RATES: &[(&str, &[&str])] = &[("lr", &["0.001", "0.01", "0.1"])];

fn rates() -> Made {
    Made::new(RATES)
        .with(&["0.001"], &[0.700, 0.709, 0.704])
        .with(&["0.01"], &[0.801, 0.809, 0.800])
        .with(&["0.1"], &[0.803, 0.807, 0.809])
}

#[test]
fn the_set_that_may_be_the_best_leaves_out_what_is_worse() {
    let made = rates();
    made.says(&[
        "0.1 has the highest validation accuracy of 3 configurations: 80.63 %",
        "0.01 may be as good; 0.001 is surely not the best (3 seeds).",
        "more seeds of each",
    ]);
    let answers = made.answers();
    let verdicts: Vec<Verdict> = answers.pairs.iter().map(|p| p.result.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Unknown, Verdict::Better, Verdict::Better]
    );
    let may_be: Vec<bool> = answers.standings.iter().map(|s| s.may_be_best).collect();
    assert_eq!(may_be, [true, true, false]);
    assert_eq!(answers.standings[2].beaten_by, 2);
}

#[test]
fn a_margin_makes_close_ones_equal() {
    let mut made = rates();
    made.0.margin = Some(0.02);
    made.says(&["Practically equal to it, within 2.00 percentage points: 0.01."]);
    let pair = made.answers().pairs[0];
    assert_eq!(pair.result.verdict, Verdict::Equal);
    made.0.margin = Some(0.004);
    assert_eq!(made.answers().pairs[0].result.verdict, Verdict::Unknown);
}

#[test]
fn a_race_makes_statements_more_careful() {
    let mut made = rates();
    let before = made.answers().pairs[0].result;
    made.0.race_rounds = 3;
    let after = made.answers().pairs[0].result;
    assert!((after.p.expect("p") - (3.0 * before.p.expect("p")).min(1.0)).abs() < 1e-12);
    let width = |interval: Option<(f64, f64)>| interval.map_or(0.0, |(low, high)| high - low);
    assert!(width(after.interval) > 1.2 * width(before.interval));
    made.says(&["The race over seeds looks at the results up to 3 times"]);
}

/// The second configuration goes on from the states of the first: seeds vary a lot, what is added
/// does not.
#[test]
fn runs_that_share_training_are_compared_seed_by_seed() {
    let mut made = Made::new(&[("phases", &["short", "long"])])
        .with(&["short"], &[0.60, 0.70, 0.65, 0.75])
        .with(&["long"], &[0.612, 0.710, 0.662, 0.759]);
    let first = Phase::new(10, Optimizer::adam(1e-3));
    let second = Phase::new(5, Optimizer::adam(1e-4));
    assert_eq!(made.answers().pairs[0].result.verdict, Verdict::Unknown);
    made.0.configurations[0].resolved = resolved(vec![first.clone()]);
    made.0.configurations[1].resolved = resolved(vec![first.clone(), second.clone()]);
    let pair = made.answers().pairs[0];
    assert_eq!(
        (pair.method, pair.result.verdict),
        (PairMethod::SharedTraining, Verdict::Better)
    );
    made.says(&["go on from the same saved states are compared seed by seed"]);
    // Another first phase shares nothing.
    let other = Phase::new(10, Optimizer::adam(2e-3));
    made.0.configurations[1].resolved = resolved(vec![other, second]);
    assert_eq!(made.answers().pairs[0].method, PairMethod::Independent);
}

#[test]
fn configurations_on_other_images_are_told() {
    let mut made = rates();
    let said = "Not all configurations validate on the same images";
    assert!(!made.answers().details().iter().any(|d| d.contains(said)));
    made.0.configurations[0].data_hash = "other".into();
    made.says(&[said]);
}

#[test]
fn folds_are_compared_fold_by_fold() {
    let mut made = Made::new(&[("norm", &["plain", "batch"])]);
    for (label, add) in [("plain", 0.0), ("batch", 0.02)] {
        let value = |fold: u32| 0.6 + 0.03 * f64::from(fold) + add + 0.001 * f64::from(fold % 2);
        let mut runs = Vec::new();
        for fold in 0..5 {
            let mut run = finished(
                0,
                value(fold)
                    + if add > 0.0 {
                        0.002 * f64::from(fold % 3)
                    } else {
                        0.0
                    },
            );
            run.fold = Some(fold);
            runs.push(run);
        }
        made = made.with_runs(&[label], runs);
    }
    for configuration in &mut made.0.configurations {
        configuration.resolved.data.split.scheme = SplitScheme::Folds(5);
    }
    let pair = made.answers().pairs[0];
    assert_eq!(pair.method, PairMethod::Folds);
    assert_eq!(pair.result.verdict, Verdict::Better);
    made.says(&["5 folds", "Nadeau and Bengio (2003)"]);
}

#[test]
fn equal_means_are_ordered_as_in_the_plan() {
    let made = Made::new(RATES)
        .with(&["0.001"], &[0.50, 0.70])
        .with(&["0.01"], &[0.60, 0.60])
        .with(&["0.1"], &[0.59, 0.61]);
    let answers = made.answers();
    let order: Vec<usize> = answers.standings.iter().map(|s| s.position).collect();
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn a_race_drops_what_is_surely_worse() {
    use convsweep_spec::metric::Direction::{Max, Min};
    let all = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
    let check = |candidates: &[Vec<Option<f64>>], looks, expect: &[bool]| {
        let survivors = convsweep_answers::may_still_be_best(Max, candidates, looks);
        assert_eq!(survivors, expect, "{candidates:?}");
    };
    let close = [all(&[0.90, 0.91]), all(&[0.50, 0.52]), all(&[0.89, 0.93])];
    check(&close, 1, &[true, false, true]);
    // One seed is too few, and so are three seeds that differ as much as the candidates.
    check(&[all(&[0.9]), all(&[0.1])], 1, &[true, true]);
    let noisy = [all(&[0.9, 0.6, 0.7]), all(&[0.5, 0.5, 0.7])];
    check(&noisy, 1, &[true, true]);
    // Looking often asks for more.
    let three = [all(&[0.90, 0.91, 0.92]), all(&[0.88, 0.87, 0.89])];
    check(&three, 1, &[true, false]);
    check(&three, 20, &[true, true]);
    // A failed seed is missing; without any result a candidate is out.
    check(&[vec![None, None], all(&[0.1, 0.2])], 1, &[false, true]);
    check(&[], 1, &[]);
    let losses = [all(&[0.2, 0.21]), all(&[0.9, 0.92])];
    let survivors = convsweep_answers::may_still_be_best(Min, &losses, 1);
    assert_eq!(survivors, [true, false]);
}
