//! Which axes of a complete grid matter: functional analysis of variance (Hooker 2007, "Generalized
//! Functional ANOVA Diagnostics", Journal of Computational and Graphical Statistics 16; for
//! hyperparameters Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing
//! Hyperparameter Importance", ICML).
//!
//! Over a complete grid with equal weights, the figure is the sum of its mean, an effect of each
//! axis, of each pair, and so on, which are orthogonal: the variance over the grid is the sum of
//! theirs.

use crate::fisher;
use crate::grid::Grid;
use crate::moderated::VarianceEstimate;

/// The share of an axis or of a pair of axes in the variance over the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceShare {
    /// The axes, by number: one, or two in ascending order for their interaction alone.
    pub axes: Vec<usize>,
    /// Variance over the grid's cells, in the square of the figure's unit.
    pub variance: f64,
    /// Its share of the variance over all cells, 0 to 1.
    pub share: f64,
    /// Degrees of freedom: values less one, multiplied over the axes.
    pub degrees: f64,
}

impl VarianceShare {
    /// The p-value of "this effect is noise only" by the F-test, given the mean variance of the
    /// cells' means over all `cells`. `None` without spread or degrees.
    pub fn p(&self, cells: usize, noise: VarianceEstimate) -> Option<f64> {
        if noise.variance <= 0.0 || self.degrees == 0.0 {
            return None;
        }
        let mean_square = self.variance * cells as f64 / self.degrees;
        fisher::upper_tail(mean_square / noise.variance, self.degrees, noise.degrees)
    }

    /// The variance less what noise of the cells' means adds to it on average; 0 if that is more.
    pub fn without_noise(&self, cells: usize, noise: f64) -> f64 {
        (self.variance - noise * self.degrees / cells as f64).max(0.0)
    }
}

/// The variance over the grid, and its shares.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionalAnova {
    /// The mean over all cells.
    pub mean: f64,
    /// The variance over all cells, divided by their number.
    pub variance: f64,
    /// Each axis, in order.
    pub axes: Vec<VarianceShare>,
    /// Each pair of axes.
    pub pairs: Vec<VarianceShare>,
    /// Share of all interactions of three or more axes, 0 to 1.
    pub higher: f64,
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
    let share = |axes: Vec<usize>, variance: f64, degrees: f64| VarianceShare {
        axes,
        variance,
        share: (variance / total).min(1.0),
        degrees,
    };
    let degrees = |axis: usize| (grid.levels()[axis] - 1) as f64;
    let main = |axis: usize| mean_square(&grid.means(values, &[axis]), mean);
    let axes: Vec<_> = (0..grid.levels().len())
        .map(|axis| share(vec![axis], main(axis), degrees(axis)))
        .collect();
    let mut pairs = Vec::new();
    for (a, b) in grid.pairs() {
        let both = mean_square(&grid.means(values, &[a, b]), mean);
        let alone = (both - axes[a].variance - axes[b].variance).max(0.0);
        pairs.push(share(vec![a, b], alone, degrees(a) * degrees(b)));
    }
    let explained: f64 = axes.iter().chain(&pairs).map(|part| part.share).sum();
    Some(FunctionalAnova {
        mean,
        variance: total,
        axes,
        pairs,
        higher: (1.0 - explained).max(0.0),
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
