//! Mean ranks of choices over experiments, and which of them differ.

use super::choices::{ChoiceCell, ChoiceRow, ExperimentColumn};
use crate::gain;
use crate::pairs::FAMILY_LEVEL;
use convsweep_statistics::friedman::{Friedman, friedman};
use convsweep_statistics::nemenyi;

/// Differences of means below this are those of rounding.
const ROUNDED: f64 = 1e-12;

/// The mean ranks of the choices that all experiments have.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanRanks {
    /// Friedman's test of no difference at all.
    pub friedman: Friedman,
    /// Mean ranks that differ by at least this much differ at 5 % over all pairs (Nemenyi). `None`
    /// if it cannot be computed.
    pub critical_difference: Option<f64>,
    /// The largest groups of choices whose mean ranks all differ by less, as places among the
    /// common choices. Empty without a critical difference.
    pub groups: Vec<Vec<usize>>,
}

impl MeanRanks {
    /// Whether Friedman's test finds any difference; without one, no pair may be told apart.
    pub fn differ(&self) -> bool {
        self.friedman.p < FAMILY_LEVEL
    }
}

/// Ranks `choices`, which have a result in every experiment, and puts the best mean rank first.
pub(super) fn rank(columns: &[ExperimentColumn], choices: &mut [ChoiceRow]) -> Option<MeanRanks> {
    if columns.len() < 2 || choices.len() < 2 {
        return None;
    }
    let blocks = blocks(columns, choices);
    for block in &blocks {
        let ranks = convsweep_statistics::ranks::ranks(block)?;
        for (choice, rank) in choices.iter_mut().zip(ranks) {
            choice.ranks.push(rank);
        }
    }
    for choice in choices.iter_mut() {
        choice.mean_rank = Some(choice.ranks.iter().sum::<f64>() / columns.len() as f64);
    }
    choices.sort_by(|a, b| {
        a.mean_rank
            .unwrap_or(0.0)
            .total_cmp(&b.mean_rank.unwrap_or(0.0))
    });
    let friedman = friedman(&self::blocks(columns, choices))?;
    let critical = nemenyi::critical_difference(choices.len(), columns.len(), FAMILY_LEVEL);
    let groups = critical.map(|critical| nemenyi::groups(&friedman.mean_ranks, critical));
    Some(MeanRanks {
        friedman,
        critical_difference: critical,
        groups: groups.unwrap_or_default(),
    })
}

/// For each experiment the results of the choices, turned so that less is better. They are rounded,
/// so that means of the same results in another order are equal.
fn blocks(columns: &[ExperimentColumn], choices: &[ChoiceRow]) -> Vec<Vec<f64>> {
    let mut blocks = Vec::with_capacity(columns.len());
    for (i, column) in columns.iter().enumerate() {
        let cells = choices.iter().filter_map(|choice| choice.cells[i]);
        let loss =
            |cell: ChoiceCell| (-gain(&column.metric, cell.mean) / ROUNDED).round() * ROUNDED;
        blocks.push(cells.map(loss).collect());
    }
    blocks
}
