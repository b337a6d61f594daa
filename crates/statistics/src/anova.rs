//! Which axes of a complete grid matter: functional analysis of variance (Hooker 2007, "Generalized
//! Functional ANOVA Diagnostics", Journal of Computational and Graphical Statistics 16; for
//! hyperparameters Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing
//! Hyperparameter Importance", ICML).
//!
//! Over a complete grid with equal weights, the figure is the sum of its mean, an effect of each
//! axis, of each pair, and so on, which are orthogonal: the variance over the grid is the sum of
//! theirs.

use crate::grid::Grid;
use crate::moderated::VarianceEstimate;

/// The share of an axis in the variance over the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceShare {
    /// Variance over the axis' values of their means, in the square of the figure's unit.
    pub variance: f64,
    /// Its share of the variance over all cells, 0 to 1.
    pub share: f64,
    /// Degrees of freedom: values less one.
    pub degrees: f64,
}

/// The variance over the grid, and the shares of its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionalAnova {
    /// The variance over all cells, divided by their number.
    pub variance: f64,
    /// Each axis, in order; what they leave of the variance is interactions.
    pub axes: Vec<VarianceShare>,
}

/// The analysis of `values`, one for each cell of the grid. `None` if their number is not that of
/// the cells, if one is not finite, or if all are equal.
pub fn functional_anova(grid: &Grid, values: &[f64]) -> Option<FunctionalAnova> {
    if values.len() != grid.cells() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let total = mean_square(values, mean);
    let largest = values
        .iter()
        .fold(0.0f64, |most, value| most.max(value.abs()));
    if !total.is_normal() || total.sqrt() <= 1e-12 * largest {
        return None;
    }
    let share = |(axis, levels): (usize, &usize)| {
        let variance = mean_square(&grid.means(values, axis), mean);
        VarianceShare {
            variance,
            share: (variance / total).min(1.0),
            degrees: (levels - 1) as f64,
        }
    };
    Some(FunctionalAnova {
        variance: total,
        axes: grid.levels().iter().enumerate().map(share).collect(),
    })
}

/// What an additive model leaves unexplained, as the error of single cells where each was measured
/// once: it takes interactions for noise, and so the noise for too large rather than too small.
/// `None` as for [`functional_anova`], or if no degrees of freedom are left (one axis).
pub fn additive_residual(grid: &Grid, values: &[f64]) -> Option<VarianceEstimate> {
    let anova = functional_anova(grid, values)?;
    let explained: f64 = anova.axes.iter().map(|axis| axis.variance).sum();
    let used: f64 = anova.axes.iter().map(|axis| axis.degrees).sum();
    let cells = grid.cells() as f64;
    let degrees = cells - 1.0 - used;
    (degrees > 0.0).then(|| VarianceEstimate {
        variance: ((anova.variance - explained) * cells / degrees).max(0.0),
        degrees,
    })
}

fn mean_square(values: &[f64], mean: f64) -> f64 {
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    squares.sum::<f64>() / values.len() as f64
}
