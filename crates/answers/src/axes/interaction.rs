//! Whether the effect of one axis depends on the value of another.

use super::cells::{Cell, Cells};
use super::contrast::weighted_sum;
use crate::estimates::Estimates;
use crate::pairs::FAMILY_LEVEL;
use crate::results::SweepResults;
use crate::{gain, gain_interval};
use convsweep_statistics::holm::holm;
use serde::Serialize;

/// Pairs of axes with more combinations of two values each than this are not searched.
const MOST_COMBINATIONS: usize = 3000;

/// The largest interaction of two axes: changing the first axis from one value to another adds more
/// at one value of the second axis than at another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interaction {
    /// Short name of the first axis.
    pub first_axis: String,
    /// Short name of the second axis.
    pub second_axis: String,
    /// The values of the first axis between which the effect is taken: from, to.
    pub first_values: (String, String),
    /// The values of the second axis at which it is compared: where it is larger, where smaller.
    pub second_values: (String, String),
    /// The effect at each of these two values of the second axis, in the metric's unit.
    pub effects: (f64, f64),
    /// The difference of the two effects.
    pub difference: f64,
    /// 95 % interval of this difference alone.
    pub interval: Option<(f64, f64)>,
    /// p-value, corrected for all combinations of values and all pairs of axes.
    pub corrected: f64,
}

/// A candidate, with the p-value of its own test.
struct TestedInteraction {
    interaction: Interaction,
    p: f64,
}

/// The largest interaction of each pair of axes, where it is larger than the noise.
pub(crate) fn interactions(
    sweep: &SweepResults,
    estimates: &Estimates,
    cells: &Cells,
) -> Vec<Interaction> {
    let (mut found, mut p_values) = (Vec::new(), Vec::new());
    for first in 0..sweep.axes.len() {
        for second in first + 1..sweep.axes.len() {
            let Some(largest) = largest(sweep, estimates, cells, (first, second)) else {
                continue;
            };
            p_values.push(largest.p);
            found.push(largest.interaction);
        }
    }
    for (interaction, corrected) in found.iter_mut().zip(holm(&p_values)) {
        interaction.corrected = sweep.over_all_looks(corrected);
    }
    found.retain(|interaction| interaction.corrected < FAMILY_LEVEL);
    found.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    found
}

/// The surest interaction of two axes; its p-value is corrected for the combinations of values that
/// were searched (Bonferroni).
fn largest(
    sweep: &SweepResults,
    estimates: &Estimates,
    cells: &Cells,
    (first, second): (usize, usize),
) -> Option<TestedInteraction> {
    let pairs = |count: usize| count * count.saturating_sub(1) / 2;
    let combinations = pairs(cells.counts[first]) * pairs(cells.counts[second]);
    if combinations == 0 || combinations > MOST_COMBINATIONS {
        return None;
    }
    let mut surest: Option<TestedInteraction> = None;
    for from in 0..cells.counts[first] {
        for to in from + 1..cells.counts[first] {
            for at in 0..cells.counts[second] {
                for other in at + 1..cells.counts[second] {
                    let places = [from, to, at, other];
                    let Some(found) = one(sweep, estimates, cells, (first, second), places) else {
                        continue;
                    };
                    if surest.as_ref().is_none_or(|surest| found.p < surest.p) {
                        surest = Some(found);
                    }
                }
            }
        }
    }
    let mut surest = surest?;
    surest.p = (surest.p * combinations as f64).min(1.0);
    Some(surest)
}

/// The interaction of two values of each axis.
fn one(
    sweep: &SweepResults,
    estimates: &Estimates,
    cells: &Cells,
    (first, second): (usize, usize),
    [from, to, at, other]: [usize; 4],
) -> Option<TestedInteraction> {
    let rows = rows(cells, (first, second), [from, to, at, other]);
    let share = 1.0 / rows.len() as f64;
    let (mut terms, mut effects) = (Vec::new(), (0.0, 0.0));
    for [from_at, to_at, from_other, to_other] in &rows {
        terms.push((share, *to_at));
        terms.push((-share, *from_at));
        terms.push((-share, *to_other));
        terms.push((share, *from_other));
        effects.0 += share * (to_at.mean - from_at.mean);
        effects.1 += share * (to_other.mean - from_other.mean);
    }
    let sum = weighted_sum(estimates, cells, &terms, false)?;
    let p = sum.p_two_sided()?;
    let label = |axis: usize, level: usize| sweep.axes[axis].labels[level].clone();
    let interval = sum.interval(sweep.interval_level());
    let turned = |value: f64| gain(&sweep.metric, value);
    let mut interaction = Interaction {
        first_axis: sweep.axes[first].name.clone(),
        second_axis: sweep.axes[second].name.clone(),
        first_values: (label(first, from), label(first, to)),
        second_values: (label(second, at), label(second, other)),
        effects: (turned(effects.0), turned(effects.1)),
        difference: turned(sum.difference),
        interval: interval.map(|ends| gain_interval(&sweep.metric, ends)),
        corrected: 1.0,
    };
    if interaction.effects.0.abs() < interaction.effects.1.abs() {
        interaction.turn_round();
    }
    Some(TestedInteraction { interaction, p })
}

impl Interaction {
    /// Exchanges the two values of the second axis.
    fn turn_round(&mut self) {
        std::mem::swap(&mut self.second_values.0, &mut self.second_values.1);
        std::mem::swap(&mut self.effects.0, &mut self.effects.1);
        self.difference = -self.difference;
        self.interval = self.interval.map(|(low, high)| (-high, -low));
    }
}

/// For each combination of the remaining axes' values, the cells (from, at), (to, at),
/// (from, other), (to, other); combinations that lack one are left out.
fn rows(
    cells: &Cells,
    (first, second): (usize, usize),
    [from, to, at, other]: [usize; 4],
) -> Vec<[&Cell; 4]> {
    let mut rows = Vec::new();
    let corner = |cell: &&Cell| cell.levels[first] == from && cell.levels[second] == at;
    for cell in cells.cells.iter().filter(corner) {
        let neighbour = |one: usize, two: usize| {
            let mut place = cell.levels.clone();
            (place[first], place[second]) = (one, two);
            cells.at(&place)
        };
        let others = (
            neighbour(to, at),
            neighbour(from, other),
            neighbour(to, other),
        );
        if let (Some(to_at), Some(from_other), Some(to_other)) = others {
            rows.push([cell, to_at, from_other, to_other]);
        }
    }
    rows
}
