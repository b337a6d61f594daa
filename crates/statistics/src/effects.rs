//! Effects of the axes of a complete grid as contrasts of independent means: values of an axis over
//! all others, interactions of two axes, and trends (Scheffé 1959, "The Analysis of Variance",
//! chapters 3 and 4; degrees of freedom by Satterthwaite 1946).
//!
//! Where the cells' variances are moderated or pooled they share degrees of freedom, which
//! Satterthwaite's formula counts once for each cell: `most_degrees` are those of the whole sweep.

use crate::grid::Grid;
use crate::welch::{MeanDifference, MeanEstimate, contrast, weighted_sum};

/// Effects of a grid whose cells have means that are known more or less well.
#[derive(Clone, Debug)]
pub struct GridEffects<'a> {
    grid: &'a Grid,
    cells: &'a [MeanEstimate],
    most_degrees: f64,
}

/// A trend along the values of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Change of the mean from one value to the next, of the best straight line.
    pub step: MeanDifference,
    /// Whether each value's mean is at least that of the value before, or each at most.
    pub is_monotone: bool,
}

impl<'a> GridEffects<'a> {
    /// The effects of `cells`, one for each cell of the grid in its order; `None` if their number
    /// is another one, or if a mean or its variance is unknown.
    pub fn new(
        grid: &'a Grid,
        cells: &'a [MeanEstimate],
        most_degrees: f64,
    ) -> Option<GridEffects<'a>> {
        let known = cells.iter().all(|cell| contrast(&[(1.0, *cell)]).is_some());
        (cells.len() == grid.cells() && known && most_degrees > 0.0).then_some(GridEffects {
            grid,
            cells,
            most_degrees,
        })
    }

    /// The mean of each value of `axis` over all others; `None` if there is no such axis.
    pub fn means(&self, axis: usize) -> Option<Vec<MeanEstimate>> {
        (axis < self.grid.levels().len()).then(|| self.means_of(&[axis]))
    }

    /// Each value of `axis` against the mean over all of its values, both over all other axes.
    /// `None` if there is no such axis, or if it has a single value.
    pub fn against_mean(&self, axis: usize) -> Option<Vec<MeanDifference>> {
        let means = self.several_means(axis)?;
        let share = 1.0 / means.len() as f64;
        let one = |i: usize| self.contrast_of(&means, |j| f64::from(i == j) - share);
        (0..means.len()).map(one).collect()
    }

    /// The value `a` of `axis` less the value `b`, both over all other axes; `None` if there are no
    /// such values or they are the same.
    pub fn pair(&self, axis: usize, a: usize, b: usize) -> Option<MeanDifference> {
        let means = self.several_means(axis)?;
        if a == b || a.max(b) >= means.len() {
            return None;
        }
        self.contrast_of(&means, |j| f64::from(j == a) - f64::from(j == b))
    }

    /// What the values of two axes do together beyond what each does alone, for each combination in
    /// row-major order: the mean of both less what the means of each would add up to. `None` if
    /// there are no such axes, they are the same, or one has a single value.
    pub fn interaction(&self, first: usize, second: usize) -> Option<Vec<MeanDifference>> {
        let (rows, columns) = (
            self.several_means(first)?.len(),
            self.several_means(second)?.len(),
        );
        if first == second {
            return None;
        }
        let means = self.means_of(&[first, second]);
        let weight = |i: usize, j: usize, levels: usize| f64::from(i == j) - 1.0 / levels as f64;
        let one = |i: usize| {
            let of = |j| {
                weight(i / columns, j / columns, rows) * weight(i % columns, j % columns, columns)
            };
            self.contrast_of(&means, of)
        };
        (0..means.len()).map(one).collect()
    }

    /// The trend along `axis`, whose values are in ascending order. `None` as for
    /// [`GridEffects::against_mean`].
    ///
    /// The line is over the values' ranks, not over the values or their logarithms: whoever writes
    /// down an axis spaces its values so that neighbours are about equally far apart, and ranks
    /// need no positive numbers (a dropout or a weight decay of 0 has no logarithm).
    pub fn trend(&self, axis: usize) -> Option<Trend> {
        let means = self.several_means(axis)?;
        let centre = (means.len() - 1) as f64 / 2.0;
        let squares: f64 = (0..means.len()).map(|i| (i as f64 - centre).powi(2)).sum();
        let step = self.contrast_of(&means, |j| (j as f64 - centre) / squares)?;
        let rises = means.is_sorted_by(|a, b| a.mean <= b.mean);
        let falls = means.is_sorted_by(|a, b| a.mean >= b.mean);
        Some(Trend {
            step,
            is_monotone: rises || falls,
        })
    }

    fn several_means(&self, axis: usize) -> Option<Vec<MeanEstimate>> {
        self.means(axis).filter(|means| means.len() > 1)
    }

    /// The means of all combinations of the values of `axes`. A mean of means with Satterthwaite's
    /// degrees gives the same contrasts as all cells one by one.
    fn means_of(&self, axes: &[usize]) -> Vec<MeanEstimate> {
        let places = self.grid.levels_of(axes);
        let share = places as f64 / self.cells.len() as f64;
        let mut groups = vec![Vec::new(); places];
        for (cell, estimate) in self.cells.iter().enumerate() {
            groups[self.grid.place(cell, axes)].push((share, *estimate));
        }
        groups.iter().map(|group| weighted_sum(group)).collect()
    }

    fn contrast_of(
        &self,
        means: &[MeanEstimate],
        weight: impl Fn(usize) -> f64,
    ) -> Option<MeanDifference> {
        let weighted = |(j, mean): (usize, &MeanEstimate)| (weight(j), *mean);
        let terms: Vec<_> = means.iter().enumerate().map(weighted).collect();
        Some(contrast(&terms)?.with_degrees_at_most(self.most_degrees))
    }
}
