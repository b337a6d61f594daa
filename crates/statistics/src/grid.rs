//! The cells of a complete grid in row-major order: the last axis varies fastest.

/// A complete grid: the number of values of each axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    levels: Vec<usize>,
}

impl Grid {
    /// A grid with that many values of each axis; `None` without axes, if one has no values, or if
    /// the number of cells does not fit a `usize`.
    pub fn new(levels: &[usize]) -> Option<Grid> {
        let multiply = |cells: usize, levels: &usize| cells.checked_mul(*levels);
        let cells = levels.iter().try_fold(1, multiply)?;
        (!levels.is_empty() && cells > 0).then(|| Grid {
            levels: levels.to_vec(),
        })
    }

    /// The number of values of each axis.
    pub fn levels(&self) -> &[usize] {
        &self.levels
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.levels.iter().product()
    }

    /// All pairs of different axes, the smaller number first.
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        let axes = self.levels.len();
        let with = |a: usize| (a + 1..axes).map(move |b| (a, b));
        (0..axes).flat_map(with).collect()
    }

    /// The number of values of `axes` together.
    pub fn levels_of(&self, axes: &[usize]) -> usize {
        axes.iter().map(|&axis| self.levels[axis]).product()
    }

    /// Where the values of `axes` in the `cell` stand among all of theirs, in row-major order.
    pub fn place(&self, cell: usize, axes: &[usize]) -> usize {
        axes.iter().fold(0, |place, &axis| {
            place * self.levels[axis] + self.level(cell, axis)
        })
    }

    /// The value of `axis` in the `cell`, by number.
    pub fn level(&self, cell: usize, axis: usize) -> usize {
        let faster: usize = self.levels[axis + 1..].iter().product();
        cell / faster % self.levels[axis]
    }

    /// The means of `values`, one for each cell, for each combination of the values of `axes`.
    pub fn means(&self, values: &[f64], axes: &[usize]) -> Vec<f64> {
        let places = self.levels_of(axes);
        let each = (self.cells() / places) as f64;
        let mut means = vec![0.0; places];
        for (cell, value) in values.iter().enumerate() {
            means[self.place(cell, axes)] += value;
        }
        means.iter_mut().for_each(|mean| *mean /= each);
        means
    }
}
