//! The effect of each axis.

use super::cells::{Cell, Cells};
use super::contrast::weighted_sum;
use super::one_run::assume_additive;
use super::share::{AxisShare, shares};
use super::trend::{AxisTrend, trend};
use crate::estimates::Estimates;
use crate::pairing::{PairMethod, Pairing};
use crate::pairs::{ComparedPair, FAMILY_LEVEL, Verdict};
use crate::results::SweepResults;
use crate::{gain, gain_interval};
use convsweep_spec::metric::Metric;
use convsweep_statistics::holm::holm;
use convsweep_statistics::welch::MeanDifference;
use serde::Serialize;

/// Up to this many values all pairs of them are compared, beyond it each with the best.
const MOST_VALUES_OF_ALL_PAIRS: usize = 12;

/// What the spread is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisBasis {
    /// The spread between runs of a configuration.
    Runs,
    /// With one run of each: what an additive model of the axes leaves over. It gives intervals, but
    /// no verdicts: networks of one shape start alike with one seed, and whether another seed would
    /// agree is not known. (Of simulated sweeps without any difference, 28 % had an effect that
    /// looked significant.)
    AdditiveModel,
    /// Nothing: the differences are told without saying how sure they are.
    Nothing,
}

impl AxisBasis {
    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            AxisBasis::Runs => "runs",
            AxisBasis::AdditiveModel => "additive-model",
            AxisBasis::Nothing => "nothing",
        }
    }
}

/// The effect of one axis over the values of the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisAnswer {
    /// Its dotted path in the file.
    pub path: String,
    /// Its short name.
    pub name: String,
    /// What the spread is judged by.
    pub basis: AxisBasis,
    /// Its values with results, in the file's order.
    pub levels: Vec<AxisLevel>,
    /// Pairs of its values compared.
    pub contrasts: Vec<AxisContrast>,
    /// Share of the variance that it explains alone; `None` if that cannot be said.
    pub share: Option<AxisShare>,
    /// Its trend, if its values are numbers.
    pub trend: Option<AxisTrend>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisLevel {
    /// Its label.
    pub label: String,
    /// Mean over the configurations that have it, in the metric's unit.
    pub mean: f64,
    /// Number of these configurations.
    pub configurations: usize,
}

/// Two values of an axis compared, over the combinations of the other axes' values that both were
/// trained with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisContrast {
    /// Label of the first.
    pub first: String,
    /// Label of the second.
    pub second: String,
    /// Number of combinations.
    pub combinations: usize,
    /// What is said of the first.
    pub verdict: Verdict,
    /// First minus second, in the metric's unit.
    pub difference: f64,
    /// 95 % interval of this difference alone.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p-value of no difference, over all looks of a race.
    pub p: Option<f64>,
    /// The same, corrected for the comparisons of all axes.
    pub corrected: Option<f64>,
}

impl AxisAnswer {
    /// By what axes are ordered: the largest difference, or, without any, the share of the
    /// variance.
    fn size(&self) -> (f64, f64) {
        let largest = self.largest().map_or(0.0, |c| c.difference.abs());
        (largest, self.share.map_or(0.0, |share| share.share))
    }

    /// The contrast with the largest difference.
    pub fn largest(&self) -> Option<&AxisContrast> {
        let contrasts = self.contrasts.iter();
        contrasts.max_by(|a, b| a.difference.abs().total_cmp(&b.difference.abs()))
    }
}

impl AxisAnswer {
    /// Of the only axis, two values are two configurations: what is said of these is said of the
    /// values. `label` gives the value of the configuration at a rank.
    pub(crate) fn take_pairs(
        &mut self,
        pairs: &[ComparedPair],
        label: impl Fn(usize) -> Option<String>,
    ) {
        self.contrasts.clear();
        for pair in pairs {
            let (Some(first), Some(second)) = (label(pair.first), label(pair.second)) else {
                continue;
            };
            self.contrasts.push(AxisContrast {
                first,
                second,
                combinations: 1,
                verdict: pair.result.verdict,
                difference: pair.result.difference,
                interval: pair.result.interval,
                p: pair.result.p,
                corrected: pair.result.corrected,
            });
        }
    }
}

/// The effects of the axes that have at least two values with results, the largest first; `cells` are
/// those of the sweep.
pub(crate) fn axis_answers(
    sweep: &SweepResults,
    estimates: &Estimates,
    pairing: &Pairing,
    mut cells: Cells,
) -> Vec<AxisAnswer> {
    let basis = basis(&mut cells, estimates);
    let shares = shares(sweep, &cells);
    let mut answers = Vec::new();
    for axis in 0..sweep.axes.len() {
        let share = shares.as_ref().map(|shares| shares[axis]);
        let found = axis_answer(sweep, estimates, &cells, pairing, (axis, basis));
        answers.extend(found.map(|answer| AxisAnswer { share, ..answer }));
    }
    correct(&mut answers, &sweep.metric);
    answers.sort_by(|a, b| {
        let ((x, share), (y, other)) = (a.size(), b.size());
        y.total_cmp(&x).then(other.total_cmp(&share))
    });
    answers
}

