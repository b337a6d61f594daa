//! The configurations with results as cells of the grid.

use crate::estimates::Estimates;
use crate::pairing::folds;
use crate::results::SweepResults;
use convsweep_statistics::welch::MeanEstimate;
use std::collections::HashMap;

/// A configuration with a result.
pub(crate) struct Cell {
    /// Its index in the plan.
    pub configuration: usize,
    /// Index of its value on each axis.
    pub levels: Vec<usize>,
    /// Its mean gain.
    pub mean: f64,
    /// The same with the variance that its own runs show; with one run, that which the other
    /// configurations teach; `None` if nothing is known of it.
    pub estimate: Option<MeanEstimate>,
}

/// The cells of the grid, and where to find them.
pub(crate) struct Cells {
    pub cells: Vec<Cell>,
    places: HashMap<Vec<usize>, usize>,
    /// Number of values of each axis.
    pub counts: Vec<usize>,
    /// Degrees of freedom that no sum of cells has more of: where all stand on one variance, its
    /// own.
    pub most_degrees: f64,
    /// Number of folds, if every configuration is cross-validated.
    pub folds: Option<u32>,
}

impl Cells {
    /// Configurations that are no point of the grid, or have the same values as an earlier one, are
    /// left out.
    pub(crate) fn of(sweep: &SweepResults, estimates: &Estimates) -> Cells {
        let mut cells = Cells {
            cells: Vec::new(),
            places: HashMap::new(),
            counts: sweep.axes.iter().map(|axis| axis.labels.len()).collect(),
            most_degrees: f64::INFINITY,
            folds: folds(sweep),
        };
        for (i, results) in sweep.configurations.iter().enumerate() {
            let level = |axis: &convsweep_spec::log::Axis| {
                let label = results.axis_label(&axis.path)?;
                axis.labels.iter().position(|l| l == label)
            };
            let levels: Option<Vec<usize>> = sweep.axes.iter().map(level).collect();
            let (Some(levels), Some(mean)) = (levels, estimates.each[i].mean()) else {
                continue;
            };
            if cells.places.contains_key(&levels) {
                continue;
            }
            cells.places.insert(levels.clone(), cells.cells.len());
            cells.cells.push(Cell {
                configuration: i,
                levels,
                mean,
                estimate: estimate(estimates, i, mean),
            });
        }
        cells
    }

    /// The cell with these values.
    pub(crate) fn at(&self, levels: &[usize]) -> Option<&Cell> {
        Some(&self.cells[*self.places.get(levels)?])
    }

    /// The means in row-major order, the last axis varying fastest; `None` unless every point of
    /// the grid has a result.
    pub(crate) fn in_order(&self) -> Option<Vec<f64>> {
        let points: usize = self.counts.iter().product();
        if self.cells.is_empty() || self.cells.len() != points {
            return None;
        }
        let mut means = vec![0.0; points];
        for cell in &self.cells {
            let axes = cell.levels.iter().zip(&self.counts);
            let place = axes.fold(0, |place, (level, count)| place * count + level);
            means[place] = cell.mean;
        }
        Some(means)
    }

    /// For each combination of the other axes' values that occurs, the cell at each of `levels` of
    /// the axis; combinations that lack one are left out.
    pub(crate) fn matched(&self, axis: usize, levels: &[usize]) -> Vec<Vec<&Cell>> {
        let mut rows = Vec::new();
        for cell in self.cells.iter().filter(|c| c.levels[axis] == levels[0]) {
            let mut place = cell.levels.clone();
            let mut row = Vec::with_capacity(levels.len());
            for &level in levels {
                place[axis] = level;
                row.extend(self.at(&place));
            }
            if row.len() == levels.len() {
                rows.push(row);
            }
        }
        rows
    }
}

/// The mean with the variance of all runs that count, trained or not: a sum over many cells brings
/// its own degrees of freedom, and moderated variances would share one error.
///
/// Where runs do not train, a cell whose few runs are all alike has no spread by chance: its
/// variance is at least that of the expected result.
fn estimate(estimates: &Estimates, i: usize, mean: f64) -> Option<MeanEstimate> {
    let estimate = &estimates.each[i];
    let n = estimate.runs() as f64;
    let gains = estimate.gains.iter().map(|(_, gain)| *gain);
    let own = (n > 1.0).then(|| MeanEstimate {
        mean,
        variance: gains.map(|g| (g - mean) * (g - mean)).sum::<f64>() / (n - 1.0) / n,
        degrees: n - 1.0,
    });
    let least = match estimates.some_do_not_train() || own.is_none() {
        true => estimate.expected,
        false => None,
    };
    match (own, least) {
        (Some(own), Some(least)) if least.variance > own.variance => Some(MeanEstimate {
            variance: least.variance,
            ..own
        }),
        (Some(own), _) => Some(own),
        (None, least) => least.map(|least| MeanEstimate { mean, ..least }),
    }
}
