//! Complete grids: shares of variance and effects.

use crate::vectors::{list, near, number, numbers, vectors_of};
use convsweep_statistics::anova::{additive_residual, functional_anova};
use convsweep_statistics::effects::GridEffects;
use convsweep_statistics::grid::Grid;
use convsweep_statistics::moderated::VarianceEstimate;
use convsweep_statistics::welch::{MeanDifference, MeanEstimate};
use serde_json::Value;

fn grid_of(case: &Value) -> Grid {
    let levels = numbers(&case["levels"])
        .into_iter()
        .map(|levels| levels as usize);
    Grid::new(&levels.collect::<Vec<_>>()).expect("a grid")
}

#[test]
fn shares_and_tests_agree_with_statsmodels() {
    for case in list(&vectors_of("sweeps", "anova")) {
        let (grid, values) = (grid_of(&case), numbers(&case["values"]));
        let found = functional_anova(&grid, &values).expect("values that vary");
        near(found.variance, number(&case["variance"]), &case["levels"]);
        for (share, expected) in found.axes.iter().zip(numbers(&case["axes"])) {
            near(share.share, expected, &share.axes);
        }
        for (share, expected) in found.pairs.iter().zip(numbers(&case["pairs"])) {
            near(share.share, expected, &share.axes);
        }
        let residual = additive_residual(&grid, &values);
        let Some(noise) = residual else {
            assert!(case["error"].is_null() && found.pairs.is_empty());
            continue;
        };
        near(noise.variance, number(&case["error"][0]), &"residual");
        near(noise.degrees, number(&case["error"][1]), &"degrees");
        for (axis, expected) in found.axes.iter().zip(numbers(&case["p"])) {
            near(
                axis.p(grid.cells(), noise).expect("a p-value"),
                expected,
                &"p",
            );
        }
    }
}

#[test]
fn parts_add_up_and_noise_is_taken_out() {
    let grid = Grid::new(&[3, 2, 4]).expect("a grid");
    let of_cell = |cell: usize| (cell * cell % 17) as f64;
    let values: Vec<f64> = (0..24).map(of_cell).collect();
    let found = functional_anova(&grid, &values).expect("values that vary");
    let parts = found.axes.iter().chain(&found.pairs).map(|part| part.share);
    near(parts.sum::<f64>() + found.higher, 1.0, &"shares");
    let axis = &found.axes[0];
    near(
        axis.without_noise(24, 0.6),
        axis.variance - 0.6 * 2.0 / 24.0,
        &"noise",
    );
    assert_eq!(axis.without_noise(24, 1e9), 0.0);
}

#[test]
fn grids_without_spread_or_cells_have_no_shares() {
    assert_eq!((Grid::new(&[]), Grid::new(&[3, 0])), (None, None));
    assert_eq!(Grid::new(&[usize::MAX, 2]), None);
    let grid = Grid::new(&[2, 2]).expect("a grid");
    assert_eq!(functional_anova(&grid, &[0.7; 4]), None);
    assert_eq!(functional_anova(&grid, &[0.1 + 0.2, 0.3, 0.3, 0.3]), None);
    assert_eq!(functional_anova(&grid, &[0.7; 3]), None);
    assert_eq!(functional_anova(&grid, &[0.7, f64::NAN, 0.1, 0.2]), None);
    let one = Grid::new(&[1, 3]).expect("a grid");
    let found = functional_anova(&one, &[0.1, 0.2, 0.4]).expect("values that vary");
    assert_eq!((found.axes[0].share, found.axes[0].degrees), (0.0, 0.0));
    let noise = VarianceEstimate {
        variance: 0.1,
        degrees: 3.0,
    };
    assert_eq!(found.axes[0].p(3, noise), None);
    assert_eq!(additive_residual(&one, &[0.1, 0.2, 0.4]), None);
}

#[track_caller]
fn check(found: &MeanDifference, expected: &Value) {
    let [difference, error, p] = numbers(expected)[..] else {
        panic!()
    };
    assert!(
        (found.difference - difference).abs() < 1e-12,
        "{found:?}, {expected}"
    );
    near(found.standard_error, error, &"standard error");
    near(found.p_two_sided().expect("spread"), p, &"p");
}

/// With a pooled variance, contrasts are those of an ordinary linear model.
#[test]
fn effects_agree_with_statsmodels() {
    let case = vectors_of("sweeps", "effects");
    let (grid, degrees) = (grid_of(&case), number(&case["degrees"]));
    let variance = number(&case["variance"]);
    let estimate = |mean| MeanEstimate {
        mean,
        variance,
        degrees,
    };
    let cells: Vec<_> = numbers(&case["means"]).into_iter().map(estimate).collect();
    let effects = GridEffects::new(&grid, &cells, degrees).expect("cells");
    for (axis, expected) in list(&case["against_mean"]).iter().enumerate() {
        let found = effects.against_mean(axis).expect("values");
        found
            .iter()
            .zip(list(expected))
            .for_each(|(f, e)| check(f, &e));
    }
    check(&effects.pair(2, 3, 1).expect("values"), &case["pair"]);
    for (axis, expected) in list(&case["trends"]).iter().enumerate() {
        check(&effects.trend(axis).expect("values").step, expected);
    }
    let found = effects.interaction(0, 2).expect("values");
    assert_eq!(found.len(), 12);
    found
        .iter()
        .zip(list(&case["interaction"]))
        .for_each(|(f, e)| check(f, &e));
}

#[test]
fn trends_say_whether_they_are_monotone() {
    let grid = Grid::new(&[3]).expect("a grid");
    let is_monotone = |means: [f64; 3]| {
        let cells = means.map(|mean| MeanEstimate {
            mean,
            variance: 1e-4,
            degrees: 2.0,
        });
        let effects = GridEffects::new(&grid, &cells, 6.0).expect("cells");
        effects.trend(0).expect("values").is_monotone
    };
    assert!(is_monotone([0.1, 0.2, 0.2]) && is_monotone([0.3, 0.2, 0.1]));
    assert!(!is_monotone([0.1, 0.3, 0.2]));
}

#[test]
fn effects_of_what_is_not_there_are_none() {
    let grid = Grid::new(&[2, 1]).expect("a grid");
    let cell = |mean| MeanEstimate {
        mean,
        variance: 1e-4,
        degrees: 2.0,
    };
    let cells = [cell(0.7), cell(0.6)];
    let effects = GridEffects::new(&grid, &cells, 4.0).expect("cells");
    assert_eq!(effects.against_mean(1), None);
    assert_eq!(effects.against_mean(2), None);
    assert_eq!(effects.trend(1), None);
    assert_eq!((effects.pair(0, 0, 0), effects.pair(0, 0, 2)), (None, None));
    assert_eq!(
        (effects.interaction(0, 1), effects.interaction(0, 0)),
        (None, None)
    );
    assert!(effects.means(2).is_none());
    assert!(GridEffects::new(&grid, &cells[..1], 4.0).is_none());
    assert!(GridEffects::new(&grid, &[cell(0.7), cell(f64::NAN)], 4.0).is_none());
    // A mean of independent cells is known by all their degrees, but by no more than the sweep's.
    let apart = effects.pair(0, 0, 1).expect("values");
    assert_eq!(apart.degrees, 4.0);
}
