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

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.levels.iter().product()
    }

    /// The number of values of each axis.
    pub(crate) fn levels(&self) -> &[usize] {
        &self.levels
    }

    /// The mean of `values`, one for each cell, for each value of `axis`.
    pub(crate) fn means(&self, values: &[f64], axis: usize) -> Vec<f64> {
        let levels = self.levels[axis];
        let faster: usize = self.levels[axis + 1..].iter().product();
        let each = (self.cells() / levels) as f64;
        let mut means = vec![0.0; levels];
        for (cell, value) in values.iter().enumerate() {
            means[cell / faster % levels] += value;
        }
        means.iter_mut().for_each(|mean| *mean /= each);
        means
    }
}
