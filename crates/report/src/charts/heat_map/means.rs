//! The means of every pair of values of two axes.

use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::figures::better_first;
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
    /// Whether larger values of the metric are better.
    pub larger_is_better: bool,
    /// The best field as (row, column), which is framed; of several equal ones that of the
    /// configuration that ranks before the others. Several, if each column has a best one.
    pub best: Vec<(usize, usize)>,
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
            larger_is_better: ranking.metric.larger_is_better(),
            best: Vec::from_iter(best_field(
                ranking,
                (down, &rows),
                (across, &columns),
                &fields,
            )),
            most_places: if ranking.metric.is_share() { 2 } else { 3 },
            averaged,
            fields,
        })
    }
}

/// The best of the fields, whose rows and columns are these values of the two axes.
fn best_field(
    ranking: &Ranking,
    (down, rows): (&Axis, &[usize]),
    (across, columns): (&Axis, &[usize]),
    fields: &[Vec<Option<f64>>],
) -> Option<(usize, usize)> {
    let place = |configuration: &RankedConfiguration, axis: &Axis, used: &[usize]| {
        let value = configuration.value_index(axis)?;
        used.iter().position(|index| *index == value)
    };
    // In the order of the ranking: the first of equal fields is the best.
    let places = ranking
        .with_result()
        .iter()
        .filter_map(|c| Some((place(c, down, rows)?, place(c, across, columns)?)));
    places.min_by(|a, b| {
        let (a, b) = (fields[a.0][a.1], fields[b.0][b.1]);
        better_first(ranking.metric.direction, a, b)
    })
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