/// What the spread is judged by; without a second run of any configuration, the cells are given a
/// variance by the additive model.
fn basis(cells: &mut Cells, estimates: &Estimates) -> AxisBasis {
    let runs = |cell: &Cell| estimates.each[cell.configuration].runs();
    if cells.cells.iter().any(|cell| runs(cell) > 1) {
        AxisBasis::Runs
    } else if assume_additive(cells) {
        AxisBasis::AdditiveModel
    } else {
        AxisBasis::Nothing
    }
}

fn axis_answer(
    sweep: &SweepResults,
    estimates: &Estimates,
    cells: &Cells,
    pairing: &Pairing,
    (axis, basis): (usize, AxisBasis),
) -> Option<AxisAnswer> {
    let (levels, present) = levels(sweep, cells, axis);
    if present.len() < 2 {
        return None;
    }
    let mut contrasts = Vec::new();
    for (first, second) in pairs(sweep, &levels, &present) {
        let rows = cells.matched(axis, &[first, second]);
        if rows.is_empty() {
            continue;
        }
        let is_paired = rows.iter().all(|row| {
            let (a, b) = (row[0].configuration, row[1].configuration);
            pairing.method(a, b) != PairMethod::Independent
        });
        let difference = difference_of(estimates, cells, &rows, is_paired);
        contrasts.push(contrast(sweep, (axis, first, second), &rows, difference));
    }
    Some(AxisAnswer {
        path: sweep.axes[axis].path.clone(),
        name: sweep.axes[axis].name.clone(),
        basis,
        trend: trend(sweep, estimates, cells, axis, &present),
        levels,
        contrasts,
        share: None,
    })
}

/// The values with results, and their indices in the axis.
fn levels(sweep: &SweepResults, cells: &Cells, axis: usize) -> (Vec<AxisLevel>, Vec<usize>) {
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    for (index, label) in sweep.axes[axis].labels.iter().enumerate() {
        let having = cells.cells.iter().filter(|c| c.levels[axis] == index);
        let gains: Vec<f64> = having.map(|cell| cell.mean).collect();
        if gains.is_empty() {
            continue;
        }
        present.push(index);
        let mean = gains.iter().sum::<f64>() / gains.len() as f64;
        levels.push(AxisLevel {
            label: label.clone(),
            mean: gain(&sweep.metric, mean),
            configurations: gains.len(),
        });
    }
    (levels, present)
}

/// The values to compare, as indices in the axis.
fn pairs(sweep: &SweepResults, levels: &[AxisLevel], present: &[usize]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    if present.len() <= MOST_VALUES_OF_ALL_PAIRS {
        for (n, &first) in present.iter().enumerate() {
            pairs.extend(present[n + 1..].iter().map(|&second| (first, second)));
        }
        return pairs;
    }
    let of = |n: &usize| gain(&sweep.metric, levels[*n].mean);
    let best = (0..levels.len()).max_by(|a, b| of(a).total_cmp(&of(b)));
    let best = present[best.unwrap_or(0)];
    let others = present.iter().filter(|&&other| other != best);
    pairs.extend(others.map(|&other| (best, other)));
    pairs
}

fn difference_of(
    estimates: &Estimates,
    cells: &Cells,
    rows: &[Vec<&Cell>],
    is_paired: bool,
) -> Option<MeanDifference> {
    let weight = 1.0 / rows.len() as f64;
    let mut terms = Vec::with_capacity(2 * rows.len());
    for row in rows {
        terms.push((weight, row[0]));
        terms.push((-weight, row[1]));
    }
    weighted_sum(estimates, cells, &terms, is_paired)
}

fn contrast(
    sweep: &SweepResults,
    (axis, first, second): (usize, usize, usize),
    rows: &[Vec<&Cell>],
    difference: Option<MeanDifference>,
) -> AxisContrast {
    let plain = rows
        .iter()
        .map(|row| row[0].mean - row[1].mean)
        .sum::<f64>()
        / rows.len() as f64;
    let interval = difference.and_then(|d| d.interval(sweep.interval_level()));
    let p = difference.and_then(|d| d.p_two_sided());
    let labels = &sweep.axes[axis].labels;
    AxisContrast {
        first: labels[first].clone(),
        second: labels[second].clone(),
        combinations: rows.len(),
        verdict: Verdict::Unknown,
        difference: gain(&sweep.metric, difference.map_or(plain, |d| d.difference)),
        interval: interval.map(|ends| gain_interval(&sweep.metric, ends)),
        p: p.map(|p| sweep.over_all_looks(p)),
        corrected: None,
    }
}

/// Corrects the p-values of all axes together, and gives the verdicts.
fn correct(answers: &mut [AxisAnswer], metric: &Metric) {
    let contrasts = || answers.iter().flat_map(|answer| &answer.contrasts);
    let known: Vec<f64> = contrasts().filter_map(|contrast| contrast.p).collect();
    let mut corrected = holm(&known).into_iter();
    for answer in answers {
        for contrast in answer.contrasts.iter_mut().filter(|c| c.p.is_some()) {
            contrast.corrected = corrected.next();
            let is_significant = contrast.corrected.is_some_and(|p| p < FAMILY_LEVEL);
            contrast.verdict = match is_significant && answer.basis == AxisBasis::Runs {
                true if gain(metric, contrast.difference) > 0.0 => Verdict::Better,
                true => Verdict::Worse,
                false => Verdict::Unknown,
            };
        }
    }
}
