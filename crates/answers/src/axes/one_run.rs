//! With one run of each configuration there is no spread between seeds. On a complete grid of at
//! least two axes, what an additive model of the axes leaves over stands in for it.

use super::cells::Cells;
use convsweep_statistics::anova::additive_residual;
use convsweep_statistics::grid::Grid;
use convsweep_statistics::moderated::VarianceEstimate;
use convsweep_statistics::welch::MeanEstimate;

/// Gives cells whose spread is not known the variance that the additive model leaves over, with its
/// degrees of freedom. The answer is whether it could.
pub(crate) fn assume_additive(cells: &mut Cells) -> bool {
    let Some(VarianceEstimate { variance, degrees }) = residual(cells) else {
        return false;
    };
    cells.most_degrees = degrees;
    for cell in &mut cells.cells {
        cell.estimate = Some(MeanEstimate {
            mean: cell.mean,
            variance,
            degrees,
        });
    }
    true
}

fn residual(cells: &Cells) -> Option<VarianceEstimate> {
    let grid = Grid::new(&cells.counts)?;
    additive_residual(&grid, &cells.in_order()?)
}
