//! Complete grids: shares of variance.

use crate::vectors::{list, near, number, numbers, vectors_of};
use convsweep_statistics::anova::{additive_residual, functional_anova};
use convsweep_statistics::grid::Grid;
use serde_json::Value;

fn grid_of(case: &Value) -> Grid {
    let levels = numbers(&case["levels"])
        .into_iter()
        .map(|levels| levels as usize);
    Grid::new(&levels.collect::<Vec<_>>()).expect("a grid")
}

#[test]
fn shares_agree_with_statsmodels() {
    for case in list(&vectors_of("sweeps", "anova")) {
        let (grid, values) = (grid_of(&case), numbers(&case["values"]));
        let found = functional_anova(&grid, &values).expect("values that vary");
        near(found.variance, number(&case["variance"]), &case["levels"]);
        for (share, expected) in found.axes.iter().zip(numbers(&case["axes"])) {
            near(share.share, expected, &case["levels"]);
        }
        let residual = additive_residual(&grid, &values);
        let Some(noise) = residual else {
            assert!(case["error"].is_null() && found.axes.len() == 1);
            continue;
        };
        near(noise.variance, number(&case["error"][0]), &"residual");
        near(noise.degrees, number(&case["error"][1]), &"degrees");
    }
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
    assert_eq!(additive_residual(&one, &[0.1, 0.2, 0.4]), None);
}
