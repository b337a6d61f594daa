//! The means of every pair of values of two axes.

use crate::ranking::Ranking;
use convsweep_spec::log::Axis;
use convsweep_statistics::sample::Sample;

/// A heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The metric with its unit.
    pub metric: String,
    /// Name of the horizontal axis, and the labels of its values.
    pub across: (String, Vec<String>),
    /// Name of the vertical axis, and the labels of its values.
    pub down: (String, Vec<String>),
    /// `fields[down][across]`: mean over the configurations with both values; `None` without any.
    pub fields: Vec<Vec<Option<f64>>>,
    /// Whether larger values of the metric are better; the best field is framed.
    pub larger_is_better: bool,
    /// Maximum number of decimals in the fields.
    pub most_places: usize,
    /// Whether a field is a mean over further axes.
    pub averaged: bool,
}

impl HeatMap {
    /// The means of every pair of values; `None` if an axis has fewer than two values with
    /// results.
    pub fn new(ranking: &Ranking, first: &Axis, second: &Axis) -> Option<HeatMap> {
        // The axis with more values is horizontal: pages are wider than labels are long.
        let (down, across) = if first.labels.len() > second.labels.len() {
            (second, first)
        } else {
            (first, second)
        };
        let samples = samples(ranking, down, across);
        let rows = used(down.labels.len(), |row| has_values(&samples[row]));
        let columns = used(across.labels.len(), |column| {
            samples.iter().any(|row| !row[column].is_empty())
        });
        if rows.len() < 2 || columns.len() < 2 {
            return None;
        }
        let (mut fields, mut averaged) = (Vec::new(), false);
        for &row in &rows {
            let mut means = Vec::with_capacity(columns.len());
            for &column in &columns {
                let sample = Sample::of(&samples[row][column]);
                averaged |= sample.is_some_and(|sample| sample.n > 1);
                means.push(sample.map(|sample| sample.mean));
            }
            fields.push(means);
        }
        Some(HeatMap {
            metric: ranking.metric.label(),
            across: picked(across, &columns),
            down: picked(down, &rows),
            fields,
            larger_is_better: ranking.metric.larger_is_better(),
            most_places: if ranking.metric.is_share() { 2 } else { 3 },
            averaged,
        })
    }

    /// The best field as (row, column); the last of several equal ones.
    pub fn best(&self) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = f64::NEG_INFINITY;
        for (row, values) in self.fields.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let Some(value) = value else { continue };
                let gain = if self.larger_is_better {
                    *value
                } else {
                    -value
                };
                if gain >= most {
                    (best, most) = (Some((row, column)), gain);
                }
            }
        }
        best
    }
}

/// Means of the configurations, by row and column.
fn samples(ranking: &Ranking, down: &Axis, across: &Axis) -> Vec<Vec<Vec<f64>>> {
    let scale = ranking.metric.scale();
    let mut samples = vec![vec![Vec::new(); across.labels.len()]; down.labels.len()];
    for configuration in ranking.with_result() {
        if let (Some(row), Some(column), Some(score)) = (
            configuration.value_index(down),
            configuration.value_index(across),
            configuration.score,
        ) {
            samples[row][column].push(score.mean * scale);
        }
    }
    samples
}

/// Indices below `count` that are used.
fn used(count: usize, is_used: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..count).filter(|i| is_used(*i)).collect()
}

fn has_values(row: &[Vec<f64>]) -> bool {
    row.iter().any(|sample| !sample.is_empty())
}

/// Name of an axis with the labels of the values that are used.
fn picked(axis: &Axis, used: &[usize]) -> (String, Vec<String>) {
    let labels = used.iter().map(|i| axis.labels[*i].clone());
    (axis.name.clone(), labels.collect())
}
