//! The trend of the metric along a numeric axis.

use super::cells::{Cell, Cells};
use super::contrast::weighted_sum;
use crate::estimates::Estimates;
use crate::results::SweepResults;
use crate::{gain, gain_interval};
use serde::Serialize;

/// How the metric changes along an axis of numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisTrend {
    /// Change of the metric from one value to the next larger one, of the best straight line over
    /// the values' ranks, in the metric's unit.
    ///
    /// The ranks are used, since whoever writes down an axis spaces its values so that neighbours
    /// are about equally far apart, and a dropout or weight decay of 0 has no logarithm.
    pub step: f64,
    /// 95 % interval of the step.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p-value of no trend, over all looks of a race.
    pub p: Option<f64>,
    /// Whether the mean of each value is at least that of the smaller one, or each at most.
    pub is_monotone: bool,
}

/// The trend over the combinations of the other axes' values that have results for all of `present`
/// values; `None` if there are none, or if the values are not at least three different numbers.
pub(crate) fn trend(
    sweep: &SweepResults,
    estimates: &Estimates,
    cells: &Cells,
    axis: usize,
    present: &[usize],
) -> Option<AxisTrend> {
    let mut numbers = Vec::with_capacity(present.len());
    for &level in present {
        numbers.push((level, number(sweep, axis, level)?));
    }
    numbers.sort_by(|a, b| a.1.total_cmp(&b.1));
    if numbers.len() < 3 || numbers.windows(2).any(|pair| pair[0].1 == pair[1].1) {
        return None;
    }
    let order: Vec<usize> = numbers.iter().map(|(level, _)| *level).collect();
    let rows = cells.matched(axis, &order);
    let centre = (order.len() - 1) as f64 / 2.0;
    let squares: f64 = (0..order.len()).map(|i| (i as f64 - centre).powi(2)).sum();
    let mut terms: Vec<(f64, &Cell)> = Vec::new();
    let mut means = vec![0.0; order.len()];
    for row in &rows {
        for (i, cell) in row.iter().enumerate() {
            terms.push(((i as f64 - centre) / squares / rows.len() as f64, cell));
            means[i] += cell.mean / rows.len() as f64;
        }
    }
    let plain = terms.iter().map(|(weight, cell)| weight * cell.mean).sum();
    if terms.is_empty() {
        return None;
    }
    let sum = weighted_sum(estimates, cells, &terms, false);
    let interval = sum.and_then(|sum| sum.interval(sweep.interval_level()));
    let p = sum.and_then(|sum| sum.p_two_sided());
    Some(AxisTrend {
        step: gain(&sweep.metric, plain),
        interval: interval.map(|ends| gain_interval(&sweep.metric, ends)),
        p: p.map(|p| sweep.over_all_looks(p)),
        is_monotone: means.is_sorted() || means.iter().rev().is_sorted(),
    })
}

/// The value at this index of the axis, if it is a number.
pub(super) fn number(sweep: &SweepResults, axis: usize, level: usize) -> Option<f64> {
    let axis = &sweep.axes[axis];
    let label = &axis.labels[level];
    for configuration in &sweep.configurations {
        let mut values = configuration.values.iter();
        let value = values.find(|v| v.path == axis.path && &v.label == label);
        if let Some(value) = value {
            return value.value.as_f64().filter(|number| number.is_finite());
        }
    }
    None
}
