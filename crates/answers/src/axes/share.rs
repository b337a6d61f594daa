//! Share of the variance that each axis explains alone: by functional analysis of variance on a
//! complete grid, by that of a random forest on other points.

use super::cells::{Cell, Cells};
use super::trend::number;
use crate::results::SweepResults;
use convsweep_spec::random::{Draws, Purpose};
use convsweep_statistics::anova::functional_anova;
use convsweep_statistics::grid::Grid;
use convsweep_statistics::importance::{AxisDomain, forest_importance};
use serde::Serialize;

/// Fewer points than this teach a forest nothing.
const LEAST_POINTS: usize = 10;
/// An axis of numbers with more values than this was sampled: its values are taken as points of an
/// interval. Fewer are taken as categories.
const MOST_CATEGORIES: usize = 8;
/// The share of the variance that a forest has to predict before its shares are told.
const LEAST_EXPLAINED: f64 = 0.2;

/// Share of the variance that an axis explains alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AxisShare {
    /// The share, 0 to 1.
    pub share: f64,
    /// `None`: over the complete grid. Else by a random forest over the points that were trained,
    /// which predicts this share of the variance of points that it did not learn from.
    pub forest_explains: Option<f64>,
}

/// The shares of all axes; `None` if there are too few points, or a forest predicts too little. A
/// single axis explains everything, which says nothing.
pub(super) fn shares(sweep: &SweepResults, cells: &Cells) -> Option<Vec<AxisShare>> {
    if sweep.axes.len() < 2 {
        return None;
    }
    let Some(means) = cells.in_order() else {
        return forest_shares(sweep, cells);
    };
    let grid = Grid::new(&cells.counts)?;
    let anova = functional_anova(&grid, &means)?;
    let share = |share: f64| AxisShare {
        share,
        forest_explains: None,
    };
    Some(anova.axes.iter().map(|axis| share(axis.share)).collect())
}

fn forest_shares(sweep: &SweepResults, cells: &Cells) -> Option<Vec<AxisShare>> {
    if cells.cells.len() < LEAST_POINTS {
        return None;
    }
    let scales: Vec<AxisScale> = (0..sweep.axes.len())
        .map(|axis| AxisScale::of(sweep, cells, axis))
        .collect();
    let domains: Vec<AxisDomain> = scales.iter().map(AxisScale::domain).collect();
    let point = |cell: &Cell| {
        let levels = cell.levels.iter().zip(&scales);
        levels
            .map(|(level, scale)| scale.coordinate(*level))
            .collect()
    };
    let points: Vec<Vec<f64>> = cells.cells.iter().map(point).collect();
    let means: Vec<f64> = cells.cells.iter().map(|cell| cell.mean).collect();
    let mut random = Draws::new(Purpose::Simulate, &[]);
    let below = |bound: usize| random.below(bound as u64) as usize;
    let forest = forest_importance(&domains, &points, &means, below)?;
    if forest.explained < LEAST_EXPLAINED {
        return None;
    }
    let share = |share: f64| AxisShare {
        share,
        forest_explains: Some(forest.explained),
    };
    Some(forest.shares.into_iter().map(share).collect())
}

/// Where the values of an axis lie.
enum AxisScale {
    Categories(usize),
    /// By level.
    Numbers(Vec<f64>),
}

impl AxisScale {
    /// Numbers that are all positive and span a factor of 10 count by their logarithms.
    fn of(sweep: &SweepResults, cells: &Cells, axis: usize) -> AxisScale {
        let count = cells.counts[axis];
        let numbers = (0..count).map(|level| number(sweep, axis, level));
        let numbers: Option<Vec<f64>> = numbers.collect();
        let Some(mut numbers) = numbers.filter(|_| count > MOST_CATEGORIES) else {
            return AxisScale::Categories(count);
        };
        let (least, largest) = ends(&numbers);
        if least > 0.0 && largest >= 10.0 * least {
            numbers.iter_mut().for_each(|number| *number = number.ln());
        }
        AxisScale::Numbers(numbers)
    }

    fn domain(&self) -> AxisDomain {
        match self {
            AxisScale::Categories(count) => AxisDomain::Categories(*count),
            AxisScale::Numbers(numbers) => {
                let (low, high) = ends(numbers);
                AxisDomain::Interval { low, high }
            }
        }
    }

    fn coordinate(&self, level: usize) -> f64 {
        match self {
            AxisScale::Categories(_) => level as f64,
            AxisScale::Numbers(numbers) => numbers[level],
        }
    }
}

fn ends(numbers: &[f64]) -> (f64, f64) {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, largest)
}
